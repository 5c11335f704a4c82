# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover that found no room or came to nothing is tried again: elsewhere, and not for ever at the same pace, on the twin."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.moves.asking import Ask, send
from ansible_collections.ringfleet.core.plugins.module_utils.moves.source import next_id
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import MemoryStore
from simulation.engine import image_of
from simulation.exclusive import adopted, power_off, power_on
from simulation.losses import assert_no_open_moves, coordinator_of, die, fleet_of, runs
from simulation.twin import TwinHost


@pytest.fixture
def fleet():
    return fleet_of(4)


def test_a_host_that_joins_after_the_loss_takes_what_nobody_had_room_for():
    fleet = fleet_of(3)
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.45
    fleet.run(30)
    die(fleet, 'h1')
    fleet.run(60)
    assert 'no host can take it' in coordinator_of(fleet, 'h1').watcher.coordinator.pending['web']
    # The lost host never measured the way to it.
    fleet.hosts['h4'] = TwinHost(fleet, 'h4', 4)
    fleet['h4'].engine.add_image(image_of('web:1'))
    fleet.run_until(lambda: runs(fleet, 'web', 'h4'))


@pytest.mark.parametrize('bad', ['h2', 'h3'])
def test_a_host_on_which_it_cannot_start_is_left_out_next_time(bad):
    fleet = fleet_of(3)
    fleet[bad].engine.refuses_start.add('web')
    fleet.run(10)
    die(fleet, 'h1')
    fleet.run_until(lambda: runs(fleet, 'web', ({'h2', 'h3'} - {bad}).pop()))
    assert_no_open_moves(fleet)


def test_what_fails_on_every_host_is_tried_more_seldom_and_runs_once_it_can(fleet):
    for host in fleet.hosts.values():
        host.engine.refuses_start.add('web')
    die(fleet, 'h1')
    fleet.run(3600)
    assert fleet.row('web').holder == 'h1'
    tried = [each.request for each in fleet.tables.moves.values()]
    assert all(any('"target": "%s"' % name in request for request in tried) for name in ('h2', 'h3', 'h4'))
    # Each two minutes in the end.
    assert 25 <= len(tried) <= 35
    for host in fleet.hosts.values():
        host.engine.refuses_start.clear()
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'), 200)


def test_what_waits_for_room_leaves_no_record_a_try(fleet):
    for host in fleet.hosts.values():
        host.cgroups.cores = 0.45
    fleet.run(30)
    die(fleet, 'h1')
    fleet.run(60)
    before = len(fleet.tables.moves)
    fleet.run(600)
    assert 'no host can take it' in coordinator_of(fleet, 'h1').watcher.coordinator.pending['web']
    assert len(fleet.tables.moves) == before


@pytest.mark.parametrize('offset_s', [0.0, 0.4, 0.8, 1.2])
def test_what_is_exclusive_and_fails_behind_its_commit_goes_elsewhere_too(offset_s):
    fleet = adopted()
    fleet['h2'].engine.refuses_start.add('db')
    # Its guard takes its time to find the copy down, and no lost host holds the container meanwhile.
    guard, looked = fleet['h2'].guard, [0.0]
    step = guard.step

    def late():
        if fleet.time.now - looked[0] >= 0.8:
            looked[0] = fleet.time.now
            step()

    guard.step = late
    fleet.run(20 + offset_s)
    power_off(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h3'), 200)
    assert len(fleet.tables.moves) <= 3


@pytest.fixture
def brought():
    """(fleet of 5, host) of a container that a failover brought there: the host's power went behind the commit, and before its copy was seen to run
    well and got its restart policy.
    """
    fleet = fleet_of(5)
    others = {'h2', 'h3', 'h4', 'h5'}
    for name in others:
        fleet[name].fuse.at = ('set_restart', 'before')
    die(fleet, 'h1')
    fleet.run_until(lambda: any(host.crashes for host in fleet.hosts.values()))
    target = fleet.row('web').holder
    assert fleet[target].crashes
    power_off(fleet[target])
    for name in others:
        fleet[name].fuse.at = None
    return fleet, target


def test_a_host_that_dies_with_what_a_failover_just_brought_is_a_loss_as_any_other(brought):
    fleet, target = brought
    fleet.run_until(lambda: runs(fleet, 'web'), 40)
    assert fleet.row('web').holder not in ('h1', target)


def test_a_person_s_move_waits_for_the_copy_that_a_failover_has_still_to_start(brought):
    fleet, target = brought
    for host in fleet.hosts.values():
        host.engine.refuses_start.add('web')
    fleet.run_until(lambda: fleet.row('web').move_to not in ('', target))
    fleet.run_until(lambda: not fleet.row('web').move)
    # It is back, and somebody asked for a move, which it finds before the one that brought the copy.
    send(MemoryStore(fleet.tables), '000000000000-first', Ask('web', target))
    fleet[target].engine.refuses_start.clear()
    power_on(fleet[target])
    fleet.run_until(lambda: runs(fleet, 'web', target))
    assert 'is in move' in fleet.tables.moves['000000000000-first'].source_note
    assert_no_open_moves(fleet)


def test_the_next_best_is_asked_though_the_ring_did_not_list_its_letter_at_once(fleet, monkeypatch):
    best = fleet['h2'].call('target.info', name='web')['target']
    fleet[best].engine.images.clear()
    failed = []

    def unlisted(store):
        index_move = store.index_move

        def index(host, ident):
            if ident.endswith('-2') and fleet.time.now - (failed or [fleet.time.now])[0] < 3:
                failed.append(fleet.time.now)
                raise StoreUnavailable('The ring did not serve a request: index_move', 'Look at ringfleet-node.')
            index_move(host, ident)
        monkeypatch.setattr(store, 'index_move', index)

    for host in fleet.hosts.values():
        unlisted(host.store)
    die(fleet, 'h1')
    fleet.run_until(lambda: failed)
    # By then the target has left, and the source does not find it as one that declines.
    fleet.run_until(lambda: runs(fleet, 'web'), 20)
    assert fleet.row('web').holder not in ('h1', best)


def test_a_letter_that_is_listed_nowhere_keeps_nobody_waiting(fleet):
    for host in fleet.hosts.values():
        host.engine.refuses_start.add('web')
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.moves and not fleet.row('web').move)
    (first,) = fleet.tables.moves
    fleet.run_until(lambda: fleet.tables.moves[first].source_step == 'aborted')
    # As a write whose answer was lost, and which is applied behind the end of its move.
    client = MemoryStore(fleet.tables)
    client.put_move(next_id(first), asked=fleet.tables.moves[first].asked)
    for host in fleet.hosts.values():
        host.engine.refuses_start.clear()
    fleet.run_until(lambda: runs(fleet, 'web'), 60)
