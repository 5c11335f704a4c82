# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's three hosts and two that join them; the two are removed afterwards, whatever became of them."""
from __future__ import annotations

import pytest
from integration.fleet import joined, named, sh
from lab import hosts, inventory

SIZE, MORE = 3, 5


@pytest.fixture(scope='session')
def five():
    """The joined fleet of five."""
    names = hosts.up(MORE)
    try:
        yield from joined(names)
    finally:
        sh('docker', 'rm', '-f', '-v', *names[SIZE:])
        inventory.write(names[:SIZE])


@pytest.fixture
def name(five):
    """A container name of this test's own, removed afterwards."""
    yield from named(five)
