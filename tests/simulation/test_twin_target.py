# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target by formula (1-1), on the twin: chosen, recorded, declined and asked of the next best."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ConfigError, MoveRefused
from ansible_collections.ringfleet.core.plugins.module_utils.moves.source import next_id
from simulation.engine import image_of
from simulation.twin import Fleet


@pytest.fixture
def fleet():
    made = Fleet(4)
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made['h1'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    made['h3'].cgroups.cores = 0.02
    made.run(30)
    return made


def ended(fleet, ident):
    move = fleet.tables.moves[ident]
    return move.source_step in ('cleaned', 'aborted') and not fleet.open_moves()


def ask(fleet, **params):
    return fleet['h2'].call('move.ask', name='web', **params)['id']


def test_without_a_host_the_best_one_is_chosen_and_recorded(fleet):
    told = fleet['h4'].call('target.info', name='web')
    assert told['target'] == 'h3'
    ident = ask(fleet, by='test')
    fleet.run_until(lambda: ended(fleet, ident))
    assert fleet.row('web').holder == 'h3'
    decision = fleet['h4'].call('decision.info', name='web')['decisions'][0]
    assert (decision['choice'], decision['move']) == ('h3', ident)
    assert {each['host'] for each in decision['candidates']} == {'h1', 'h2', 'h3', 'h4'}
    assert 'h3 has the greatest A' in decision['sentence']


def test_a_slower_route_is_chosen_less(fleet):
    fleet['h3'].route_ms = 40.0
    fleet.run(120)
    assert fleet['h2'].call('move.check', name='web')['target'] != 'h3'
    assert fleet['h1'].call('host.info')['hosts'][2]['host'] == 'h3'


def test_the_check_predicts_both_hosts_and_changes_nothing(fleet):
    told = fleet['h2'].call('move.check', name='web')
    assert (told['source'], told['target']) == ('h1', 'h3')
    assert told['predicted']['h1']['cpu'] < 0.2 < told['predicted']['h3']['cpu'] + 0.2
    assert told['predicted']['h3']['cpu'] == pytest.approx((0.02 + 0.1) / 0.5, abs=0.01)
    assert not fleet.tables.moves


def test_who_declines_is_passed_over_for_the_next_best(fleet):
    fleet['h3'].engine.run('web', 'web:1')
    ident = ask(fleet)
    fleet.run_until(lambda: ended(fleet, ident))
    told = fleet['h4'].call('move.info', id=ident)['moves'][0]
    assert (told['outcome'], told['next']) == ('aborted', next_id(ident))
    assert 'declined by h3' in told['source_note']
    assert 'goes on as move' in told['source_note']
    assert fleet.tables.moves[next_id(ident)].target_step == 'done'
    assert fleet.row('web').holder in ('h2', 'h4')


def test_when_everybody_declines_it_stays_and_says_why(fleet):
    for name in ('h2', 'h3', 'h4'):
        fleet[name].engine.run('web', 'web:1')
    ident = ask(fleet)
    fleet.run_until(lambda: not fleet.open_moves() and len(fleet.tables.moves) == 4)
    last = next_id(next_id(next_id(ident)))
    assert fleet.row('web').holder == 'h1'
    assert fleet.row('web').move == ''
    assert 'no host can take it' in fleet.tables.moves[last].source_note
    assert fleet.tables.moves[last].source_note.count('it declined just now') == 3


def test_a_silent_host_is_no_candidate(fleet):
    fleet['h3'].up = False
    fleet.run(10)
    told = fleet['h2'].call('target.info', name='web')
    assert told['target'] in ('h2', 'h4')
    assert any('it is watcher down' in each['excluded'] for each in told['candidates'])


def test_with_nobody_left_it_is_refused(fleet):
    for name in ('h3', 'h4'):
        fleet[name].up = False
    fleet['h2'].cgroups.cores = 0.49
    fleet.run(15)
    with pytest.raises(MoveRefused, match='no host can take it'):
        fleet['h1'].call('move.ask', name='web')
    assert not fleet.tables.moves


def test_a_new_name_is_placed_where_it_is_best(fleet):
    told = fleet['h1'].call('target.info', name='brand-new')
    assert (told['target'], told['source']) == ('h3', '')


def test_weights_are_the_fleets_and_change_the_choice(fleet):
    assert fleet['h4'].call('fleet.info')['weights'] == {'alpha': 1.0, 'beta': 1.0, 'tau': 1.0}
    assert fleet['h4'].call('fleet.set', alpha=1.0, beta=9.0, tau=1.0, check=True)['changed']
    assert fleet['h1'].call('fleet.info')['weights']['beta'] == 1.0
    assert fleet['h4'].call('fleet.set', alpha=1.0, beta=9.0, tau=1.0)['changed']
    assert not fleet['h4'].call('fleet.set', alpha=1.0, beta=9.0, tau=1.0)['changed']
    assert fleet['h1'].call('fleet.info')['weights']['beta'] == 9.0
    with pytest.raises(ConfigError, match='alpha is 0'):
        fleet['h4'].call('fleet.set', alpha=0.0, beta=1.0, tau=1.0)
    ident = ask(fleet)
    fleet.run_until(lambda: ended(fleet, ident))
    assert next(iter(fleet.tables.decisions.values())).weights['beta'] == 9.0
