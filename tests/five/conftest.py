# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's three hosts and two more that join them; the two are removed afterwards, whatever became of them."""
from __future__ import annotations

import uuid

import pytest
from integration.fleet import Fleet, sh
from lab import hosts, inventory

SIZE = 5


def _joined(names):
    inventory.write(names)
    fleet = Fleet(names)
    code, output = fleet.playbook('join')
    assert code == 0, output
    return fleet


@pytest.fixture(scope='session')
def fleet():
    """Five joined hosts."""
    names = hosts.up(SIZE)
    made = _joined(names)
    try:
        yield made
    finally:
        for host in made.hosts:
            left = host.docker('ps', '-aq', '--filter', 'label=rflab=it', check=False).split()
            if left:
                host.docker('rm', '-f', *left, check=False)
            host.relay.close()
        sh('docker', 'rm', '-f', '-v', *names[3:])
        inventory.write(names[:3])


@pytest.fixture
def name(fleet):
    """A container name of this test's own, removed afterwards."""
    made = 'it-%s' % uuid.uuid4().hex[:8]
    yield made
    fleet.remove(made)
