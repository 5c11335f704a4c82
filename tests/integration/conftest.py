# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's fleet: three real hosts with a real ring, joined when they are not."""
from __future__ import annotations

import pytest
from lab import hosts

from integration.fleet import joined, named


@pytest.fixture(scope='session')
def fleet():
    """The joined fleet of three."""
    names = hosts.existing()
    yield from joined(names[:3] if len(names) >= 3 else hosts.up(3))


@pytest.fixture
def name(fleet):
    """A container name of this test's own, removed afterwards."""
    yield from named(fleet)
