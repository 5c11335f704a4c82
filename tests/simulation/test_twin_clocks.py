# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose clocks differ: whose is off by over 2 s is named by the others within seconds, and nobody else is, whatever the observer goes through."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.command.main import unwell
from ansible_collections.ringfleet.core.plugins.module_utils.command.tables import hosts
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring import skew
from simulation.losses import fleet_of
from simulation.test_twin_metrics import number

# Seconds until a clock that was set is known: so many new beats, and one read.
KNOWN_S = skew.NEW_BEATS + 2
# A behind one's beats stand still first: for as long as it was set back by more than it takes to tell.
STILL_S = 5


@pytest.fixture
def fleet():
    return fleet_of(4)


def clock(fleet, host, by='h1'):
    return fleet[by].call('host.info', name=host)['hosts'][0]['clock']


def off(fleet, by):
    return [each['host'] for each in fleet[by].call('host.info')['hosts'] if each['clock']['skewed']]


def test_in_a_fleet_that_is_well_no_clock_is_off(fleet):
    for by in fleet.hosts:
        assert [clock(fleet, host, by) for host in fleet.hosts] == [{'ahead_s': 0.0, 'skewed': False}] * 4
    assert 'clock off' not in fleet['h1'].watcher.loop.sentence
    assert [number(fleet, 'h1', 'host_clock_ahead_seconds', host=host) for host in fleet.hosts] == [pytest.approx(0.0, abs=0.2)] * 4


@pytest.mark.parametrize('by_s', [5, -5])
def test_a_clock_five_seconds_off_is_named_by_all_others_and_names_all_others(fleet, by_s):
    fleet['h3'].clock.jump(by_s * 1000)
    fleet.run(KNOWN_S + STILL_S)
    for by in ('h1', 'h2', 'h4'):
        assert off(fleet, by) == ['h3']
        assert clock(fleet, 'h3', by)['ahead_s'] == pytest.approx(by_s, abs=1.6)
        assert abs(clock(fleet, 'h3', by)['ahead_s']) < 5.2
        assert 'clock off: h3' in fleet[by].watcher.loop.sentence
    assert off(fleet, 'h3') == ['h1', 'h2', 'h4']
    assert number(fleet, 'h2', 'host_clock_ahead_seconds', host='h3') == pytest.approx(by_s, abs=1.6)
    told = fleet['h1'].call('host.info')
    way = 'ahead of' if by_s > 0 else 'behind'
    assert unwell(told) == ["the clock of host h3 is at least %.1f s %s this host's" % (abs(clock(fleet, 'h3')['ahead_s']), way)]
    row = hosts(told).splitlines()[3]
    assert row.startswith('h3 ') and ' %s ' % clock(fleet, 'h3')['ahead_s'] in row
    # Nothing follows from it.
    assert [each['liveness']['word'] for each in told['hosts']] == ['alive'] * 4


@pytest.mark.parametrize('by_s', [1, -1])
def test_a_second_is_no_matter(fleet, by_s):
    fleet['h3'].clock.jump(by_s * 1000)
    for _second in range(60):
        fleet.run(1)
        assert [off(fleet, by) for by in fleet.hosts] == [[]] * 4


@pytest.mark.parametrize('by_s', [5, -5, 3600])
def test_a_clock_that_is_set_right_is_named_no_more(fleet, by_s):
    fleet['h3'].clock.jump(by_s * 1000)
    fleet.run(KNOWN_S + STILL_S)
    fleet['h3'].clock.jump(-by_s * 1000)
    fleet.run(KNOWN_S)
    assert [off(fleet, by) for by in fleet.hosts] == [[]] * 4


def test_a_clock_that_is_an_hour_behind_is_named_although_its_beats_stand_still(fleet):
    fleet['h3'].clock.jump(-3_600_000)
    fleet.run(KNOWN_S + STILL_S)
    assert (off(fleet, 'h1'), off(fleet, 'h2')) == (['h3'], ['h3'])
    assert unwell(fleet['h1'].call('host.info')) == ["the clock of host h3 is at least %.1f s behind this host's" % -clock(fleet, 'h3')['ahead_s']]


@pytest.mark.parametrize('pause_s', [1.5, 3, 8, 60])
def test_a_pause_of_the_observer_accuses_nobody(fleet, pause_s):
    fleet['h1'].up = False
    fleet.run(pause_s)
    fleet['h1'].up = True
    for _second in range(30):
        fleet.run(1)
        assert [off(fleet, by) for by in fleet.hosts] == [[]] * 4


def away(*_args, **_kwargs):
    raise StoreUnavailable('The ring is out of reach: test')


@pytest.mark.parametrize('at', ['h1', 'h3'])
def test_an_outage_of_the_store_accuses_nobody(fleet, monkeypatch, at):
    """``at`` can neither read nor write for a minute; what it wrote last lies there all the while."""
    for method in ('beats', 'put_beat'):
        monkeypatch.setattr(fleet[at].store, method, away)
    fleet.run(60)
    assert clock(fleet, 'h3')['ahead_s'] is None
    monkeypatch.undo()
    for _second in range(30):
        fleet.run(1)
        assert [off(fleet, by) for by in fleet.hosts] == [[]] * 4
    assert clock(fleet, 'h3')['ahead_s'] == 0.0


def test_of_a_dead_or_new_host_nothing_is_known(fleet):
    fleet['h3'].clock.jump(5000)
    fleet.run(KNOWN_S)
    fleet['h3'].alive = False
    fleet.run(10)
    assert (clock(fleet, 'h3'), off(fleet, 'h1')) == ({'ahead_s': None, 'skewed': False}, [])
    assert number(fleet, 'h1', 'host_clock_ahead_seconds', host='h3') is None
    fleet['h3'].alive = True
    fleet['h3'].boot()
    fleet.run(5)
    assert clock(fleet, 'h3')['ahead_s'] is None
    fleet.run(KNOWN_S)
    assert off(fleet, 'h1') == ['h3']


def test_one_that_left_is_no_longer_off(fleet):
    fleet['h3'].clock.jump(5000)
    fleet.run(KNOWN_S)
    fleet['h2'].call('drain.start', host='h3')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h3'].state == 'drained')
    assert off(fleet, 'h1') == ['h3']
    fleet['h2'].call('exit.leave', host='h3', by='ada')
    fleet.run(15)
    assert (off(fleet, 'h1'), clock(fleet, 'h3')['ahead_s'], number(fleet, 'h1', 'host_clock_ahead_seconds', host='h3')) == ([], None, None)
