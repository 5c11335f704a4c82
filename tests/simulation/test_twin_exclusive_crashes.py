# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watcher crashes at every single write of a takeover, a move and a return: an exclusive container never runs twice, and ends up
running once. The writes of guard's orders and of rows are crash points like any other; renewals are not told apart from them.
"""
from __future__ import annotations

import pytest
from simulation.crashes import crash_points
from simulation.exclusive import Watched, power_off, power_on
from simulation.losses import assert_no_open_moves


def ready(host=None, at=None):
    """A fleet with the container on h1; from now on writes count, and ``host`` crashes at its write ``at``."""
    fleet = Watched()
    fleet.run(15)
    for other in fleet.hosts.values():
        other.fuse.calls.clear()
    if host:
        fleet[host].fuse.at = at
    return fleet


def takeover(fleet):
    """h1 dies, and is back when another host has the container."""
    power_off(fleet['h1'])
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled(), 400)
    return fleet


def move(fleet):
    """By hand, to h2."""
    fleet['h3'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet.settled('h2') and not fleet.open_moves(), 400)
    return fleet


def comeback(fleet):
    """The watcher of h1 is away until its lease is marked, with nobody to take over, and regains it."""
    fleet['h1'].up = False
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.45
    fleet.run_until(lambda: fleet.lease('h1').lease_expired, 60)
    fleet['h1'].fuse.calls.clear()
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet.settled('h1'), 400)
    return fleet


def _crash_points(story, hosts):
    fleet = story(ready())
    return crash_points(fleet, hosts)


@pytest.mark.parametrize('host, at', list(_crash_points(takeover, ('h2', 'h3'))))
def test_a_crash_in_a_takeover(host, at):
    fleet = takeover(ready(host, at))
    assert fleet[host].crashes == 1
    fleet.run(20)
    power_on(fleet['h1'])
    fleet.run_until(lambda: fleet.settled() and not fleet.lease('h1').lease_expired, 60)
    fleet.run(20)
    assert fleet.settled()
    assert_no_open_moves(fleet)


@pytest.mark.parametrize('host, at', list(_crash_points(move, ('h1', 'h2'))))
def test_a_crash_in_a_move(host, at):
    fleet = ready(host, at)
    fleet['h3'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet[host].crashes and fleet.settled(), 400)
    fleet.run(60)
    assert fleet.settled()
    assert [each[0] for each in fleet.copies('db')] == [fleet.row('db').holder]
    assert_no_open_moves(fleet)


@pytest.mark.parametrize('host, at', list(_crash_points(comeback, ('h1',))))
def test_a_crash_in_a_return(host, at):
    fleet = ready()
    fleet[host].fuse.at = None
    fleet['h1'].up = False
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.45
    fleet.run_until(lambda: fleet.lease('h1').lease_expired, 60)
    fleet['h1'].fuse.calls.clear()
    fleet['h1'].fuse.at = at
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet['h1'].crashes and fleet.settled(), 400)
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.1
    fleet.run(40)
    assert fleet.settled()
    assert_no_open_moves(fleet)
