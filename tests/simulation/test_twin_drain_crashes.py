# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drain on the twin with a crash at every write: of the leaving host's watcher and of a target's."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.crashes import crash_points
from simulation.losses import fleet_of, runs

MANAGED = {'ringfleet.managed': 'true', 'twin.cores': '0.02', 'twin.memory': '1000000'}


def host_row(fleet):
    return fleet.tables.rows[HostRow]['h1']


def emptied(fleet, host=None, at=None):
    """h1 is drained; ``host`` crashes at its write ``at`` of what follows."""
    for other in fleet.hosts.values():
        other.fuse.calls.clear()
    fleet['h3'].call('drain.start', host='h1', by='ada')
    if host:
        fleet[host].fuse.at = at
    fleet.run_until(lambda: host_row(fleet).state == 'drained' and not fleet.open_moves(), 600)
    return fleet


def small():
    fleet = fleet_of(3)
    fleet['h1'].engine.run('a', 'web:1', MANAGED)
    fleet.run(15)
    return fleet


def _crash_points():
    fleet = emptied(small())
    return crash_points(fleet, ('h1', 'h2'))


@pytest.mark.parametrize('host, at', list(_crash_points()))
def test_a_crash_at_any_write_leaves_each_running_once_elsewhere(host, at):
    fleet = emptied(small(), host, at)
    fleet.run(10)
    for name in ('web', 'a'):
        assert runs(fleet, name)
        assert fleet.row(name).holder != 'h1'
    assert fleet['h1'].engine.containers() == []
