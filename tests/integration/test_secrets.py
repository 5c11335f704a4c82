# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret planted in a container's environment is found nowhere in clear: no table, log, module result or process list."""
from __future__ import annotations

import json
import subprocess
import threading

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.store.schema import TABLES
from ansible_collections.ringfleet.core.plugins.plugin_utils import trust
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
from lab import hosts, inventory

SECRET = 'planted-Zf9kQ2-secret'
TABLE_NAMES = sorted(table.name for table in TABLES)


@pytest.fixture(scope='module')
def session(fleet, tmp_path_factory):
    import ssl
    ca_file = tmp_path_factory.mktemp('ca') / 'ca.pem'
    ca_file.write_text(fleet[1].sh('cat', '/etc/ringfleet/tls/ca.pem'))
    cluster = Cluster([hosts.address(1)], ssl_context=ssl.create_default_context(cafile=str(ca_file)), protocol_version=5,
                      auth_provider=PlainTextAuthProvider(
                          'ringfleet_watcher', trust.password(inventory.SECRET, 'ringfleet_watcher')))
    yield cluster.connect('ringfleet')
    cluster.shutdown()


def test_it_is_nowhere_in_clear(fleet, name, session):
    fleet[1].run(name, '-e', 'PASSWORD=%s' % SECRET, '--label', 'token=%s' % SECRET, '--health-cmd', 'true',
                 '--health-interval', '1s')
    fleet.adopted(name)
    seen, stop = [], threading.Event()

    def watch_processes():
        while not stop.is_set():
            for host in fleet.hosts[:2]:
                # The container's own processes may know its environment; nobody else's command line may.
                seen.append(subprocess.run(['docker', 'exec', host.name, 'ps', 'axww', '-o', 'args'],
                                           capture_output=True, text=True, check=True).stdout)

    watcher = threading.Thread(target=watch_processes)
    watcher.start()
    try:
        results = [fleet[3].module('migrate', name=name, host=fleet[2].name)]
    finally:
        stop.set()
        watcher.join()
    results.extend(host.module('container_info', name=name) for host in fleet.hosts)
    results.append(fleet[2].module('load_info'))
    results.append(fleet[2].module('move_info', name=name))
    assert results[0]['move']['outcome'] == 'done'
    assert SECRET in str(fleet[2].inspect(name)['Config']['Env'])
    assert SECRET not in json.dumps(results)
    assert len(seen) > 3
    assert not any(SECRET in text for text in seen)
    rows = 0
    for table in TABLE_NAMES:
        for row in session.execute('SELECT * FROM %s' % table):
            rows += 1
            assert SECRET not in repr(row), table
            assert SECRET.encode() not in b''.join(value for value in row if isinstance(value, bytes)), table
    assert rows > 10
    for host in fleet.hosts:
        journal = host.sh('journalctl', '-u', 'ringfleet-watcher', '-u', 'ringfleet-node', '--no-pager')
        assert 'Started' in journal
        assert SECRET not in journal
        files = host.sh('sh', '-c', 'grep -rlaF %s /var/lib/ringfleet /etc/ringfleet /run/ringfleet /var/log || true' % SECRET)
        assert files == ''
