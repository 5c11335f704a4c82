# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's fleet: three real hosts with a real ring, joined when they are not."""
from __future__ import annotations

import os
import sys
import uuid

import pytest
from lab import hosts, inventory

from integration.fleet import Fleet, sh


@pytest.fixture(scope='session')
def fleet():
    """The joined fleet."""
    names = hosts.existing()
    if len(names) < 3:
        names = hosts.up(3)
    inventory.write(names)
    made = Fleet(names[:3])
    if not all(host.sh('systemctl', 'is-active', 'ringfleet-watcher', check=False).strip() == 'active'
               for host in made.hosts):
        sh(os.path.join(os.path.dirname(sys.executable), 'ansible-playbook'), '-i', str(inventory.FILE),
           'ringfleet.core.join')
    for host in made.hosts:
        made.until(lambda host=host: host.call('watcher.status')['registered'], '%s to be registered' % host.name)
    yield made
    for host in made.hosts:
        left = host.docker('ps', '-aq', '--filter', 'label=rflab=it').split()
        if left:
            host.docker('rm', '-f', *left)
        host.relay.close()


@pytest.fixture
def name(fleet):
    """A container name of this test's own, removed afterwards."""
    made = 'it-%s' % uuid.uuid4().hex[:8]
    yield made
    fleet.remove(made)
