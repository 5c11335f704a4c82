# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated fleet of `make bench`: a day replays, and nothing gets lost."""
from __future__ import annotations

import pytest
from bench.balance import STRATEGIES
from bench.day import CPU_USED, MINUTES, Day
from bench.virtual_fleet import MOVE_S, QUIET_S, Fleet, stall

NONE, RANDOM, LEAST, OURS = STRATEGIES


def small():
    return Day(7, 8, 80)


def lived(fleet, day, until):
    """Live from midnight until a condition holds; the minute."""
    for minute in range(MINUTES):
        fleet.minute(minute, day.loads(minute))
        if until():
            return minute
    raise AssertionError('it never came')


def test_a_day_replays():
    first, again, other = small(), small(), Day(8, 8, 80)
    assert (first.machines, first.home, first.memory) == (again.machines, again.home, again.memory)
    assert [first.loads(minute) for minute in range(100)] == [again.loads(minute) for minute in range(100)]
    assert other.loads(0) != small().loads(0)


def test_a_day_asks_for_what_it_should_and_has_a_peak():
    day = Day(1, 100, 3000)
    cores = sum(each.cores for each in day.machines)
    used = [sum(day.loads(minute)) / cores for minute in range(MINUTES)]
    # Bursts come on top of the sines.
    assert CPU_USED < sum(used) / MINUTES < CPU_USED * 1.2
    assert 11 * 60 < used.index(max(used)) < 17 * 60


@pytest.mark.parametrize('utilisation, percent', [(0.0, 0), (0.70, 0), (1.35, 50), (2.0, 100), (9.0, 100)])
def test_pressure_grows_with_the_overload(utilisation, percent):
    assert stall(utilisation) == pytest.approx(percent)


def test_nothing_moves_where_nothing_may_and_nothing_gets_lost_where_it_may():
    day = small()
    fleets = {each.name: Fleet(each, day, 1) for each in STRATEGIES}
    for minute in range(MINUTES):
        loads = day.loads(minute)
        for fleet in fleets.values():
            fleet.minute(minute, loads)
    for name, fleet in fleets.items():
        fleet.arrive(MINUTES * 60 + MOVE_S)
        assert bool(fleet.figures.told()['moves']) == (name != NONE.name)
        assert [host.memory for host in fleet.hosts] == [
            sum(memory for memory, at in zip(day.memory, fleet.where) if at == number) for number in range(len(fleet.hosts))]
        assert all(host.promised_memory == 0 and host.promised_cpu == pytest.approx(0) for host in fleet.hosts)


def test_a_container_under_way_is_promised_and_both_ends_are_left_alone():
    day = small()
    fleet = Fleet(OURS, day, 1)
    begun = lived(fleet, day, lambda: any(host.promised_memory for host in fleet.hosts)) * 60
    (target,) = [host for host in fleet.hosts if host.promised_memory]
    ends = [host.quiet_until - QUIET_S - MOVE_S for host in fleet.hosts if host.quiet_until]
    assert len(ends) == 2 and begun <= ends[0] == ends[1] < begun + 60
    assert target.quiet_until
