# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's three hosts, joined."""
from __future__ import annotations

import pytest
from integration.fleet import joined, named
from lab import hosts


@pytest.fixture(scope='session')
def fleet():
    """The joined fleet of three."""
    yield from joined(hosts.up(3))


@pytest.fixture
def name(fleet):
    """A container name of this test's own, removed afterwards."""
    yield from named(fleet)
