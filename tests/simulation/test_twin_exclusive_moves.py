# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exclusive container is moved by hand, on the twin; never two copies run at once."""
from __future__ import annotations

import pytest
from simulation.exclusive import Watched, adopted, cut, power_off, power_on, uncut
from simulation.losses import assert_no_open_moves


@pytest.fixture
def fleet():
    return adopted()


def test_the_gate_says_why_not(fleet):
    gate = fleet['h1'].watcher.exclusives._gate
    assert gate.clear('db', fleet.ident) == ''
    assert gate.start('db', 'f' * 64) == 'it is not what its row names'
    assert fleet['h2'].watcher.exclusives._gate.start('db', fleet.ident) == 'this host has no lease yet'
    ident = fleet['h3'].call('move.ask', name='db', target='h2')['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'created', 60)
    fleet['h2'].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'stopped', 60)
    assert gate.start('db', fleet.ident) == 'move %s takes it away' % ident
    fleet['h2'].up = True
    fleet.run_until(lambda: fleet.settled('h2'), 60)
    cut(fleet['h2'])
    fleet.run(25)
    assert fleet['h2'].watcher.exclusives._gate.ready() == "this host's lease was not renewed in time"
    fleet.run_until(lambda: fleet.lease('h2').lease_expired, 30)
    uncut(fleet['h2'])
    fleet['h2'].guard.up = False
    fleet.run(5)
    assert fleet['h2'].watcher.exclusives._gate.ready().startswith("this host's lease ran out")


def test_it_is_moved_by_hand_there_and_back(fleet):
    for target in ('h2', 'h1'):
        fleet['h3'].call('move.ask', name='db', target=target)
        fleet.run_until(lambda: fleet.settled(target), 60)  # noqa: B023
        fleet.run(30)
        assert fleet[target].engine.inspect('db')['HostConfig']['RestartPolicy']['Name'] == 'no'
        assert [each[0] for each in fleet.copies('db')] == [target]
    assert fleet.row('db').epoch == 3
    assert_no_open_moves(fleet)


def test_it_is_moved_by_hand_where_there_are_no_leases():
    fleet = Watched(2)
    fleet.run(15)
    for target in ('h2', 'h1', 'h2'):
        fleet['h1'].call('move.ask', name='db', target=target)
        fleet.run_until(lambda: fleet.settled(target), 60)  # noqa: B023
    assert {fleet.lease(name).renewals for name in ('h1', 'h2')} == {0}


def test_a_source_that_died_in_the_middle_of_a_move_by_hand(fleet):
    fleet['h3'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet.row('db').move)
    power_off(fleet['h1'])
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    power_on(fleet['h1'])
    fleet.run(60)
    assert fleet.settled()
    assert_no_open_moves(fleet)


def test_one_that_cannot_be_started_there_goes_back(fleet):
    fleet['h2'].engine.refuses_start.add('db')
    fleet['h3'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet.row('db').epoch == 3 and fleet.settled('h1'), 60)
    fleet.run(30)
    assert [each[0] for each in fleet.copies('db')] == ['h1']
    assert_no_open_moves(fleet)


def test_its_source_s_copy_cannot_be_started_before_the_commit_either(fleet):
    ident = fleet['h3'].call('move.ask', name='db', target='h2')['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'created', 60)
    fleet['h2'].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'stopped', 10)
    # Also while its watcher looks away.
    fleet['h1'].up = False
    fleet['h1'].engine.start(fleet.ident)
    fleet.run(1.5)
    assert fleet.running() == []
    fleet['h1'].up = fleet['h2'].up = True
    fleet.run_until(lambda: fleet.settled('h2'), 60)


def test_its_source_s_copy_cannot_be_started_while_it_moves(fleet):
    fleet['h2'].guard.up = False
    fleet['h3'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet.row('db').epoch == 2, 60)
    # It waits for the guard of its target; its user starts the old copy meanwhile.
    fleet['h1'].engine.start(fleet.ident)
    fleet.run(2)
    assert fleet.running() == []
    fleet['h2'].guard.up = True
    fleet.run_until(lambda: fleet.settled('h2'), 60)


def test_one_that_is_down_when_its_move_is_planned_runs_there(fleet):
    cut(fleet['h1'])
    fleet.run(24)
    uncut(fleet['h1'])
    fleet['h1'].guard.up = False
    fleet['h3'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet.row('db').move, 20)
    assert fleet.running() == []
    fleet['h1'].guard.up = True
    fleet.run_until(lambda: fleet.settled('h2'), 60)


def test_a_move_that_is_aborted_leaves_it_running_at_its_source(fleet):
    ident = fleet['h3'].call('move.ask', name='db', target='h2')['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'created', 60)
    fleet['h2'].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'aborted', 120)
    fleet.run_until(lambda: fleet.settled('h1'), 10)
    fleet.run(20)
    assert fleet.settled('h1') and fleet.row('db').intent == 'running'
    fleet['h2'].up = True
    fleet.run(30)
    assert [each[0] for each in fleet.copies('db')] == ['h1']


def test_a_source_does_not_say_that_its_copy_is_down_while_a_start_is_under_way():
    watched = adopted()
    ident = watched['h1'].call('move.ask', name='db', target='h2')['id']
    with watched['h1'].watcher.lease.starting():
        # As one that passed the gate before the claim, and sits in the engine still.
        watched.run_until(lambda: watched.tables.moves[ident].target_step == 'created')
        watched.run(10)
        assert watched.tables.moves[ident].source_step != 'stopped'
        assert watched.row('db').holder == 'h1'
        assert watched['h1'].call('move.info', id=ident)['moves'][0]['waits_for'] == 'a start that is under way'
    watched.run_until(lambda: watched.settled('h2'))
