# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies are removed by hand in the middle of a move, on the twin: at whatever step, the move ends with a word, and what could run runs."""
from __future__ import annotations

from dataclasses import replace

import pytest
from simulation.engine import image_of
from simulation.faults import IDLE, WRITES
from simulation.test_twin_moves import assert_runs_once, fleet_with, settled

# Longer than a target tries to make a copy again.
_LONG_S = 260


def remove(fleet, hosts):
    """``docker rm -f`` on each of these hosts."""
    for host in hosts:
        if any(each.name == 'web' for each in fleet[host].engine.containers()):
            fleet[host].engine.remove_running('web')


def at_write(fleet, host, number, act):
    """Let ``act`` happen behind the write of this number that a host's watcher makes; returns the list of what it has written."""
    made, fuse = [], fleet[host].fuse
    before = fuse.guard

    def guard(name, call):
        result = before(name, call)
        if name in WRITES and name not in IDLE:
            made.append(name)
            if len(made) == number:
                act()
        return result

    fuse.guard = guard
    return made


def ask(fleet):
    return fleet['h3'].call('move.ask', name='web', target='h2')['id']


def told(fleet, ident):
    return fleet['h3'].call('move.info', id=ident)['moves'][0]


@pytest.mark.parametrize('mode', ['stop-first', 'start-first'])
@pytest.mark.parametrize('writer', ['h1', 'h2'])
@pytest.mark.parametrize('hosts, images', [(('h1',), 'kept'), (('h2',), 'kept'), (('h1', 'h2'), 'kept'), (('h2',), 'gone'), (('h1', 'h2'), 'gone')],
                         ids=['source', 'target', 'both', 'target and image', 'both and image'])
def test_removed_at_any_write_the_move_ends_and_nobody_is_left_waiting(mode, hosts, writer, images):
    number = 0
    while True:
        number += 1
        fleet = fleet_with(mode)
        made = at_write(fleet, writer, number, lambda fleet=fleet: (remove(fleet, hosts), images == 'gone' and fleet['h2'].engine.images.clear()))
        ident = ask(fleet)
        fleet.run_until(settled(fleet, ident), _LONG_S)
        if len(made) < number:
            break
        assert told(fleet, ident)['outcome'] in ('done', 'aborted')
        assert fleet['h3'].call('move.info', open=True)['moves'] == []
        fleet.run(60)
        # Its user removed the last one, and it was released; or it runs; or it is missing and its host says what that lacks.
        if fleet.row('web').holder == 'h2' and not fleet.copies('web'):
            assert 'missing: web (its image web:1 is not here' in fleet['h2'].watcher.loop.sentence
        elif fleet.row('web').holder:
            assert_runs_once(fleet)
        else:
            assert fleet.copies('web') == []
    assert number > 10


def test_what_its_target_was_about_to_commit_is_not_adopted_behind_its_removal(monkeypatch):
    fleet = fleet_with('start-first')
    target, ident = fleet['h2'].watcher, ask(fleet)
    swap = target.store.swap

    def slow(before, after):
        if after.move == ident:
            # The target stands still over its commit, and its move is given up; then its user removes the container.
            monkeypatch.setattr(target.store, 'swap', swap)
            remove(fleet, ['h1'])
            now = fleet.row('web')
            aborted = swap(now, replace(now, move='', move_to=''))
            swap(aborted, replace(aborted, holder='', instance=''))
            fleet['h1'].store.put_move(ident, source_step='aborted', source_note='overdue')
            target.custody.look()
            seen.append(target.custody.view.words['web'])
        return swap(before, after)

    seen = []
    monkeypatch.setattr(target.store, 'swap', slow)
    fleet.run_until(lambda: seen)
    fleet.run_until(lambda: fleet['h2'].store.open_moves('h2') == [])
    fleet.run(30)
    assert seen == ['copy of a move']
    assert (fleet.row('web').holder, fleet.copies('web')) == ('', [])


def committed_and_gone(act):
    """A move whose copy on h2 is removed right behind the commit, and ``act`` done to h2's engine with it."""
    fleet = fleet_with('stop-first')
    ident = ask(fleet)
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    remove(fleet, ['h2'])
    act(fleet['h2'].engine)
    return fleet, ident


def test_what_cannot_be_made_again_behind_the_commit_goes_back():
    fleet, ident = committed_and_gone(lambda engine: engine.images.clear())
    fleet.run_until(settled(fleet, ident), _LONG_S)
    assert_runs_once(fleet)
    assert (fleet.row('web').holder, fleet.row('web').epoch) == ('h1', 3)
    assert told(fleet, ident)['outcome'] == 'aborted'
    assert 'given back by h2: it vanished here and could not be made again: No such image' in told(fleet, ident)['source_note']


def test_with_both_copies_removed_by_its_user_it_is_released():
    fleet, ident = committed_and_gone(lambda engine: engine.images.clear())
    remove(fleet, ['h1'])
    fleet.run_until(settled(fleet, ident), _LONG_S)
    assert told(fleet, ident)['outcome'] == 'aborted'
    # Its user removed both, and that is heard once the move is over.
    fleet.run(60)
    assert (fleet.row('web').holder, fleet.row('web').epoch, fleet.copies('web')) == ('', 3, [])


def test_what_its_user_made_anew_at_the_target_is_the_new_version_there():
    fleet, ident = committed_and_gone(lambda engine: engine.run('web', 'web:1', {'ringfleet.managed': 'true', 'color': 'red'}))
    made = fleet['h2'].engine.inspect('web')['Id']
    fleet.run_until(settled(fleet, ident), _LONG_S)
    fleet.run(10)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance, row.move) == ('h2', 2, made, '')
    assert [each[:2] for each in fleet.copies('web')] == [('h1', 'exited'), ('h2', 'running')]


def test_a_source_whose_copy_cannot_be_started_again_ends_its_aborted_move():
    fleet = fleet_with('stop-first')
    ident = ask(fleet)
    fleet.run_until(lambda: ('h1', 'exited') in [each[:2] for each in fleet.copies('web')] or fleet.row('web').epoch == 2)
    fleet['h2'].engine.refuses_start.add('web')
    fleet['h1'].engine.refuses_start.add('web')
    if fleet.row('web').epoch == 2:
        remove(fleet, ['h2'])
    fleet.run_until(settled(fleet, ident), _LONG_S)
    assert told(fleet, ident)['outcome'] == 'aborted'
    assert 'its own copy could not be started again: Docker refused' in told(fleet, ident)['source_note']
    assert (fleet.row('web').holder, fleet.copies('web')[0][:2]) == ('h1', ('h1', 'exited'))


def test_a_move_whose_target_was_overtaken_by_a_failover_is_shown_open_no_more():
    fleet = fleet_with('stop-first', image_on_target=True)
    fleet['h3'].engine.add_image(image_of('web:1'))
    ident = ask(fleet)
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    fleet['h1'].alive = False
    fleet['h2'].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'cleaned')
    assert [each['id'] for each in fleet['h3'].call('move.info', open=True)['moves']] == [ident]
    fleet['h3'].store.put_move(ident, target_step='withdrawn')
    assert fleet['h3'].call('move.info', open=True)['moves'] == []
