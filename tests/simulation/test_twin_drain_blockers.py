# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way of a drain is named, with what to do, and so is what may not be drained at all."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import DrainRefused, StateRefused, UnknownHost
from simulation.drains import MANAGED, NAMES, drain, drained, filled, host_row, status
from simulation.losses import die, fleet_of


@pytest.fixture
def fleet():
    return filled()


def test_each_blocker_is_named_with_what_to_do(fleet):
    fleet['h1'].engine.run('bound', 'web:1', MANAGED, Privileged=True)
    fleet.run(10)
    fleet['h2'].call('hold.take', name='a', by='bob', reason='backup', for_s=7200)
    drain(fleet, deadline_s=120)
    fleet.run(200)
    told = status(fleet)
    blockers = {each['name']: each for each in told['blockers']}
    assert (told['state'], told['left'], told['deadline_s']) == ('leaving', ['a', 'bound'], 0)
    assert blockers['bound']['why'].startswith('it cannot move (')
    assert blockers['a']['why'].startswith('it is held by bob (backup) until ')
    assert 'container_hold' in blockers['a']['remedy']
    assert 'a stays (it is held by bob' in fleet['h1'].watcher.loop.sentence
    # A new run goes on where it ended.
    fleet['h2'].call('hold.release', name='a', by='bob')
    assert drain(fleet)['changed']
    fleet.run_until(lambda: fleet.row('a').holder != 'h1')
    assert [each['name'] for each in status(fleet)['blockers']] == ['bound']


def test_behind_the_deadline_nothing_is_begun(fleet):
    fleet['h1'].settings['drain_parallel'] = 1
    fleet['h1'].boot()
    drain(fleet, deadline_s=2)
    fleet.run(200)
    told = status(fleet)
    assert 0 < len(told['left']) < 4
    assert {each['why'] for each in told['blockers']} == {'the deadline passed before its turn'}


def test_a_watcher_that_is_down_is_named_at_once_and_at_the_deadline(fleet):
    fleet['h1'].up = False
    fleet.run(1)
    drain(fleet, deadline_s=60)
    fleet.run(10)
    told = status(fleet)
    assert [each['name'] for each in told['blockers']] == ['h1']
    assert 'its watcher has been silent for ' in told['blockers'][0]['why']
    assert 'systemctl status ringfleet-watcher' in told['blockers'][0]['remedy']
    fleet.run(80)
    told = status(fleet)
    assert (told['ended'], told['state']) == (True, 'leaving')
    assert 'h1: its watcher has been silent for ' in told['failure']
    assert 'a, b, c, web: its turn did not come' in told['failure']
    fleet['h1'].up = True
    drain(fleet)
    drained(fleet)
    assert status(fleet)['blockers'] == []


def test_what_found_no_room_goes_when_there_is_some(fleet):
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.4
    fleet.run(15)
    with pytest.raises(DrainRefused, match=r'would not carry what h1 runs: container .* afterwards, the limit is 70 %'):
        drain(fleet)
    assert host_row(fleet).state == 'normal'
    assert drain(fleet, partial=True)['partial']
    fleet.run(30)
    assert {each['name'] for each in status(fleet)['blockers']} == set(NAMES)
    assert 'no host can take it' in status(fleet)['blockers'][0]['why']
    fleet['h3'].cgroups.cores = 0.1
    drained(fleet)


def test_who_declines_is_passed_over_and_named(fleet):
    best = fleet['h2'].call('target.info', name='web')['target']
    for name in ('h2', 'h3'):
        fleet[name].engine.run('web', 'web:1')
    drain(fleet)
    fleet.run_until(lambda: any('a container named web is here already' in each['why'] or 'declined' in each['why']
                                for each in status(fleet)['blockers']))
    fleet[best].engine.stop('web', 1)
    fleet[best].engine.remove('web')
    drained(fleet)
    assert fleet.row('web').holder == best


def test_who_cannot_be_drained_is_refused_with_what_to_do(fleet):
    with pytest.raises(UnknownHost, match='No host h9'):
        drain(fleet, 'h9')
    with pytest.raises(DrainRefused, match='at most'):
        drain(fleet, deadline_s=0)
    die(fleet, 'h1')
    fleet.run_until(lambda: host_row(fleet).state == 'lost')
    with pytest.raises(StateRefused, match='ringfleet_dead'):
        drain(fleet)


def test_the_last_host_is_not_drained():
    fleet = fleet_of(2)
    drain(fleet, 'h2', at='h1')
    fleet.run_until(lambda: host_row(fleet, 'h2').state == 'drained')
    with pytest.raises(DrainRefused, match='the last one'):
        drain(fleet)
