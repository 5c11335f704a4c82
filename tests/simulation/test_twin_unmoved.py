# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever asked, on the twin: that nothing moved is a decision with its candidates, told once for each change of the reasons."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import MoveRefused
from ansible_collections.ringfleet.core.plugins.module_utils.moves.asking import Ask, send
from simulation.losses import bind_and_stop, coordinator_of, die, fleet_of, runs


@pytest.fixture
def fleet():
    return fleet_of(3)


def fill(fleet, *hosts, cores=0.4):
    for name in hosts:
        fleet[name].cgroups.cores = cores
    fleet.run(10)


def decisions(fleet, name='web', trigger=None):
    """Of this container, oldest first."""
    found = [each for each in fleet.tables.decisions.values() if each.name == name and trigger in (None, each.trigger)]
    return sorted(found, key=lambda each: each.decided_at)


def assert_tells_all(fleet, decision):
    """It has every host with why not, and the figures that it was made from."""
    assert decision.choice == ''
    assert {each['host'] for each in decision.candidates} == set(fleet.hosts)
    assert all(each['excluded'] and each['A'] == 0.0 for each in decision.candidates)
    assert decision.weights == {'alpha': 1.0, 'beta': 1.0, 'tau': 1.0}
    assert set(decision.need) == {'cpu', 'memory'}


def test_a_failover_without_room_is_told_once_and_again_when_the_reason_changes(fleet):
    fill(fleet, 'h2', 'h3')
    die(fleet, 'h1')
    fleet.run(25)
    [first] = decisions(fleet, trigger='lost')
    assert_tells_all(fleet, first)
    assert first.sentence.startswith('asked for by the failover of h1 by %s: host h1 is lost; nothing moved, because container web: no host can '
                                     'take it; h2: its CPU would be used to ' % coordinator_of(fleet, 'h1').name)
    # It is asked for again each half minute, and only the figures changed.
    fill(fleet, 'h2', 'h3', cores=0.42)
    fleet.run(100)
    assert decisions(fleet, trigger='lost') == [first]
    fleet['h3'].up = False
    fleet.run(60)
    second = decisions(fleet, trigger='lost')[-1]
    assert second != first
    fleet['h3'].up = True
    fleet['h3'].boot()
    fill(fleet, 'h2', 'h3', cores=0.1)
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'), 120)
    assert decisions(fleet, trigger='lost')[-1].choice == fleet.row('web').holder


def test_what_waits_for_its_host_or_its_user_is_told_as_well(fleet):
    bind_and_stop(fleet)
    die(fleet, 'h1')
    fleet.run(120)
    [bound], [stopped] = decisions(fleet, 'bound'), decisions(fleet, 'stopped')
    assert 'host h1 is lost; nothing moved, because it cannot run elsewhere (' in bound.sentence
    assert stopped.sentence.endswith('host h1 is lost; nothing moved, because its user stopped it')


def test_a_paused_failover_is_told(fleet):
    fleet['h1'].engine.run('stopped', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(10)
    fleet['h1'].engine.stop('stopped', 1)
    fleet.run(20)
    fleet['h2'].call('fleet.pause', reason='new switches')
    die(fleet, 'h1')
    fleet.run(60)
    told = decisions(fleet)
    assert told
    assert len({each.host for each in told}) == len(told)
    assert all(each.sentence.endswith(': host h1 is lost; nothing moved, because the fleet is paused (new switches)') for each in told)
    for by in ('h2', 'h3'):
        pending = {each['name']: each['why'] for each in fleet[by].call('fleet.info')['failover']['pending']}
        assert pending == {'web': 'the fleet is paused (new switches)', 'stopped': 'its user stopped it'}
    assert 'the fleet is paused' in fleet['h2'].call('decision.info', name='web')['decisions'][0]['sentence']


def test_a_drain_without_room_is_told(fleet):
    fill(fleet, 'h2', 'h3')
    fleet['h2'].call('drain.start', host='h1', by='ada', partial=True)
    fleet.run(90)
    [decision] = decisions(fleet, trigger='drain')
    assert_tells_all(fleet, decision)
    assert decision.sentence.startswith('asked for by the drain of h1: host h1 is drained; nothing moved, because container web: no host can take it')


def test_what_a_person_asks_for_in_vain_is_told(fleet):
    fill(fleet, 'h2', 'h3')
    with pytest.raises(MoveRefused, match='no host can take it'):
        fleet['h2'].call('move.ask', name='web', by='ada')
    with pytest.raises(MoveRefused, match='no host can take it'):
        fleet['h2'].call('move.check', name='web')
    [decision] = decisions(fleet, trigger='asked')
    assert_tells_all(fleet, decision)
    assert decision.sentence.startswith('asked for by ada: nothing moved, because container web: no host can take it')


def test_what_its_holder_refuses_is_told(fleet):
    fill(fleet, 'h2', cores=0.3)
    send(fleet['h1'].store, 'levels-web', Ask('web', 'h1', 'h2', 'nightly', 'rebalance', 'cpu', ('the spread falls',)))
    fleet.run(10)
    [decision] = decisions(fleet, trigger='rebalance')
    assert decision.choice == ''
    assert {each['host'] for each in decision.candidates} == set(fleet.hosts)
    assert decision.sentence.startswith('asked for by nightly: the spread falls; nothing moved, because Container web stays: h2 would not do any more')


def test_of_a_whole_host_it_is_found_under_each_container_it_speaks_of():
    fleet = fleet_of(4)
    fleet['h1'].cgroups.cores = 0.3
    labels = {'ringfleet.managed': 'true', 'twin.cores': '0.12', 'ringfleet.mode': 'stop-first'}
    for name in ('web1', 'web2'):
        fleet['h1'].engine.run(name, 'web:1', labels)
    fleet.run_until(lambda: decisions(fleet, ''))
    [told] = fleet['h3'].call('decision.info', name='web1')['decisions']
    assert (told['name'], told['host']) == ('', 'h1')
    [stayed] = told['stayed']
    assert stayed.startswith('web1: it would have to stop for the move')
    assert fleet['h3'].call('decision.info')['decisions'][0]['stayed'] == []
    fleet['h3'].call('fleet.pause', reason='new switches')
    fleet.run(60)
    newest = fleet['h3'].call('decision.info', name='web2')['decisions'][0]
    assert newest['stayed'] == ['web2: the fleet is paused (new switches)']
