# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is levelled on the twin: any member plans, the holders move, and look once more whether it is worth it."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import MoveRefused
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.losses import assert_no_open_moves, die, recover, runs
from simulation.engine import image_of
from simulation.twin import Fleet

LABELS = {'ringfleet.managed': 'true', 'ringfleet.mode': 'start-first', 'twin.memory': '1000000'}
NAMES = ('a', 'b', 'c')


@pytest.fixture
def fleet():
    """h1 runs a, b and c and is used to 56 %, the others to 20 %."""
    made = Fleet(3)
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    for name in NAMES:
        run(made, 'h1', name)
    made.run(30)
    return made


def run(fleet, host, name, cores='0.06', **labels):
    fleet[host].engine.run(name, 'web:1', dict(LABELS, **{'twin.cores': cores}, **{key.replace('_', '.'): value for key, value in labels.items()}))


def plan(fleet, at='h3', **more):
    return fleet[at].call('rebalance.plan', **more)


def moves(told):
    return [(each['name'], each['source'], each['target']) for each in told['moves']]


def ask(fleet, each, at='h3'):
    return fleet[at].call('rebalance.ask', by='ada', **{key: each[key] for key in ('name', 'target', 'resource', 'reason')})['id']


def outcome(fleet, ident):
    return fleet['h3'].call('move.info', id=ident)['moves'][0]


def carry_out(fleet, told):
    """As the module does it."""
    for each in told['moves']:
        ident = ask(fleet, each)
        fleet.run_until(lambda ident=ident: outcome(fleet, ident)['outcome'] in ('done', 'unhealthy', 'aborted'))
        assert outcome(fleet, ident)['outcome'] == 'done'


def test_the_fleet_is_levelled_and_the_second_time_nothing_is_to_do(fleet):
    told = plan(fleet)
    assert [(source, target) for _name, source, target in moves(told)] == [('h1', 'h2'), ('h1', 'h3')]
    assert told['spread_after'] == pytest.approx(0.0, abs=0.01) and told['spread_before'] > 0.15
    assert all(plan(fleet, at)['moves'] == told['moves'] for at in fleet.hosts)
    carry_out(fleet, told)
    fleet.run(20)
    assert sorted(fleet.row(name).holder for name in NAMES) == ['h1', 'h2', 'h3']
    assert all(runs(fleet, name) for name in NAMES)
    assert_no_open_moves(fleet)
    after = plan(fleet)
    assert after['moves'] == []
    for host, load in after['before'].items():
        assert load['cpu'] == pytest.approx(told['after'][host]['cpu'], abs=0.02)
    # Nor once nothing is left alone any more.
    fleet.run(1300)
    assert plan(fleet)['moves'] == []


def test_each_move_is_recorded_with_why(fleet):
    (each,) = plan(fleet, max_moves=1)['moves']
    ident = ask(fleet, each)
    fleet.run_until(lambda: outcome(fleet, ident)['outcome'] == 'done')
    (decision,) = fleet['h2'].call('decision.info', name=each['name'])['decisions']
    assert (decision['trigger'], decision['choice']) == ('rebalance', each['target'])
    assert decision['sentence'].startswith('asked for by ada: the spread of all loads falls from ')
    assert (fleet.row(each['name']).moved_for, fleet.row(each['name']).unrest) == ('rebalance', 1)


def test_a_host_that_comes_back_receives_load(fleet):
    die(fleet, 'h3')
    fleet.run(60)
    assert 'h3' not in plan(fleet, 'h2')['before']
    for name in ('d', 'e'):
        run(fleet, 'h2', name)
    fleet.run(30)
    recover(fleet, 'h3')
    fleet.run(30)
    told = plan(fleet, 'h2')
    assert {target for _name, _source, target in moves(told)} == {'h3'}
    carry_out(fleet, told)
    assert [row.holder for row in fleet.tables.rows[ContainerRow].values()].count('h3') == len(told['moves']) > 0


def test_a_paused_fleet_says_so_and_moves_nothing(fleet):
    told = plan(fleet)
    fleet['h2'].call('fleet.pause', reason='new switches')
    assert (plan(fleet)['paused'], len(plan(fleet)['moves'])) == ('new switches', 2)
    with pytest.raises(MoveRefused, match=r'The fleet is paused \(new switches\)'):
        ask(fleet, told['moves'][0])


def test_a_holder_that_finds_it_worth_no_more_stays_as_it_is(fleet):
    (first, second) = plan(fleet)['moves']
    fleet[first['target']].cgroups.cores = 0.3
    fleet.run(15)
    ident = ask(fleet, first)
    fleet.run_until(lambda: outcome(fleet, ident)['outcome'] == 'aborted')
    assert '%s would not do any more' % first['target'] in outcome(fleet, ident)['source_note']
    assert fleet.row(first['name']).holder == 'h1'
    # What moved a moment ago is left alone, whoever planned with an older view.
    carry_out(fleet, {'moves': [second]})
    fleet.run(15)
    ident = ask(fleet, dict(second, target='h1'))
    fleet.run_until(lambda: outcome(fleet, ident)['outcome'] == 'aborted')
    assert 'moved lately and is left alone for' in outcome(fleet, ident)['source_note']


def test_who_stays_says_why(fleet):
    fleet['h2'].call('hold.take', name='a', by='bob', reason='backup', for_s=7200)
    run(fleet, 'h1', 'stop', ringfleet_mode='stop-first')
    fleet.run(15)
    fleet['h1'].call('move.ask', name='b', target='h3')
    stays = {each['name']: each['why'] for each in plan(fleet)['stays']}
    fleet.run(2)
    stays.update({each['name']: each['why'] for each in plan(fleet)['stays']})
    assert stays['a'].startswith('it is held by bob (backup) until ')
    assert stays['stop'].startswith('it would have to stop for the move')
    assert stays['b'].startswith('it is in move ')


def test_a_leaving_host_neither_gives_nor_takes(fleet):
    run(fleet, 'h2', 'd')
    fleet.run(15)
    fleet['h3'].call('drain.start', host='h2', by='ada')
    fleet.run_until(lambda: fleet.row('d').move)
    told = plan(fleet)
    assert 'd' not in {each['name'] for each in told['stays']}
    assert set(told['before']) == {'h1', 'h3'}
    assert {target for _name, _source, target in moves(told)} == {'h3'}


@pytest.mark.parametrize('most', [-1, 1001])
def test_a_senseless_number_of_moves_is_refused(fleet, most):
    with pytest.raises(MoveRefused):
        plan(fleet, max_moves=most)
