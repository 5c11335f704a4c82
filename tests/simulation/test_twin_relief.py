# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts decide by themselves, on the twin: contention in, decision and move out, and the brakes in the whole watcher."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import Decision
from ansible_collections.ringfleet.core.plugins.module_utils.moves.asking import Ask, send
from ansible_collections.ringfleet.core.plugins.module_utils.placement.brakes import spread
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Score
from ansible_collections.ringfleet.core.plugins.module_utils.placement.views import Need
from simulation.engine import image_of
from simulation.twin import Fleet

LABELS = {'ringfleet.managed': 'true', 'ringfleet.mode': 'start-first'}


@pytest.fixture
def fleet():
    made = Fleet(4)
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made['h1'].cgroups.cores = 0.2
    return made


def run(fleet, host, name, cores, **labels):
    wanted = dict(LABELS, **{'twin.cores': str(cores)}, **{key.replace('_', '.'): value for key, value in labels.items()})
    fleet[host].engine.run(name, 'web:1', wanted)


def decisions(fleet, name=''):
    found = sorted(fleet.tables.decisions.values(), key=lambda each: each.decided_at)
    return [each for each in found if isinstance(each, Decision) and each.name == name]


def moved(fleet, name):
    return fleet.row(name) is not None and fleet.row(name).holder not in ('', 'h1') and not fleet.open_moves()


def test_a_contended_host_gives_the_cheapest_container_that_helps(fleet):
    fleet['h1'].cgroups.cores = 0.13
    for name, cores, memory in (('little', 0.02, 1), ('helps', 0.15, 5), ('burns', 0.18, 50)):
        run(fleet, 'h1', name, cores, twin_memory=str(memory << 20))
    fleet.run_until(lambda: moved(fleet, 'helps'))
    [decision] = decisions(fleet, 'helps')
    assert (decision.trigger, decision.choice) == ('contention', fleet.row('helps').holder)
    assert decision.sentence.startswith('asked for by ringfleet on h1: host h1 is contended (CPU is used to 96 %')
    assert decision.need['cpu'] == pytest.approx(0.15, abs=0.01)
    assert (fleet.row('helps').moved_for, fleet.row('helps').unrest) == ('contention', 1)
    fleet.run(120)
    assert not fleet['h1'].watcher.load.host().contended
    assert (fleet.row('little').holder, fleet.row('burns').holder) == ('h1', 'h1')
    # A quiet fleet stays as it is.
    before = len(fleet.tables.moves)
    fleet.run(900)
    assert len(fleet.tables.moves) == before


def test_anybody_can_recompute_the_choice_from_the_stored_decision(fleet):
    run(fleet, 'h1', 'web', 0.22)
    fleet.run_until(lambda: moved(fleet, 'web'))
    told = fleet['h3'].call('decision.info', name='web')['decisions'][0]
    w = told['weights']
    again = [Score(each['host'], each['C'], each['M'], each['T'],
                   round((each['C'] * w['alpha'] + each['M'] * w['beta']) / (each['T'] * w['tau']), 6), leaning=each['leaning'])
             for each in told['candidates'] if not each['excluded']]
    again.sort(key=lambda each: (-each.leaning, -each.a, each.host))
    assert spread(again, Need(told['name'], told['host'])) == told['choice']


def test_nothing_moved_because_is_told_once_and_again_when_the_reason_changes(fleet):
    run(fleet, 'h1', 'web', 0.22, ringfleet_mode='stop-first')
    fleet.run_until(lambda: decisions(fleet))
    # Changed figures alone are no change.
    fleet['h1'].cgroups.cores = 0.23
    fleet.run(200)
    [first] = decisions(fleet)
    assert 'nothing moved, because web: it would have to stop for the move' in first.sentence
    assert first.brakes and not first.choice
    assert 'nothing moved' in fleet['h1'].watcher.loop.sentence
    run(fleet, 'h1', 'great', 0.27)
    fleet.run(60)
    second = decisions(fleet)[-1]
    assert second is not first
    assert 'great: no host can take it' in second.sentence
    assert {each['host'] for each in second.candidates} == {'h1', 'h2', 'h3', 'h4'}
    for name in ('web', 'great'):
        fleet['h1'].engine.stop(fleet.row(name).instance, 1)
    fleet.run(150)
    assert 'nothing moved' not in fleet['h1'].watcher.loop.sentence


def test_with_its_users_leave_a_stop_first_one_goes(fleet):
    run(fleet, 'h1', 'web', 0.22, ringfleet_mode='stop-first', ringfleet_rebalance='true')
    fleet.run_until(lambda: moved(fleet, 'web'))


def test_a_paused_fleet_decides_nothing_and_says_so(fleet):
    assert fleet['h3'].call('fleet.pause', reason='new switches', by='ada')['changed']
    assert not fleet['h3'].call('fleet.pause', reason='new switches', by='ada')['changed']
    run(fleet, 'h1', 'web', 0.22)
    fleet.run(150)
    assert fleet.row('web').holder == 'h1'
    assert decisions(fleet)[-1].sentence == 'nothing moved, because the fleet is paused (new switches)'
    assert 'the fleet is paused: new switches' in fleet['h2'].watcher.loop.sentence
    told = fleet['h2'].call('fleet.info')['pause']
    assert (told['reason'], told['by']) == ('new switches', 'ada')
    assert told['age_s'] > 100
    # A person may still move it.
    assert fleet['h2'].call('move.ask', name='web', target='h2', by='ada')['id']
    fleet.run_until(lambda: moved(fleet, 'web'))
    assert fleet['h3'].call('fleet.pause', reason='')['changed']
    assert fleet['h1'].call('fleet.info')['pause']['reason'] == ''


def test_unpaused_it_goes_on_by_itself(fleet):
    fleet['h3'].call('fleet.pause', reason='new switches')
    run(fleet, 'h1', 'web', 0.22)
    fleet.run(100)
    fleet['h3'].call('fleet.pause', reason='')
    fleet.run_until(lambda: moved(fleet, 'web'))


def test_one_at_a_time_leaves_and_what_moved_stays_a_while(fleet):
    fleet['h1'].cgroups.cores = 0.35
    for name in ('a', 'b', 'c'):
        run(fleet, 'h1', name, 0.15)
    most = 0
    fleet.run_until(lambda: any(moved(fleet, name) for name in 'abc'))
    for _step in range(600):
        fleet.run(1)
        most = max(most, len({ident for host, ident in fleet.open_moves() if host == 'h1'}))
    assert most == 1
    assert all(fleet.row(name).unrest <= 1 for name in 'abc')


def test_a_decision_that_is_not_taken_up_yet_is_not_followed_by_another(fleet):
    for name in ('a', 'b'):
        run(fleet, 'h1', name, 0.12)
    fleet.run_until(lambda: fleet['h1'].watcher.load.host().contended)
    for _look in range(3):
        fleet['h1'].watcher.reliever.look()
    assert len({ident for host, ident in fleet.open_moves() if host == 'h1'}) == 1


def test_what_was_tried_in_vain_is_left_alone_for_a_while(fleet):
    for name in ('h2', 'h3', 'h4'):
        fleet[name].engine.run('web', 'web:1')
    run(fleet, 'h1', 'web', 0.22)
    fleet.run(500)
    tries = {ident.rsplit('-', ident.count('-') - 1)[0] for ident in fleet.tables.moves}
    assert len(tries) == 1
    assert 'was tried elsewhere, and is left alone' in decisions(fleet)[-1].sentence
    fleet.run(400)
    assert len({ident.rsplit('-', ident.count('-') - 1)[0] for ident in fleet.tables.moves}) == 2


def test_the_same_reasons_after_a_quiet_minute_are_no_change(fleet):
    run(fleet, 'h1', 'web', 0.3, ringfleet_mode='stop-first')
    fleet.run_until(lambda: decisions(fleet))
    fleet['h2'].engine.run('web', 'web:1')
    fleet['h3'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: fleet['h1'].watcher.load.host().unjudged)
    fleet.run_until(lambda: 'nothing moved' not in fleet['h1'].watcher.loop.sentence)
    fleet.run_until(lambda: 'nothing moved' in fleet['h1'].watcher.loop.sentence)
    assert len(decisions(fleet)) == 1


def test_what_moved_by_itself_stays_for_its_cooldown(fleet):
    run(fleet, 'h1', 'web', 0.22)
    fleet.run_until(lambda: moved(fleet, 'web'))
    there = fleet[fleet.row('web').holder]
    there.cgroups.cores = 0.2
    fleet.run(400)
    assert fleet.row('web').holder == there.name
    assert 'left alone for' in decisions(fleet)[-1].sentence
    fleet.run_until(lambda: fleet.row('web').holder != there.name and not fleet.open_moves(), 900)
    assert fleet.row('web').unrest == 2


def test_two_hot_hosts_do_not_fill_one_target(fleet):
    fleet['h2'].cgroups.cores = 0.2
    fleet['h4'].up = False
    run(fleet, 'h1', 'one', 0.22)
    run(fleet, 'h2', 'two', 0.22)
    fleet.run(400)
    assert fleet['h3'].cgroups.wanted() < 0.7 * fleet['h3'].cgroups.CAPACITY
    assert sorted(name for name in ('one', 'two') if fleet.row(name).holder == 'h3') in (['one'], ['two'])


def test_a_target_admits_one_after_the_other_what_two_hosts_decided_at_once(fleet):
    for host, name in (('h1', 'one'), ('h2', 'two')):
        run(fleet, host, name, 0.2)
    fleet.run(30)
    for host, name in (('h1', 'one'), ('h2', 'two')):
        send(fleet[host].store, '%s-decided' % host, Ask(name, host, 'h3', 'ringfleet on %s' % host, 'contention', 'cpu'))
    fleet.run_until(lambda: any(row.source_step == 'aborted' for row in fleet.tables.moves.values()))
    fleet.run(60)
    assert sorted(fleet.row(name).holder == 'h3' for name in ('one', 'two')) == [False, True]
    [declined] = [row for row in fleet.tables.moves.values() if row.source_step == 'aborted']
    assert 'CPU would be used to 100 % afterwards' in declined.source_note


def test_labels_see_what_is_on_its_way_and_not_only_what_is_there(fleet):
    run(fleet, 'h1', 'one', 0.01)
    run(fleet, 'h2', 'two', 0.01)
    fleet.run(20)
    for name in ('h2', 'h3', 'h4'):
        fleet[name].up = False
    fleet['h1'].call('move.ask', name='one', target='h3')
    fleet.run(2)
    names = {view.host: view.containers for view in fleet['h1'].watcher.prospects.views('h1')}
    assert names == {'h1': {'one'}, 'h2': {'two'}, 'h3': {'one'}, 'h4': frozenset()}


def test_a_new_version_begins_without_its_past(fleet):
    run(fleet, 'h1', 'web', 0.22)
    fleet.run_until(lambda: moved(fleet, 'web'))
    there = fleet[fleet.row('web').holder]
    there.engine.stop('web', 1)
    there.engine.remove('web')
    run(fleet, there.name, 'web', 0.01)
    fleet.run(60)
    assert (fleet.row('web').holder, fleet.row('web').moved_for) == (there.name, '')


def test_asked_without_a_host_the_very_best_is_chosen_and_no_brake_holds(fleet):
    run(fleet, 'h1', 'web', 0.01)
    fleet.run(60)
    best = fleet['h2'].call('target.info', name='web')['target']
    fleet['h2'].call('move.ask', name='web', by='ada')
    fleet.run_until(lambda: moved(fleet, 'web'))
    assert fleet.row('web').holder == best
    assert (fleet.row('web').moved_for, fleet.row('web').unrest) == ('asked', 0)
