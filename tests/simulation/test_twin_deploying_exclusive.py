# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exclusive container is deployed again on another host, on the twin: the new one does not run before the old one is down. A user's
own start is there until the guard hears of it; from then on no two run at any moment.
"""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.guard.orders import NEVER
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.exclusive import LABELS, adopted, cut, exclusive_overlaps, power_off, power_on, uncut
from simulation.losses import assert_no_open_moves

REPLACE = dict(LABELS, **{'ringfleet.on_conflict': 'replace'})
_GUARD_S = 3.0


def deploy(fleet, host, labels=None):
    """As compose; without a look at what runs, for as long as the guard may take to hear of it."""
    engine = fleet[host].engine
    if any(each.name == 'db' for each in engine.containers()):
        engine.stop('db', 1)
        engine.remove('db')
    made = engine.run('db', 'db:1', REPLACE if labels is None else labels)
    fleet.fleet.run(_GUARD_S)
    assert exclusive_overlaps(fleet) == []
    return made


def problem(fleet, host):
    return fleet[host].call('container.info')['problems'].get('db', '')


def state(fleet, host, ident):
    return fleet[host].engine.inspect(ident)['State']['Status']


@pytest.fixture
def fleet():
    return adopted()


def test_it_runs_when_the_old_one_is_down_and_not_before(fleet, monkeypatch):
    old, engine, guard, armed = fleet.row('db').instance, fleet['h1'].engine, fleet['h1'].guard, []
    real = engine.stop

    def stop(ref, timeout_s):
        armed.append(guard.letters.orders().deadlines[ref] > NEVER)
        real(ref, timeout_s)

    monkeypatch.setattr(engine, 'stop', stop)
    made = deploy(fleet, 'h2')
    fleet.run_until(lambda: fleet.settled('h2'), 30)
    row = fleet.row('db')
    assert (row.epoch, row.instance, row.previous, row.exclusive, bool(row.spec_hash)) == (2, made, 'h1', True, True)
    fleet.run(10)
    assert fleet['h1'].call('container.info', name='db')['containers'][0]['here'] == 'stale copy'
    assert old in guard.letters.receipt().down
    # It was stopped as its user would, before the guard was told to end it.
    assert armed == [True]
    engine.start(old)
    fleet.fleet.run(_GUARD_S)
    assert fleet.settled('h2')
    fleet.run(70)
    assert not fleet.lease('h1').lease_ttl_s


def test_it_goes_back_and_forth(fleet):
    for number, host in enumerate(('h2', 'h1', 'h3'), 2):
        made = deploy(fleet, host)
        fleet.run_until(lambda host=host: fleet.settled(host), 40)
        assert (fleet.row('db').epoch, fleet.row('db').instance) == (number, made)


def test_by_default_it_is_refused_and_told(fleet):
    fleet['h2'].engine.run('db', 'db:1', LABELS)
    fleet.fleet.run(10)
    assert 'Container db here is a duplicate: the fleet has the one on h1 (epoch 1)' in problem(fleet, 'h2')
    assert fleet.row('db').holder == 'h1'


def test_while_the_old_host_is_cut_off_it_waits_for_that_lease(fleet):
    cut(fleet['h1'])
    made = deploy(fleet, 'h2')
    assert (fleet.row('db').holder, fleet.row('db').move.startswith('replace-2-')) == ('h2', True)
    waits = fleet['h2'].call('watcher.status')['exclusive']
    assert waits == ['db does not run: it replaces the one on h1, which is not known to be down yet']
    assert fleet.running() == ['h1']
    fleet.run_until(lambda: fleet.settled('h2'), 60)
    assert (fleet.lease('h1').lease_expired, fleet.row('db').instance) == (True, made)
    uncut(fleet['h1'])
    fleet.run(40)
    assert fleet.settled('h2')
    assert not fleet.lease('h1').lease_expired


def test_the_old_host_is_lost(fleet):
    power_off(fleet['h1'])
    deploy(fleet, 'h2')
    assert fleet.running() == []
    fleet.run_until(lambda: fleet.settled('h2'), 60)
    power_on(fleet['h1'])
    fleet.run(40)
    assert fleet.settled('h2')


def test_the_old_host_without_a_lease_has_to_come_back():
    fleet = adopted(2)
    power_off(fleet['h1'])
    fleet.run(60)
    made = deploy(fleet, 'h2')
    fleet.run(120)
    assert (fleet.row('db').instance, fleet.running()) == (made, [])
    power_on(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h2'), 60)


def test_it_waits_for_the_end_of_a_move(fleet):
    fleet['h3'].up = False
    fleet['h1'].call('move.ask', name='db', target='h3')
    fleet.run_until(lambda: fleet.row('db').move)
    made = deploy(fleet, 'h2')
    assert problem(fleet, 'h2') == 'Container db here waits to replace the one on h1: it is in move %s' % fleet.row('db').move
    assert state(fleet, 'h2', made) == 'exited'
    fleet['h3'].up = True
    fleet.run_until(lambda: fleet.row('db').instance == made and fleet.settled('h2'), 200)
    fleet.run(10)
    assert_no_open_moves(fleet)


def test_without_a_guard_nothing_is_taken_over(fleet):
    fleet['h2'].guard.up = False
    made = fleet['h2'].engine.run('db', 'db:1', REPLACE)
    fleet.fleet.run(10)
    assert problem(fleet, 'h2') == 'Container db here waits to replace the one on h1: the guard to hold the copy down'
    assert (fleet.row('db').holder, fleet.row('db').epoch) == ('h1', 1)
    fleet['h2'].guard.up = True
    fleet['h2'].guard.boot()
    fleet.fleet.run(_GUARD_S)
    fleet.run_until(lambda: fleet.row('db').instance == made and fleet.settled('h2'), 40)


def test_the_new_host_is_lost_before_the_old_copy_is_down(fleet):
    fleet['h1'].up = False
    deploy(fleet, 'h2')
    assert fleet.row('db').move.startswith('replace-')
    power_off(fleet['h2'])
    fleet['h1'].up = True
    # The old host's word, or its lease: nobody starts it elsewhere before.
    fleet.run_until(lambda: fleet.settled('h3') or fleet.settled('h1'), 120)
    assert fleet.row('db').epoch == 3
    power_on(fleet['h2'])
    fleet.run(40)
    assert fleet.settled()


def test_the_new_host_is_lost_and_the_old_one_cannot_say_that_its_copy_is_down(fleet):
    fleet['h1'].guard.up = False
    deploy(fleet, 'h2')
    fleet.run(5)
    power_off(fleet['h2'])
    fleet.run_until(lambda: fleet.lease('h2').lease_expired, 60)
    fleet.run(60)
    assert (fleet.row('db').holder, fleet.row('db').epoch) == ('h2', 2)
    pending = [host.watcher.coordinator.pending.get('db', '') for host in fleet.hosts.values()]
    assert [why for why in pending if 'it replaces the one on h1, which is not known to be down yet' in why]
    fleet['h1'].guard.up = True
    fleet['h1'].guard.boot()
    fleet.run_until(lambda: fleet.settled() and fleet.row('db').epoch == 3, 60)


def test_both_hosts_are_lost_and_the_third_waits_for_both_leases():
    fleet = adopted(5)
    cut(fleet['h1'])
    deploy(fleet, 'h2')
    power_off(fleet['h2'])
    fleet.run_until(lambda: fleet.settled() and fleet.row('db').holder not in ('h1', 'h2'), 150)
    assert fleet.lease('h1').lease_expired and fleet.lease('h2').lease_expired


def test_deployed_on_two_hosts_at_once_the_last_write_has_it(fleet):
    for host in ('h2', 'h3'):
        fleet[host].engine.run('db', 'db:1', REPLACE)
    fleet.fleet.run(_GUARD_S)
    assert exclusive_overlaps(fleet) == []
    fleet.run_until(lambda: fleet.row('db').epoch == 3 and fleet.settled(), 60)
    fleet.run(70)
    assert (fleet.row('db').epoch, fleet.settled()) == (3, True)


def test_deployed_twice_before_the_old_one_is_down(fleet):
    cut(fleet['h1'])
    deploy(fleet, 'h2')
    made = deploy(fleet, 'h2')
    fleet.run(5)
    assert (fleet.row('db').instance, fleet.row('db').previous, fleet.running()) == (made, 'h1', ['h1'])
    fleet.run_until(lambda: fleet.settled('h2'), 60)


def test_removed_on_its_old_host_meanwhile_there_is_nothing_to_wait_for(fleet):
    fleet['h1'].up = False
    deploy(fleet, 'h2')
    fleet['h1'].engine.stop('db', 1)
    fleet['h1'].engine.remove('db')
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet.settled('h2'), 15)


@pytest.mark.parametrize('labels', [{'ringfleet.managed': 'true', 'ringfleet.on_conflict': 'replace'}])
def test_only_one_of_both_is_exclusive(fleet, labels):
    made = fleet['h2'].engine.run('db', 'db:1', labels)
    fleet.fleet.run(10)
    assert 'only one of both is exclusive: remove the one on h1 first' in problem(fleet, 'h2')
    assert (fleet.row('db').holder, state(fleet, 'h2', made)) == ('h1', 'running')


def test_a_prune_while_it_waits_takes_it_away_and_the_fleet_makes_it_again(fleet):
    cut(fleet['h1'])
    made = deploy(fleet, 'h2')
    fleet['h2'].engine.prune()
    fleet.run_until(lambda: fleet.settled('h2'), 200)
    assert fleet.row('db').instance != made
    assert fleet.tables.rows[HostRow]['h1'].lease_expired


def test_a_prune_while_it_is_fenced_takes_it_away_and_the_fleet_makes_it_again(fleet):
    old = fleet.row('db').instance
    cut(fleet['h1'])
    fleet['h2'].up = fleet['h3'].up = False
    fleet.run_until(lambda: state(fleet, 'h1', old) == 'exited', 60)
    fleet['h1'].engine.prune()
    uncut(fleet['h1'])
    fleet['h2'].up = fleet['h3'].up = True
    fleet.run_until(lambda: fleet.settled('h1'), 120)
    assert fleet.row('db').instance != old


def test_a_start_that_is_under_way_on_the_old_host_is_waited_for(fleet):
    with fleet['h1'].watcher.lease.starting():
        deploy(fleet, 'h2')
        fleet.run(15)
        assert (fleet.row('db').holder, fleet.row('db').move != '', fleet.running()) == ('h2', True, [])
    fleet.run_until(lambda: fleet.settled('h2'), 15)
