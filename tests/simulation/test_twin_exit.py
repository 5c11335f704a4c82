# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host leaves for good on the twin: drained or dead, checked, forgotten by the others, and back only by join."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ExitRefused, StateRefused, UnknownHost
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.losses import assert_no_open_moves, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(4)


def state(fleet, host='h1'):
    return fleet.tables.rows[HostRow][host].state


def leave(fleet, host='h1', at='h2', **more):
    return fleet[at].call('exit.leave', host=host, by='ada', **more)


def drained(fleet):
    fleet['h2'].call('drain.start', host='h1')
    fleet.run_until(lambda: state(fleet) == 'drained')


def lost(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: state(fleet) == 'lost')


def test_a_drained_host_leaves_is_forgotten_and_comes_back_only_by_join(fleet):
    drained(fleet)
    assert leave(fleet)['changed']
    assert not leave(fleet, at='h3')['changed']
    fleet.run(15)
    assert (state(fleet), fleet['h3'].watcher.drains.of('h1').started_at) == ('left', 0)
    assert 'left' in [each['kind'] for each in fleet['h3'].call('broadcast.info')['broadcasts']]
    assert 'h1' not in fleet['h3'].watcher.observer.backups()
    assert 'h1' not in fleet['h3'].watcher.routes.all()
    (told,) = fleet['h3'].call('host.info', name='h1')['hosts']
    assert (told['load'], told['routes'], told['beat']['version']) == (None, {}, '')
    assert fleet['h3'].call('load.info', host='h1')['hosts'][0]['containers'] == []
    assert 'has left since' in fleet['h1'].watcher.loop.sentence
    die(fleet, 'h1')
    fleet.run(60)
    assert state(fleet) == 'left'
    recover(fleet, 'h1')
    fleet.run(10)
    assert state(fleet) == 'left'
    fleet['h1'].call('host.join', by='ada')
    fleet.run(10)
    assert (state(fleet), fleet.tables.rows[HostRow]['h1'].generation) == ('normal', 2)


def test_one_that_is_not_drained_is_refused_and_one_that_may_be_is_told(fleet):
    assert not fleet['h2'].call('exit.check', host='h1')['drained']
    with pytest.raises(StateRefused, match='ringfleet.core.drain'):
        leave(fleet)
    with pytest.raises(UnknownHost):
        leave(fleet, 'h9')
    with pytest.raises(ExitRefused, match='is normal since .* and not lost'):
        leave(fleet, dead=True)


def test_of_three_hosts_none_goes_unless_disarming_is_accepted():
    fleet = fleet_of(3)
    drained(fleet)
    with pytest.raises(ExitRefused, match='2 of the 3 hosts that it takes.*ringfleet_disarm'):
        leave(fleet)
    assert leave(fleet, disarm=True)['changed']


def test_nobody_goes_while_the_others_would_have_no_quorum():
    fleet = fleet_of(4)
    drained(fleet)
    for name in ('h3', 'h4'):
        fleet.tables.endpoints.pop(fleet[name].address)
        die(fleet, name)
    fleet.run(20)
    with pytest.raises(ExitRefused, match='no quorum: h3, h4 of the 3 others do not serve'):
        leave(fleet)


def test_the_last_host_stays():
    fleet = fleet_of(1)
    with pytest.raises(ExitRefused, match='the last one'):
        leave(fleet, at='h1')


def test_a_dead_host_leaves_when_its_failover_is_done(fleet):
    lost(fleet)
    with pytest.raises(ExitRefused, match='ringfleet_dead'):
        leave(fleet)
    with pytest.raises(ExitRefused, match='is not done: web'):
        leave(fleet, dead=True)
    fleet.run_until(lambda: fleet.row('web').holder != 'h1')
    # Its end is the part of who coordinates the failover, and nobody does for one that has left.
    with pytest.raises(ExitRefused, match='is not done: web'):
        leave(fleet, dead=True, abandon=True)
    fleet.run_until(lambda: fleet.row('web').move == '')
    assert leave(fleet, dead=True)['abandoned'] == []
    assert state(fleet) == 'left'
    fleet.run(60)
    assert_no_open_moves(fleet)


def test_what_is_bound_to_a_dead_host_is_named_and_goes_only_with_a_word(fleet):
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet.run(10)
    lost(fleet)
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web') and fleet.row('web').move == '')
    with pytest.raises(ExitRefused, match=r'bound \(it cannot run elsewhere .*ringfleet_abandon'):
        leave(fleet, dead=True)
    assert leave(fleet, dead=True, abandon=True)['abandoned'] == ['bound']
    assert (fleet.row('bound').holder, state(fleet)) == ('', 'left')
