# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An orderly reboot is no death, on the twin: who goes away in order is waited for, and no longer than it said."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ConfigError, UnknownHost
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.watcher import loop
from simulation.losses import assert_no_open_moves, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(4)


def host_row(fleet, name='h1'):
    return fleet.tables.rows[HostRow][name]


def told(fleet, by, name='h1'):
    return fleet[by].call('host.info', name=name)['hosts'][0]


def kinds(fleet):
    return [each.kind for each in sorted(fleet.tables.broadcasts.values(), key=lambda each: each.sent_at) if each.kind in ('away', 'back')]


def test_what_an_away_host_ran_waits_until_its_time_is_over_and_no_longer(fleet):
    answer = fleet['h1'].call('host.away', for_s=120)
    assert (answer['host'], answer['away_s']) == ('h1', 120)
    die(fleet, 'h1')
    fleet.run(110)
    assert (host_row(fleet).state, fleet.row('web').holder, fleet.row('web').move) == ('normal', 'h1', '')
    assert told(fleet, 'h2')['liveness']['word'] == 'away'
    assert 'away: h1 until ' in fleet['h2'].watcher.loop.sentence
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    assert host_row(fleet).state == 'lost'
    fleet.run(10)
    assert_no_open_moves(fleet)


def test_one_that_returns_in_time_is_never_lost(fleet):
    fleet['h1'].call('host.away', for_s=120)
    die(fleet, 'h1')
    fleet.run(60)
    recover(fleet, 'h1')
    fleet.run(120)
    row = host_row(fleet)
    assert (row.state, row.generation, row.away_until, row.failover_epoch) == ('normal', 1, 0, 0)
    assert (fleet.row('web').holder, fleet.row('web').epoch) == ('h1', 1)
    assert kinds(fleet) == ['away', 'back']
    # From now on its silence counts again.
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'), 60)


def test_a_mere_restart_of_the_watcher_tells_nothing(fleet):
    fleet['h1'].up = False
    fleet.run(2)
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run(10)
    assert (host_row(fleet).away_until, kinds(fleet)) == (0, [])


def test_each_observer_judges_by_its_own_clock_and_one_alone_declares_nobody():
    fleet = fleet_of(3)
    fleet['h1'].call('host.away', for_s=60)
    # h2's clock is far ahead, further than any host may join with.
    fleet['h2'].clock._skew_ms += 300000
    die(fleet, 'h1')
    fleet.run(30)
    assert (told(fleet, 'h2')['liveness']['word'], told(fleet, 'h3')['liveness']['word']) == ('lost', 'away')
    assert told(fleet, 'h2')['liveness']['finding'] == 'held: h1 is lost here, and h3 does not see it so'
    assert host_row(fleet).state == 'normal'
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))


def test_a_clock_that_is_an_hour_ahead_hides_a_death_no_longer_than_was_told(fleet):
    fleet['h1'].clock.jump(3600000)
    fleet['h1'].call('host.away', for_s=60)
    die(fleet, 'h1')
    fleet.run(55)
    assert {told(fleet, by)['liveness']['word'] for by in ('h2', 'h3', 'h4')} == {'away'}
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'), 60)
    assert 'away: ' not in fleet['h2'].watcher.loop.sentence


def test_an_observer_that_starts_in_between_counts_from_there(fleet):
    fleet['h1'].clock.jump(3600000)
    fleet['h1'].call('host.away', for_s=60)
    die(fleet, 'h1')
    fleet.run(40)
    for by in ('h2', 'h3', 'h4'):
        fleet[by].boot()
    fleet.run(50)
    assert host_row(fleet).state == 'normal'
    fleet.run_until(lambda: host_row(fleet).state == 'lost', 40)


def test_an_absence_told_by_an_older_program_ends_at_its_time(fleet):
    fleet['h1'].call('host.away', for_s=60)
    rows = fleet.tables.rows[HostRow]
    rows['h1'] = replace(rows['h1'], away_for_s=0)
    die(fleet, 'h1')
    fleet.run(55)
    assert host_row(fleet).state == 'normal'
    fleet.run_until(lambda: host_row(fleet).state == 'lost', 40)


def test_nobody_claims_a_host_that_said_so_after_it_was_watched(fleet):
    watched = host_row(fleet)
    fleet['h1'].call('host.away')
    assert not fleet['h2'].watcher.coordinator._claim(watched, 'silent')
    assert host_row(fleet).state == 'normal'


def test_members_hear_of_it_before_their_next_round(fleet, monkeypatch):
    monkeypatch.setattr(loop, '_MEMBERS_S', 3600.0)
    fleet.run(10)
    fleet['h1'].call('host.away')
    fleet.run(6)
    assert all([row.host for row in fleet[by].watcher.membership.away()] == ['h1'] for by in ('h2', 'h3', 'h4'))


def test_by_hand_it_is_as_long_as_asked_and_a_shutdown_makes_it_no_shorter(fleet):
    assert fleet['h1'].call('host.away')['away_s'] == 600
    assert fleet['h1'].call('host.away', for_s=3600)['away_s'] == 3600
    assert fleet['h1'].call('host.away')['away_s'] == 3600
    assert fleet['h1'].call('host.away', for_s=60)['away_s'] == 60
    assert fleet['h1'].call('host.back') == {'host': 'h1', 'away_until': 0, 'away_s': 0}
    assert fleet['h1'].call('host.back')['away_s'] == 0
    assert kinds(fleet) == ['away', 'away', 'away', 'back']


def test_how_long_is_a_setting(fleet):
    fleet['h1'].settings = {'away_s': 90}
    fleet['h1'].boot()
    fleet.run(5)
    assert fleet['h1'].call('host.away')['away_s'] == 90


def test_nothing_is_placed_on_a_host_that_goes_away(fleet):
    fleet['h2'].call('host.away')
    fleet.run(10)
    candidates = {each['host']: each['excluded'] for each in fleet['h1'].call('target.info', name='web')['candidates']}
    assert any('it goes away until ' in why for why in candidates['h2'])
    assert candidates['h3'] == []


@pytest.mark.parametrize('for_s', [-1, 86401])
def test_no_absence_is_longer_than_a_day(fleet, for_s):
    with pytest.raises(ConfigError, match='at most 86400 s'):
        fleet['h1'].call('host.away', for_s=for_s)


def test_a_host_that_is_lost_cannot_say_that_it_is_away(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: host_row(fleet).state == 'lost')
    with pytest.raises(UnknownHost, match='no member of the fleet'):
        fleet['h1'].call('host.away')


def test_a_row_that_others_write_meanwhile_is_read_again(fleet):
    read, seen = fleet['h1'].store.read, []

    def stale(kind, key):
        row = read(kind, key)
        if kind is HostRow and not seen:
            seen.append(fleet['h2'].store.fence(HostRow, key))
        return row

    fleet['h1'].store.read = stale
    assert fleet['h1'].call('host.away')['away_s'] == 600
    assert seen


def test_a_fact_learnt_later_is_no_return(fleet):
    fleet['h1'].call('host.away')
    fleet['h1'].watcher.facts.known = lambda: {'disk': 'ssd'}
    fleet.run(10)
    assert (host_row(fleet).facts.get('disk'), host_row(fleet).away_until > 0) == ('ssd', True)
