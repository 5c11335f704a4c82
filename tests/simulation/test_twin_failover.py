# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host dies, its containers do not, on the twin: claim, coordination, succession, what waits and why."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from simulation.crashes import crash_points
from simulation.engine import image_of
from simulation.losses import ALWAYS, assert_no_open_moves, bind_and_stop, coordinator_of, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(4)


def test_what_a_lost_host_ran_is_made_elsewhere_without_asking_it(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    row, host = fleet.row('web'), fleet.tables.rows[HostRow]['h1']
    assert (row.epoch, row.previous, row.moved_for) == (2, 'h1', 'lost')
    assert (host.state, host.failover_epoch, host.coordinator == '') == ('lost', 1, False)
    copy = fleet[row.holder].engine.inspect('web')
    assert copy['HostConfig']['RestartPolicy']['Name'] == 'always'
    fleet.run(10)
    assert_no_open_moves(fleet)
    (decision,) = fleet['h3'].call('decision.info', name='web')['decisions']
    assert decision['sentence'].startswith('asked for by the failover of h1 by %s: host h1 is lost' % host.coordinator)
    kinds = {each['kind'] for each in fleet['h3'].call('broadcast.info')['broadcasts']}
    assert {'lost', 'effective'} <= kinds


def test_the_coordinator_may_be_the_target_itself():
    # Whoever of the two is first coordinates, and each has to be the target once.
    targets = set()
    for crowded, free in (('h3', 'h2'), ('h2', 'h3')):
        fleet = fleet_of(3)
        fleet[crowded].cgroups.cores = 0.4
        fleet.run(10)
        die(fleet, 'h1')
        fleet.run_until(lambda: runs(fleet, 'web', free))  # noqa: B023
        fleet.run(10)
        assert_no_open_moves(fleet)
        targets.add(coordinator_of(fleet, 'h1').name == free)
    assert True in targets


def test_one_that_is_not_healthy_runs_all_the_same():
    fleet = fleet_of(3, sick=True)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    assert_no_open_moves(fleet)


def test_one_of_two_holds_and_says_so():
    fleet = fleet_of(2)
    die(fleet, 'h1')
    fleet.run(30)
    assert fleet.row('web').holder == 'h1'
    assert fleet.tables.rows[HostRow]['h1'].state == 'normal'
    assert not fleet['h2'].watcher.coordinator.pending
    assert 'no other host advances' in fleet['h2'].call('host.info')['judges_nobody']


def test_a_paused_fleet_waits_and_goes_on_when_it_may(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    die(fleet, 'h1')
    fleet.run(30)
    assert any('pending: web (the fleet is paused (new switches))' in host.watcher.loop.sentence for host in fleet.hosts.values())
    assert fleet.row('web').holder == 'h1'
    fleet['h2'].call('fleet.pause', reason='')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))


def test_what_finds_no_room_waits_with_its_reason_and_is_placed_when_that_changes():
    fleet = fleet_of(3)
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.4
    fleet.run(10)
    die(fleet, 'h1')
    fleet.run(25)
    assert 'no host can take it' in coordinator_of(fleet, 'h1').watcher.coordinator.pending['web']
    fleet['h3'].cgroups.cores = 0.1
    fleet.run_until(lambda: runs(fleet, 'web', 'h3'))


def test_what_cannot_run_elsewhere_or_was_stopped_waits_for_its_host(fleet):
    bind_and_stop(fleet)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    pending = coordinator_of(fleet, 'h1').watcher.coordinator.pending
    assert pending['stopped'] == 'its user stopped it'
    assert pending['bound'].startswith('it cannot run elsewhere (')
    assert {fleet.row('bound').holder, fleet.row('stopped').holder} == {'h1'}


def test_one_whose_spec_nobody_kept_waits_and_says_so(fleet):
    die(fleet, 'h1')
    fleet.tables.rows[ContainerRow]['web'] = replace(fleet.row('web'), spec_hash='')
    fleet.run(20)
    assert coordinator_of(fleet, 'h1').watcher.coordinator.pending['web'].startswith('its spec was not kept yet')
    assert fleet.row('web').holder == 'h1'


def test_who_declines_is_passed_over(fleet):
    die(fleet, 'h1')
    best = fleet['h2'].call('target.info', name='web')['target']
    fleet[best].engine.run('web', 'web:1')
    fleet.run_until(lambda: fleet.row('web').holder not in ('h1', best) and not fleet.row('web').move)


def test_it_goes_where_its_image_is():
    for there in ('h2', 'h3', 'h4'):
        fleet = fleet_of(4)
        for name in {'h2', 'h3', 'h4'} - {there}:
            del fleet[name].engine.images['web:1']
        die(fleet, 'h1')
        fleet.run_until(lambda: runs(fleet, 'web', there))  # noqa: B023


def test_without_its_image_anywhere_it_waits_and_says_so():
    fleet = fleet_of(3)
    for name in ('h2', 'h3'):
        del fleet[name].engine.images['web:1']
    die(fleet, 'h1')
    fleet.run(40)
    assert 'it declined just now' in coordinator_of(fleet, 'h1').watcher.coordinator.pending['web']
    fleet['h3'].engine.add_image(image_of('web:1'))
    fleet.run_until(lambda: runs(fleet, 'web', 'h3'))


def test_a_lost_host_that_stays_lost_costs_little(fleet):
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet.run(10)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    fleet.run(20)
    coordinator, looks = coordinator_of(fleet, 'h1'), []
    bring_on = coordinator.watcher.coordinator._fail_over
    coordinator.watcher.coordinator._fail_over = lambda lost: looks.append(lost) or bring_on(lost)
    fleet.run(50)
    assert 5 <= len(looks) <= 12
    assert list(coordinator.watcher.coordinator.pending) == ['bound']


def test_a_lost_coordinator_is_succeeded_and_its_moves_go_on():
    fleet = fleet_of(5)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').move)
    # It dies in the middle of it.
    first = coordinator_of(fleet, 'h1').name
    die(fleet, first)
    fleet.run_until(lambda: fleet.row('web').holder not in ('h1', first) and runs(fleet, 'web'))
    host = fleet.tables.rows[HostRow]['h1']
    assert (host.coordinator == first, host.failover_epoch) == (False, 2)
    fleet.run(30)
    assert_no_open_moves(fleet)


def test_a_move_whose_source_dies_behind_the_commit_comes_to_its_end(fleet):
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    die(fleet, 'h1')
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'))
    fleet.run(10)
    assert fleet.tables.moves[ident].source_note == 'its source is lost'
    assert [each for each in fleet.open_moves() if each[0] != 'h1'] == []
    recover(fleet, 'h1')
    fleet.run(60)
    assert_no_open_moves(fleet)
    assert runs(fleet, 'web', 'h2')


def test_a_move_whose_source_dies_before_the_commit_is_replaced(fleet):
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: fleet.row('web').move)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    assert fleet.row('web').moved_for == 'lost'


def test_a_copy_that_a_failover_overtook_is_removed(fleet):
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'created')
    fleet['h2'].up = False
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder not in ('h1', 'h2') and runs(fleet, 'web'))
    fleet['h2'].up = True
    fleet.run_until(lambda: 'h2' not in [each[0] for each in fleet.copies('web')])


def move_to_h2(fleet, at=None):
    """A move in whose course h2 crashes at its write ``at``."""
    fleet['h2'].fuse.calls.clear()
    fleet['h2'].fuse.at = at
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet['h2'].crashes or not fleet.row('web').move and fleet.row('web').epoch == 2)
    return ident


def committed_not_started():
    """A fleet in which h2 has committed a move, and went to sleep before it started its copy; and the move."""
    fleet = fleet_of(4)
    move_to_h2(fleet)
    commit = fleet['h2'].fuse.calls.index('_cas')
    fleet = fleet_of(4)
    ident = move_to_h2(fleet, (commit, 'after'))
    assert [each[:2] for each in fleet.copies('web')] == [('h1', 'exited'), ('h2', 'created')]
    fleet['h2'].up = False
    return fleet, ident


def test_a_container_whose_source_is_lost_behind_the_commit_is_started_all_the_same():
    fleet, ident = committed_not_started()
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'cleaned')
    fleet['h2'].up = True
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'))


def test_a_container_whose_holder_is_back_before_its_failover_found_a_place_is_started():
    fleet, ident = committed_not_started()
    for name in ('h3', 'h4'):
        fleet[name].engine.run('web', 'web:1')
    # No room where it came from.
    fleet['h1'].cgroups.cores = 0.45
    fleet.run(20)
    die(fleet, 'h2')
    fleet.run_until(lambda: fleet.row('web').move not in ('', ident))
    fleet.run_until(lambda: not fleet.row('web').move)
    assert fleet.row('web').holder == 'h2'
    # What its source still has is nothing that anybody would miss yet, and is kept.
    assert fleet.copies('web')[0][:2] == ('h1', 'exited')
    fleet['h2'].up = True
    recover(fleet, 'h2')
    fleet.run_until(lambda: [each.state for each in fleet['h2'].engine.containers()] == ['running'])
    fleet.run(10)
    assert (fleet.row('web').holder, fleet.row('web').move) == ('h2', '')
    assert fleet['h2'].engine.inspect('web')['HostConfig']['RestartPolicy'] == ALWAYS
    assert_no_open_moves(fleet)


def test_a_move_whose_target_dies_behind_the_commit_fails_over(fleet):
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    die(fleet, 'h2')
    fleet.run_until(lambda: fleet.row('web').holder not in ('h2', '') and runs(fleet, 'web'))
    assert fleet.row('web').epoch >= 3


# -- a crash at every write -------------------------------------------------------------------------------------------

def failover(fleet, host=None, at=None):
    """h1 dies; ``host`` crashes at its write ``at`` of what follows."""
    for other in fleet.hosts.values():
        other.fuse.calls.clear()
    if host:
        fleet[host].fuse.at = at
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web') and not [
        each for each in fleet.open_moves() if fleet[each[0]].alive], 600)
    return fleet


def _crash_points():
    fleet = failover(fleet_of(3))
    return crash_points(fleet, ('h2', 'h3'))


@pytest.mark.parametrize('host, at', list(_crash_points()))
def test_a_crash_of_a_survivor_at_any_write_leaves_it_running_once(host, at):
    fleet = failover(fleet_of(3), host, at)
    fleet.run(40)
    assert fleet[host].crashes == 1
    assert runs(fleet, 'web')
    recover(fleet, 'h1')
    fleet.run_until(lambda: [each for each in fleet.copies('web') if each[1] == 'running'] == [
        (fleet.row('web').holder, 'running', fleet.row('web').instance)])
