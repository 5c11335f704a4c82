# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watcher crashes at every single write while an exclusive container is replaced from another host: it never runs twice once the
guard of the new host heard of it, and ends up running once, as the new version.
"""
from __future__ import annotations

import pytest
from simulation.crashes import crash_points
from simulation.exclusive import LABELS, Watched, exclusive_overlaps

REPLACE = dict(LABELS, **{'ringfleet.on_conflict': 'replace'})
# Until the new host's guard has heard of what its user started, also behind a crash.
_GUARD_S = 4.0


def replaced(host=None, at=None):
    """A fleet with the container on h1, deployed again on h2; ``host`` crashes at its write ``at``. (fleet, the new instance)."""
    fleet = Watched()
    fleet.run(15)
    for other in fleet.hosts.values():
        other.fuse.calls.clear()
    if host:
        fleet[host].fuse.at = at
    made = fleet['h2'].engine.run('db', 'db:1', REPLACE)
    for _tick in range(int(_GUARD_S / 0.2)):
        fleet.fleet.run(0.2)
    assert exclusive_overlaps(fleet) == []
    fleet.run_until(lambda: fleet.row('db').instance == made and fleet.settled('h2'), 120)
    return fleet, made


def _crash_points():
    fleet, _made = replaced()
    return crash_points(fleet, ('h1', 'h2'))


@pytest.mark.parametrize('host, at', list(_crash_points()))
def test_a_crash_in_a_replacement(host, at):
    fleet, made = replaced(host, at)
    assert fleet[host].crashes == 1
    fleet.run(20)
    assert fleet.settled('h2')
    assert (fleet.row('db').instance, fleet.row('db').epoch, bool(fleet.row('db').spec_hash)) == (made, 2, True)
    assert fleet.tables.placements['h2', 'db'].instance == made
