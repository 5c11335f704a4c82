# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that was declared lost comes back, on the twin: with its old disks, in the middle of it, or merely thawed."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.losses import assert_no_open_moves, coordinator_of, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(4)


def test_a_returned_host_stops_its_stale_copy_and_removes_it_after_the_grace(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    recover(fleet, 'h1')
    fleet.run_until(lambda: [each for each in fleet.copies('web') if each[0] == 'h1'][0][1] == 'exited')
    assert runs(fleet, 'web')
    assert fleet.tables.rows[HostRow]['h1'].state == 'normal'
    assert fleet.tables.rows[HostRow]['h1'].generation == 2
    assert fleet['h1'].engine.inspect('web')['HostConfig']['RestartPolicy']['Name'] == 'no'
    assert fleet['h1'].call('container.info', name='web')['containers'][0]['here'] == 'stale copy'
    fleet.run(3700)
    assert [each[0] for each in fleet.copies('web')] == [fleet.row('web').holder]
    assert fleet.row('web').epoch == 2


def test_a_host_that_was_only_frozen_registers_again_and_lets_its_stale_copy_go(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    # The very same watcher goes on, with all that it had in memory.
    fleet['h1'].alive = True
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'normal')
    assert fleet.tables.rows[HostRow]['h1'].generation == 2
    fleet.run_until(lambda: [each for each in fleet.copies('web') if each[0] == 'h1'][0][1] == 'exited')
    assert runs(fleet, 'web')


@pytest.mark.parametrize('declared', [True, False])
def test_a_host_that_is_just_back_is_given_its_time_again(fleet, declared):
    for host in fleet.hosts.values():
        host.watcher.coordinator.armed = lambda: '' if declared else 'not now'
    die(fleet, 'h1')
    fleet.run(12)
    before = fleet.tables.rows[HostRow]['h1']
    assert before.state == ('lost' if declared else 'normal')
    # It registers, and nothing else is heard of it.
    fleet.tables.rows[HostRow]['h1'] = replace(before, state='normal', generation=before.generation + declared, boot_id='another', nonce='its own')
    for host in fleet.hosts.values():
        host.watcher.coordinator.armed = lambda: ''
        host.watcher.membership.refresh()
    fleet.run(4)
    assert fleet.tables.rows[HostRow]['h1'].state == 'normal'
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'lost', 10)


def failing_over_to(free):
    """A fleet in which web is on its way from h1, which died, to ``free``, the one host with room."""
    fleet = fleet_of(4)
    for name in {'h2', 'h3', 'h4'} - {free}:
        fleet[name].cgroups.cores = 0.4
    fleet.run(10)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').move)
    return fleet


@pytest.mark.parametrize('free', ['h2', 'h3', 'h4'])
def test_a_host_that_returns_in_the_middle_of_its_failover_ends_with_one_copy(free):
    fleet = failing_over_to(free)
    assert fleet.row('web').move_to == free
    # The target pauses in the middle, whether it coordinates too or not.
    fleet[free].up = False
    recover(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'normal')
    fleet.run(10)
    fleet[free].up = True
    fleet.run_until(lambda: runs(fleet, 'web'))
    fleet.run(30)
    assert runs(fleet, 'web')
    assert_no_open_moves(fleet)


def test_a_stale_copy_gives_its_name_up_when_the_container_comes_back():
    fleet = fleet_of(3)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    first = fleet.row('web').holder
    recover(fleet, 'h1')
    fleet.run_until(lambda: [each for each in fleet.copies('web') if each[0] == 'h1'][0][1] == 'exited')
    # Well within the hour for which the copy is kept, the only other place is where it lies.
    third = next(name for name in ('h2', 'h3') if name != first)
    fleet[third].cgroups.cores = 0.45
    fleet.run(20)
    die(fleet, first)
    fleet.run_until(lambda: runs(fleet, 'web', 'h1'))
    assert [each[:2] for each in fleet.copies('web') if each[0] == 'h1'] == [('h1', 'running')]


def test_a_user_s_own_container_of_that_name_is_left_alone(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    third = next(name for name in ('h2', 'h3', 'h4') if name != fleet.row('web').holder)
    fleet[third].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(4000)
    assert fleet[third].engine.inspect('web')['State']['Status'] == 'running'


def test_a_host_that_is_back_before_the_claim_is_never_lost(fleet):
    row = fleet.tables.rows[HostRow]['h1']
    # Its row was changed by its return, after the observer had read it.
    fleet.tables.rows[HostRow]['h1'] = row.__class__(**dict(row.to_dict(), nonce='newer'))
    assert not fleet['h2'].watcher.coordinator._claim(row, 'silent')
    assert fleet.tables.rows[HostRow]['h1'].state == 'normal'


def test_a_returned_host_that_declines_its_own_container_still_knows_its_stale_copy(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    recover(fleet, 'h1')
    stale = fleet['h1'].watcher.retirement
    stale.look = lambda: None
    fleet.run(10)
    # The name is taken there by the stale copy: it declines, and withdraws from the move.
    ident = fleet['h1'].call('move.ask', name='web', target='h1')['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'withdrawn')
    del stale.look
    fleet.run_until(lambda: runs(fleet, 'web'))


@pytest.mark.parametrize('step', [lambda fleet: fleet.row('web').move, lambda fleet: fleet.row('web').epoch == 2])
def test_a_failover_whose_coordinator_dies_is_ended_by_the_host_that_is_back(step):
    fleet = next(each for each in map(failing_over_to, ('h2', 'h3')) if coordinator_of(each, 'h1').name != each.row('web').move_to)
    fleet.run_until(lambda: step(fleet))
    coordinator_of(fleet, 'h1').up = False
    recover(fleet, 'h1')
    fleet.run_until(lambda: runs(fleet, 'web'))
    fleet.run(5)
    assert [each for each in fleet.open_moves() if fleet[each[0]].up] == []


def test_a_stale_copy_of_a_container_that_its_user_removed_is_not_taken_for_a_new_one(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    engine = fleet[fleet.row('web').holder].engine
    engine.stop('web', 1)
    engine.remove('web')
    fleet.run_until(lambda: fleet.row('web').holder == '')
    fleet['h1'].settings = {'stale_grace_s': 60.0}
    recover(fleet, 'h1')
    fleet.run_until(lambda: [each[1] for each in fleet.copies('web')] == ['exited'])
    fleet.run(80)
    # It may be the last one: it stays, and is nobody's.
    assert [each[:2] for each in fleet.copies('web')] == [('h1', 'exited')]
    assert (fleet.row('web').holder, fleet.row('web').epoch) == ('', 2)
    assert fleet['h1'].call('container.info', name='web')['containers'][0]['here'] == 'stale copy'


def holder_dies_with_its_disks(fleet):
    """web went from h1 elsewhere, h1 is back with its stale copy, and the new holder is lost for good; the failover is not armed."""
    fleet['h1'].settings = {'stale_grace_s': 60.0}
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    recover(fleet, 'h1')
    fleet.run_until(lambda: [each for each in fleet.copies('web') if each[0] == 'h1'][0][1] == 'exited')
    for host in fleet.hosts.values():
        host.watcher.coordinator.armed = lambda: 'not now'
    holder = fleet.row('web').holder
    die(fleet, holder)
    fleet[holder].engine.boxes.clear()
    return holder


def test_a_stale_copy_stays_while_nobody_sees_the_other_one(fleet):
    holder = holder_dies_with_its_disks(fleet)
    fleet.run(200)
    assert [each[:2] for each in fleet.copies('web')] == [('h1', 'exited')]
    told = fleet['h1'].call('cleanup.check')
    assert (told['removed'], fleet.row('web').holder) == ([], holder)


def test_a_returned_host_keeps_its_copy_behind_a_failover_whose_target_died_a_moment_ago():
    fleet = failing_over_to('h2')
    move = fleet.row('web').move
    fleet.run_until(lambda: fleet.tables.moves[move].target_step == 'committed')
    # What coordinates has no time to end the move, and the target's death is too young for anybody to know of it.
    for host in ('h3', 'h4'):
        fleet[host].up = False
    fleet.run_until(lambda: fleet.tables.moves[move].target_step == 'healthy')
    assert fleet.tables.moves[move].source_step != 'cleaned'
    die(fleet, 'h2')
    fleet['h2'].engine.boxes.clear()
    recover(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.moves[move].source_step == 'cleaned')
    assert [each[:2] for each in fleet.copies('web')] == [('h1', 'exited')]


def test_a_copy_that_a_failover_overtook_gets_no_restart_policy_any_more():
    fleet = failing_over_to('h2')
    move = fleet.row('web').move
    fleet.run_until(lambda: fleet.tables.moves[move].target_step == 'committed')
    die(fleet, 'h2')
    fleet['h2'].engine.halt()
    for name in ('h3', 'h4'):
        fleet[name].cgroups.cores = 0.1
    fleet.run_until(lambda: fleet.row('web').holder in ('h3', 'h4') and runs(fleet, 'web'))
    recover(fleet, 'h2')
    fleet.run_until(lambda: fleet['h2'].store.open_moves('h2') == [])
    copy = fleet['h2'].engine.inspect('web')
    assert (copy['State']['Status'], copy['HostConfig']['RestartPolicy']['Name']) == ('exited', 'no')


def test_a_copy_whose_commit_was_applied_and_never_noted_may_be_the_last(monkeypatch):
    fleet = failing_over_to('h2')
    first, put = fleet['h2'].watcher.store, fleet['h2'].watcher.store.put_move

    def last_words(ident, **columns):
        if columns.get('target_step') == 'committed':
            die(fleet, 'h2')
            raise StoreUnavailable('The ring has no quorum')
        put(ident, **columns)

    monkeypatch.setattr(first, 'put_move', last_words)
    fleet.run_until(lambda: fleet.row('web').holder == 'h2')
    kept = fleet.row('web').instance
    for name in ('h3', 'h4'):
        fleet[name].cgroups.cores = 0.1
    fleet.run_until(lambda: fleet.row('web').holder in ('h3', 'h4') and runs(fleet, 'web'))
    last = fleet.row('web').holder
    die(fleet, last)
    fleet[last].engine.boxes.clear()
    recover(fleet, 'h2')
    for host in fleet.hosts.values():
        host.watcher.coordinator.armed = lambda: 'not now'
    fleet.run(200)
    assert ('h2', 'exited', kept) in fleet.copies('web')
    assert fleet['h2'].call('container.info', name='web')['containers'][0]['here'] == 'stale copy'
    assert fleet['h2'].store.open_moves('h2') == []


def test_a_stale_copy_stays_while_the_other_one_is_not_where_its_row_says(fleet):
    fleet['h1'].settings = {'stale_grace_s': 60.0}
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    holder = fleet[fleet.row('web').holder]
    # Missing there, and it cannot be made again.
    for host in fleet.hosts.values():
        host.engine.images.clear()
    holder.engine.boxes.clear()
    holder.boot()
    recover(fleet, 'h1')
    fleet.run(200)
    assert [each[:2] for each in fleet.copies('web')] == [('h1', 'exited')]


def test_a_stale_copy_that_gave_its_name_up_for_a_move_that_fails_is_kept(fleet):
    stale = holder_dies_with_its_disks(fleet) and fleet.copies('web')[0][2]
    # It cannot be made again where it lies, nor elsewhere.
    for host in fleet.hosts.values():
        host.engine.images.clear()
        host.watcher.coordinator.armed = lambda: ''
    for other in {'h2', 'h3', 'h4'} - {fleet.row('web').holder}:
        fleet[other].cgroups.cores = 0.45
    fleet.run(300)
    kept = {each.id: (each.name, each.state) for each in fleet['h1'].engine.containers()}
    assert kept == {stale: ('web.stale-%s' % stale[:12], 'exited')}
    assert 'web.stale-%s (stale copy)' % stale[:12] in fleet['h1'].watcher.loop.sentence


def test_stale_copies_go_a_few_an_hour(fleet):
    fleet['h1'].settings = {'stale_grace_s': 60.0}
    for number in range(6):
        fleet['h1'].engine.run('web%d' % number, 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(15)
    die(fleet, 'h1')
    fleet.run_until(lambda: all(fleet.row('web%d' % number).holder != 'h1' and runs(fleet, 'web%d' % number) for number in range(6)), 600)
    recover(fleet, 'h1')
    fleet.run(200)
    assert len(fleet['h1'].engine.containers()) == 3
    # An hour later the next ones may go.
    fleet['h1'].watcher.retirement._removed.clear()
    fleet.run(15)
    assert fleet['h1'].engine.containers() == []


def test_what_its_move_stopped_runs_again_when_a_failover_came_in_between_and_was_given_up(fleet):
    fleet['h2'].engine.refuses_start.add('web')
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: (fleet.row('web').holder, fleet.row('web').epoch) == ('h1', 3))
    # Given back, and its source dies before it starts it again.
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').move)
    target = fleet[fleet.row('web').move_to]
    target.up = False
    recover(fleet, 'h1')
    fleet.run(4)
    assert fleet.row('web').move
    fleet.run_until(lambda: not fleet.row('web').move)
    fleet.run_until(lambda: runs(fleet, 'web', 'h1'), 20)
    target.up = True
    fleet.run(30)
    assert_no_open_moves(fleet)
