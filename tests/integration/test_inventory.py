# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin against the real ring, and what its role may not do."""
from __future__ import annotations

import json
import os
import subprocess

import pytest
from ansible_collections.ringfleet.core.plugins.plugin_utils import ring_reader, trust
from ansible_collections.ringfleet.core.plugins.plugin_utils.certificates import authority
from lab import hosts, inventory


@pytest.fixture
def options():
    """Of the lab's ring, as somebody has them who does not have its secret."""
    return {'plugin': 'ringfleet.core.ring', 'contact_points': [hosts.address(1), hosts.address(2)], 'ca': authority(inventory.SECRET).pem,
            'password': trust.password(inventory.SECRET, 'ringfleet_reader'), 'timeout': 20}


def listed(folder, options):
    """What ansible-inventory makes of it; its failure with its words."""
    path = folder / 'lab.ring.yml'
    path.write_text(json.dumps(options))
    done = subprocess.run(['ansible-inventory', '-i', str(path), '--list'], capture_output=True, text=True, check=False,
                          env=dict(os.environ, ANSIBLE_NOCOLOR='1', ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED='true'))
    return (json.loads(done.stdout) if done.returncode == 0 else None), done.stderr


def test_members_are_in_it_with_what_they_run(fleet, name, tmp_path, options):
    fleet[1].run(name)
    fleet.adopted(name)
    told, said = listed(tmp_path, options)
    assert told is not None, said
    assert sorted(told['state_normal']['hosts']) == [host.name for host in fleet.hosts]
    assert told['runs_%s' % name.replace('-', '_')]['hosts'] == [fleet[1].name]
    variables = told['_meta']['hostvars'][fleet[1].name]
    assert variables['ansible_host'] == {'__ansible_unsafe': hosts.address(1)}
    assert variables['ring_load']['cpu_capacity'] > 0


def test_a_wrong_password_and_a_silent_ring_are_said(fleet, tmp_path, options):
    told, said = listed(tmp_path, dict(options, password='wrong'))
    assert (told, 'refuses the user ringfleet_reader' in ' '.join(said.split())) == (None, True)
    told, said = listed(tmp_path, dict(options, port=9, timeout=3))
    assert (told, 'does not answer' in ' '.join(said.split())) == (None, True)
    told, said = listed(tmp_path, dict(options, port=9, timeout=3, strict_ring=False))
    assert told['_meta']['hostvars'] == {}


def test_the_reader_may_not_write(fleet, options):
    session = ring_reader.open_ring(options['contact_points'], 9042, options['ca'], 'ringfleet_reader', options['password'], 20.0)
    try:
        assert ring_reader.read(session)['hosts']
        for query in ("INSERT INTO ringfleet.fleet (key, value) VALUES ('x', 'y')", 'SELECT * FROM system_auth.roles', 'TRUNCATE ringfleet.specs'):
            with pytest.raises(ring_reader.DriverException) as caught:
                session.execute(query)
            assert type(caught.value).__name__ == 'Unauthorized'
    finally:
        session.cluster.shutdown()
