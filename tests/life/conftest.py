# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's three hosts, joined, and two more for when the fleet is made again; the two are removed afterwards, whatever became of them."""
from __future__ import annotations

import uuid

import pytest
from integration.fleet import Fleet, joined, sh
from lab import hosts, inventory

SIZE, MORE = 3, 5


@pytest.fixture(scope='session')
def three():
    """The joined fleet of three."""
    yield from joined(hosts.up(SIZE))


@pytest.fixture(scope='session')
def five_hosts():
    """Names of five hosts, of which two were never joined."""
    names = hosts.up(MORE)
    try:
        yield names
    finally:
        sh('docker', 'rm', '-f', '-v', *names[SIZE:])
        inventory.write(names[:SIZE])


@pytest.fixture(scope='session')
def five(five_hosts):
    """The joined fleet of five."""
    yield from joined(five_hosts)


@pytest.fixture
def name():
    """A container name of this test's own, removed afterwards."""
    made = 'it-%s' % uuid.uuid4().hex[:8]
    yield made
    Fleet(hosts.existing()).remove(made)
