# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is drained on the twin: everything leaves it, two at a time, whatever crashes; what stays is named; join takes it back."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StateRefused
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from simulation.drains import MANAGED, NAMES, drain, drained, filled, host_row, kinds, status
from simulation.exclusive import exclusive_overlaps
from simulation.losses import assert_no_open_moves, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return filled()


def test_everything_leaves_and_every_step_is_told(fleet):
    assert drain(fleet)['changed']
    assert (host_row(fleet).state, host_row(fleet).by) == ('leaving', 'ada')
    drained(fleet)
    assert all(runs(fleet, name) and fleet.row(name).holder != 'h1' for name in NAMES)
    told = status(fleet)
    assert (told['state'], told['total'], told['left'], told['under_way'], told['blockers']) == ('drained', 4, [], [], [])
    assert sorted((each['name'], each['outcome']) for each in told['moved']) == [(name, 'done') for name in sorted(NAMES)]
    assert {fleet.row(name).moved_for for name in NAMES} == {'drain'}
    assert [kind for kind in kinds(fleet) if kind in ('leaving', 'drained')] == ['leaving', 'drained']
    assert 'drained: this host holds nothing' in fleet['h1'].watcher.loop.sentence
    fleet.run(10)
    assert_no_open_moves(fleet)
    assert not drain(fleet)['changed']


def test_one_that_holds_something_again_leaves_again_and_tells_it(fleet):
    drain(fleet)
    drained(fleet)
    # As a move that was under way before its leaving was heard of, and given up by its target's watcher only now.
    name, rows = NAMES[0], fleet.tables.rows[ContainerRow]
    rows[name] = replace(rows[name], holder='h1', instance='', epoch=rows[name].epoch + 1)
    fleet.run_until(lambda: host_row(fleet).state == 'leaving', 60)
    assert [kind for kind in kinds(fleet) if kind in ('leaving', 'drained')] == ['leaving', 'drained', 'leaving']


@pytest.mark.parametrize('parallel', [1, 2, 3])
def test_so_many_at_a_time(parallel):
    fleet, most = filled(drain_parallel=parallel), 0
    drain(fleet)
    while host_row(fleet).state != 'drained':
        fleet.run(0.2)
        most = max(most, sum(1 for name in NAMES if fleet.row(name).move and fleet.row(name).holder == 'h1'))
    assert most == parallel


def test_one_that_is_committed_makes_room_for_the_next(fleet):
    fleet['h1'].settings['drain_parallel'] = 1
    fleet['h1'].boot()
    fleet.run(10)
    drain(fleet)
    # One that has not proved well yet where it is, and the next one on its way.
    fleet.run_until(lambda: {fleet.row(name).holder == 'h1' for name in NAMES if fleet.row(name).move} == {True, False}, 60)


def test_exclusive_ones_go_last(fleet):
    fleet['h1'].engine.run('alone', 'web:1', dict(MANAGED, **{'ringfleet.exclusive': 'true', 'ringfleet.priority': '1000'}))
    fleet.run(15)
    assert fleet.row('alone').exclusive and fleet['h1'].watcher.lease.valid()
    drain(fleet)
    fleet.run_until(lambda: fleet.row('alone').move, 600)
    assert [fleet.row(name).holder == 'h1' for name in NAMES] == [False] * 4
    while host_row(fleet).state != 'drained':
        fleet.run(0.2)
        assert exclusive_overlaps(fleet) == []
    assert runs(fleet, 'alone')


def test_the_higher_priority_goes_first(fleet):
    fleet['h1'].settings['drain_parallel'] = 1
    fleet['h1'].boot()
    fleet.run(10)
    fleet.tables.rows[ContainerRow]['c'] = replace(fleet.row('c'), priority=9)
    drain(fleet)
    fleet.run_until(lambda: any(fleet.row(name).move for name in NAMES))
    assert fleet.row('c').move


def test_what_its_user_stopped_goes_too_and_stays_stopped(fleet):
    fleet['h1'].engine.stop('a', 1)
    fleet.run_until(lambda: fleet.row('a').intent == 'stopped')
    drain(fleet)
    drained(fleet)
    (copy,) = fleet.copies('a')
    assert (copy[0] == 'h1', copy[1], fleet.row('a').intent) == (False, 'created', 'stopped')


def test_it_goes_on_while_whoever_asked_is_dead():
    fleet = filled(5)
    drain(fleet, at='h5')
    die(fleet, 'h5')
    drained(fleet)
    assert all(fleet.row(name).holder not in ('h1', 'h5') for name in NAMES)


def test_a_second_run_only_watches(fleet):
    drain(fleet)
    fleet.run(3)
    since = host_row(fleet)
    assert not drain(fleet, at='h3', deadline_s=5)['changed']
    assert host_row(fleet) == since
    assert status(fleet)['deadline_s'] > 3000


def test_it_goes_on_behind_a_reboot(fleet):
    fleet['h1'].settings['drain_parallel'] = 1
    fleet['h1'].boot()
    drain(fleet)
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' or fleet.row('a').holder != 'h1')
    fleet['h1'].call('host.away')
    die(fleet, 'h1')
    fleet.run(60)
    assert host_row(fleet).state == 'leaving'
    recover(fleet, 'h1')
    drained(fleet)


def test_it_goes_on_while_the_fleet_is_paused(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    drain(fleet)
    drained(fleet)


def test_a_leaving_host_adopts_nothing_takes_nothing_and_says_so(fleet):
    fleet['h1'].engine.run('bound', 'web:1', MANAGED, Privileged=True)
    fleet.run(10)
    drain(fleet)
    fleet['h1'].engine.run('late', 'web:1', MANAGED)
    fleet.run(15)
    assert fleet.row('late') is None
    assert 'late (not adopted)' in fleet['h1'].watcher.loop.sentence
    assert 'h1 takes none' in fleet['h1'].call('container.info')['problems']['late']
    seen = {each['host']: each['excluded'] for each in fleet['h2'].call('target.info', name='new')['candidates']}
    assert 'its state is leaving' in seen['h1']
    fleet['h1'].call('host.join', by='ada')
    fleet.run(10)
    assert fleet.row('late').holder == 'h1'


def test_a_move_on_its_way_to_a_host_that_begins_to_leave_is_declined(fleet):
    fleet['h2'].engine.run('other', 'web:1', MANAGED)
    fleet.run(15)
    fleet['h2'].call('move.ask', name='other', target='h1')
    drain(fleet, at='h1')
    fleet.run_until(lambda: 'this host is ' in ' '.join(each.target_note for each in fleet.tables.moves.values()))
    fleet.run(10)
    assert fleet.row('other').holder == 'h2'


@pytest.mark.parametrize('when', ['leaving', 'drained'])
def test_one_that_dies_is_lost_like_any_other_and_goes_on_when_it_is_back(fleet, when):
    fleet['h1'].settings['drain_parallel'] = 1
    fleet['h1'].boot()
    fleet.run(10)
    drain(fleet)
    fleet.run_until(lambda: host_row(fleet).state == when and (when == 'drained' or any(fleet.row(name).move for name in NAMES)), 600)
    die(fleet, 'h1')
    fleet.run_until(lambda: host_row(fleet).state == 'lost')
    fleet.run_until(lambda: all(fleet.row(name).holder != 'h1' and runs(fleet, name) for name in NAMES))
    recover(fleet, 'h1')
    drained(fleet)
    assert host_row(fleet).generation == 2
    fleet.run(60)
    assert fleet.open_moves() == []
    assert all(runs(fleet, name) for name in NAMES)


@pytest.mark.parametrize('when', ['leaving', 'drained'])
def test_a_restart_keeps_the_state_and_join_takes_it_back(fleet, when):
    drain(fleet)
    fleet.run_until(lambda: host_row(fleet).state == when, 600)
    fleet['h1'].boot()
    fleet.run(2)
    assert host_row(fleet).state in (when, 'drained')
    assert fleet['h1'].call('host.join', by='ada', check=True)['changed']
    assert fleet['h1'].call('host.join', by='ada') == {'host': 'h1', 'changed': True, 'state': 'normal', 'generation': 1}
    assert not fleet['h1'].call('host.join')['changed']
    fleet.run(30)
    assert (host_row(fleet).state, host_row(fleet).by) == ('normal', 'ada')
    # The wish is gone too: behind a loss it is normal.
    die(fleet, 'h1')
    fleet.run_until(lambda: host_row(fleet).state == 'lost')
    recover(fleet, 'h1')
    fleet.run(10)
    assert host_row(fleet).state == 'normal'


def test_what_was_asked_for_and_not_begun_stays_behind_a_join(fleet):
    drain(fleet)
    poll = fleet['h1'].watcher.mover.poll
    fleet['h1'].watcher.mover.poll = lambda: ()
    fleet.run_until(lambda: fleet.tables.open_moves.get('h1'))
    fleet['h1'].call('host.join', by='ada')
    fleet['h1'].watcher.mover.poll = poll
    fleet.run(30)
    assert {fleet.row(name).holder for name in NAMES} == {'h1'}
    assert_no_open_moves(fleet)


def test_one_that_left_stays_so_until_it_joins_again(fleet):
    drain(fleet)
    drained(fleet)
    fleet.tables.rows[HostRow]['h1'] = replace(host_row(fleet), state='left')
    fleet.run(10)
    fleet['h1'].boot()
    fleet.run(10)
    assert host_row(fleet).state == 'left'
    assert 'has left since' in fleet['h1'].watcher.loop.sentence
    with pytest.raises(StateRefused, match='ringfleet.core.join'):
        drain(fleet)
    fleet['h1'].call('host.join', by='ada')
    fleet.run(10)
    assert (host_row(fleet).state, host_row(fleet).generation) == ('normal', 2)


def test_the_plan_says_where_everything_goes_and_changes_nothing(fleet):
    told = fleet['h3'].call('drain.plan', hosts=['h1'])
    assert sorted(each['name'] for each in told['departures']) == sorted(NAMES)
    assert {each['target'] for each in told['departures']} <= {'h2', 'h3'}
    assert (told['without_room'], told['bound']) == ([], [])
    assert told['after']['h1']['cpu'] < told['before']['h1']['cpu']
    assert drain(fleet, check=True)['changed']
    assert host_row(fleet).state == 'normal'
    both = fleet['h3'].call('drain.plan', hosts=['h1', 'h2'])
    assert {each['target'] for each in both['departures']} == {'h3'}


def test_one_that_is_just_there_is_counted_before_its_host_reports_it(fleet):
    fleet['h1'].engine.run('great', 'web:1', dict(MANAGED, **{'twin.cores': '0.05', 'twin.memory': '7000000'}))
    fleet.run(15)
    drain(fleet)
    prospects = fleet['h1'].watcher.prospects

    def just_there():
        row = fleet.row('great')
        return row.move and row.holder != 'h1' and 'great' not in prospects.reports(row.holder)

    fleet.run_until(just_there)
    view = next(each for each in prospects.views('h1') if each.host == fleet.row('great').holder)
    assert (view.promised_cpu >= 0.05, view.promised_memory >= 7000000) == (True, True)


@pytest.mark.parametrize('bad', ['h2', 'h3'])
def test_a_host_on_which_it_cannot_start_is_tried_once_and_then_another_one(bad):
    fleet = fleet_of(3)
    fleet[bad].engine.refuses_start.add('web')
    engine = fleet['h1'].engine
    drain(fleet)
    fleet.run_until(lambda: host_row(fleet).state == 'drained')
    assert runs(fleet, 'web', ({'h2', 'h3'} - {bad}).pop())
    assert sum((each.action, each.name) == ('stop', 'web') for each in engine.queue) <= 2
