# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A crash of the holder and of a backup before and after every single write by which an image comes to both backups."""
from __future__ import annotations

import pytest
from simulation.crashes import crash_points
from simulation.stagings import fleet_with, has, shown


def stage(host=None, at=None):
    """An image comes to h2 and h3; ``host`` crashes at its write ``at``."""
    fleet = fleet_with(3, stage_s=22)
    for other in fleet.hosts.values():
        other.fuse.calls.clear()
    if host:
        fleet[host].fuse.at = at
    fleet.run_until(lambda: has(fleet, 'h2') and has(fleet, 'h3'))
    fleet.run(60)
    return fleet


def _crash_points():
    fleet = stage()
    return crash_points(fleet, ('h1', 'h2'))


@pytest.mark.parametrize('host, at', list(_crash_points()))
def test_a_crash_at_any_write_is_answered_by_looking_again(host, at):
    fleet = stage(host, at)
    assert fleet[host].crashes == 1
    assert shown(fleet) == ['h2', 'h3']
    assert fleet.files == {}
