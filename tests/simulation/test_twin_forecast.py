# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On the twin, what any member foretells of a loss is what the loss brings: who takes what, what waits, and which rows have no quorum."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StateRefused, UnknownHost
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.losses import die, fleet_of, runs

MANAGED = {'ringfleet.managed': 'true', 'twin.cores': '0.02'}


@pytest.fixture
def fleet():
    return fleet_of(4)


def plan(fleet, *hosts, by='h4', accept=()):
    told = fleet[by].call('failover.plan', hosts=list(hosts), accept=list(accept))
    return {each['host']: each for each in told['hosts']}


def test_who_takes_what_comes_as_it_was_told(fleet):
    for name, target in (('a', 'h3'), ('b', 'h2')):
        fleet['h1'].engine.run(name, 'web:1', dict(MANAGED, **{'ringfleet.require': 'host!=h4,host!=%s' % ('h2' if target == 'h3' else 'h3')}))
    fleet.run(15)
    told = plan(fleet, 'h1')['h1']
    assert (told['can_be_lost'], told['against'], told['waits']) == (True, [], [])
    assert [each['name'] for each in told['takes']] == ['a', 'b', 'web']
    assert told['after'][told['takes'][0]['target']]['cpu'] > told['before'][told['takes'][0]['target']]['cpu']
    assert 'h1' not in told['after']
    die(fleet, 'h1')
    fleet.run_until(lambda: all(runs(fleet, name) and fleet.row(name).holder != 'h1' for name in ('web', 'a', 'b')))
    targets = {each['name']: each['target'] for each in told['takes']}
    assert {name: fleet.row(name).holder for name in ('a', 'b')} == {name: targets[name] for name in ('a', 'b')} == {'a': 'h3', 'b': 'h2'}


def test_every_member_that_is_named_by_default(fleet):
    assert set(plan(fleet)) == {'h1', 'h2', 'h3', 'h4'}
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1')
    assert set(plan(fleet)) == {'h2', 'h3', 'h4'}
    with pytest.raises(StateRefused, match='Host h1 cannot be lost: it is lost since'):
        plan(fleet, 'h1')
    with pytest.raises(UnknownHost):
        plan(fleet, 'h9')


def test_what_waits_says_why_and_may_be_accepted(fleet):
    fleet['h1'].engine.run('bound', 'web:1', MANAGED, Privileged=True)
    fleet['h1'].engine.run('large', 'web:1', dict(MANAGED, **{'twin.cores': '0.3'}))
    fleet['h1'].engine.run('stopped', 'web:1', MANAGED)
    fleet.run(15)
    fleet['h1'].engine.stop('stopped', 1)
    fleet.run_until(lambda: fleet.row('stopped').intent == 'stopped')
    fleet.tables.rows[ContainerRow]['fresh'] = ContainerRow('fresh', 'h1', 1, 'x')
    told = plan(fleet, 'h1')['h1']
    waits = {each['name']: each['why'] for each in told['waits']}
    assert set(waits) == {'bound', 'large', 'stopped', 'fresh'}
    assert waits['bound'].startswith('it cannot run elsewhere (')
    assert 'no host can take it' in waits['large']
    assert (waits['stopped'], waits['fresh']) == ('its user stopped it', 'its spec was not kept yet')
    assert [each['name'] for each in told['takes']] == ['web']
    assert sorted(each.split()[1] for each in told['against']) == ['bound', 'fresh', 'large']
    accepted = plan(fleet, 'h1', accept=['bou*', 'large', 'fresh'])['h1']
    assert (accepted['can_be_lost'], accepted['against']) == (True, [])
    assert [each['accepted'] for each in accepted['waits']] == [True, True, True, False]


def test_what_is_exclusive_comes_behind_its_lease_and_never_without_one(fleet):
    fleet['h1'].engine.run('lock', 'web:1', dict(MANAGED, **{'ringfleet.exclusive': 'true'}))
    fleet.run_until(lambda: fleet.row('lock') is not None and runs(fleet, 'lock'))
    fleet.run(10)
    takes = plan(fleet, 'h1')['h1']['takes']
    assert [(each['name'], each['after']) for each in takes] == [('web', ''), ('lock', 'its lease runs out within 40 s')]
    fleet.tables.rows[ContainerRow]['web'] = replace(fleet.row('web'), exclusive=True)
    fleet.tables.rows[ContainerRow]['other'] = replace(fleet.row('web'), name='other', holder='h2')
    (against,) = plan(fleet, 'h2')['h2']['against']
    assert against == 'container other would wait: it is exclusive, and h2 has no lease that could run out'


def test_rows_without_quorum_are_counted_and_named_as_the_ring_serves_them(fleet):
    assert plan(fleet, 'h1')['h1']['rows'] == {'share': 0.0, 'containers': [], 'hosts': [], 'why': '', 'unknown': []}
    fleet.tables.ring['copies'] = 1
    told = plan(fleet)
    # With one copy every row is lost with one host.
    assert sum(each['rows']['share'] for each in told.values()) == pytest.approx(1.0, abs=0.001)
    assert sorted(name for each in told.values() for name in each['rows']['hosts']) == ['h1', 'h2', 'h3', 'h4']
    assert [name for each in told.values() for name in each['rows']['containers']] == ['web']
    assert not any(each['can_be_lost'] for each in told.values())
    assert 'of all rows would have no quorum of their 1 copies, with h1 down' in told['h1']['rows']['why']


def test_who_is_down_already_counts_with_rows_and_majority(fleet):
    die(fleet, 'h3')
    fleet.run(10)
    told = plan(fleet, 'h1')['h1']
    assert 'with h1, h3 down' in told['rows']['why']
    assert '2 of 4 hosts alive is no majority' in told['against']


def test_unknown_tokens_are_no_comfort(fleet):
    unknown = fleet['h4'].watcher.observer.places
    fleet['h4'].watcher.observer.places = lambda: [replace(each, tokens=() if each.host == 'h2' else each.tokens) for each in unknown()]
    fleet.tables.ring['copies'] = 2
    rows = plan(fleet, 'h1')['h1']['rows']
    assert (rows['share'], rows['unknown']) == (None, ['h2'])
    assert rows['why'] == '1 ring node down: some row may have no quorum of its 2 copies'


def test_unarmed_or_blind_no_host_can_be_lost(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    told = fleet['h4'].call('failover.plan')
    assert (told['armed'], told['why_not']) == (False, 'the fleet is paused (new switches)')
    assert all(each['against'] == ['the fleet is paused (new switches)'] for each in told['hosts'])
    fleet['h2'].call('fleet.pause', reason='')
    for name in ('h1', 'h2', 'h3'):
        die(fleet, name)
    fleet.run(20)
    assert 'h4 judges nobody now' in fleet['h4'].call('failover.plan')['why_not']
