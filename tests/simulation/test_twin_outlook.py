# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On the twin, what any member says of losses: how many more may be, what would be stuck, and what waits now."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, FleetRow, HostRow
from simulation.losses import coordinator_of, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(4)


def failover(fleet, by):
    return fleet[by].call('fleet.info')['failover']


def others(fleet, lost='h1'):
    """Names of the survivors that do not coordinate."""
    return [name for name, host in fleet.hosts.items() if host.alive and name != coordinator_of(fleet, lost).name]


def waits(fleet, by):
    return {each['name']: each['why'] for each in failover(fleet, by)['pending']}


def test_every_member_says_how_many_may_be_lost(fleet):
    for by in fleet.hosts:
        assert failover(fleet, by)['tolerance'] == {'hosts': 1, 'why': [
            '2 ring nodes down: some row may have no quorum of its 3 copies', '2 of 4 hosts alive is no majority']}
    die(fleet, 'h1')
    fleet.run(120)
    assert failover(fleet, 'h3')['tolerance']['hosts'] == 0
    recover(fleet, 'h1')
    fleet.run(30)
    assert failover(fleet, 'h3')['tolerance']['hosts'] == 1


def test_with_five_copies_it_is_two_and_both_can_be_lost():
    fleet = fleet_of(5)
    fleet.tables.ring['copies'] = 5
    assert failover(fleet, 'h3')['tolerance']['hosts'] == 2
    die(fleet, 'h1')
    die(fleet, 'h2')
    fleet.run_until(lambda: runs(fleet, 'web'))
    assert failover(fleet, 'h3')['tolerance']['hosts'] == 0
    # Had the ring copies enough, a majority of all five would have to be alive for a minute, and then one of those left.
    fleet.tables.ring['copies'] = 99
    assert failover(fleet, 'h3')['tolerance'] == {'hosts': 0, 'why': ['2 of 5 hosts alive is no majority']}
    fleet.run(70)
    assert failover(fleet, 'h3')['tolerance'] == {'hosts': 1, 'why': ['1 of 3 hosts alive is no majority']}


def test_a_ring_node_that_is_down_alone_counts(fleet):
    endpoint = fleet.tables.endpoints[fleet['h4'].address]

    class Frozen(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, endpoint if key == endpoint.address else value)

    object.__setattr__(fleet.tables, 'endpoints', Frozen(fleet.tables.endpoints))
    fleet.run(20)
    assert fleet['h2'].call('host.info', name='h4')['hosts'][0]['liveness']['word'] == 'ring node down'
    assert failover(fleet, 'h2')['tolerance']['hosts'] == 0


def test_paused_or_blind_it_is_none(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    assert failover(fleet, 'h3')['tolerance'] == {'hosts': 0, 'why': ['the fleet is paused (new switches)']}
    fleet['h2'].call('fleet.pause', reason='')
    for name in ('h1', 'h2', 'h4'):
        die(fleet, name)
    fleet.run(20)
    (why,) = failover(fleet, 'h3')['tolerance']['why']
    assert why.startswith('h3 judges nobody now: no other host advances')


def test_what_would_be_stuck_and_the_backups_of_each(fleet):
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet['h2'].engine.run('large', 'web:1', {'ringfleet.managed': 'true', 'twin.cores': '0.3'})
    fleet['h2'].engine.run('stopped', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet.run(15)
    fleet['h2'].engine.stop('stopped', 1)
    fleet.run(20)
    told = {each['host']: each for each in fleet['h4'].call('fleet.rehearsal')['hosts']}
    assert set(told) == {'h1', 'h2', 'h3', 'h4'}
    stuck = {host: {each['name']: each['why'] for each in one['stuck']} for host, one in told.items()}
    assert set(stuck['h1']) == {'bound'}
    assert stuck['h1']['bound'].startswith('it cannot run elsewhere (')
    assert set(stuck['h2']) == {'large'}
    assert 'no host can take it' in stuck['h2']['large']
    assert stuck['h3'] == stuck['h4'] == {}
    assert {host: one['backups'] for host, one in told.items()} == {
        each['host']: each['backups'] for each in fleet['h4'].call('host.info')['hosts']}
    # It comes as it was told.
    die(fleet, 'h1')
    fleet.run_until(lambda: runs(fleet, 'web') and fleet.row('web').holder != 'h1')
    fleet.run(30)
    assert {row.name for row in fleet.tables.rows[ContainerRow].values() if row.holder == 'h1'} == {'bound'}
    assert 'h1' not in {each['host'] for each in fleet['h4'].call('fleet.rehearsal')['hosts']}


def test_every_member_says_what_waits_and_why(fleet):
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet['h1'].engine.run('large', 'web:1', {'ringfleet.managed': 'true', 'twin.cores': '0.3'})
    fleet.run(15)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    fleet.run(10)
    expected = dict(coordinator_of(fleet, 'h1').watcher.coordinator.pending)
    assert set(expected) == {'bound', 'large'}
    for by in others(fleet):
        assert waits(fleet, by) == expected
        assert {(each['host'], each['coordinator']) for each in failover(fleet, by)['pending']} == {('h1', coordinator_of(fleet, 'h1').name)}
    # Asked for again and again with the same outcome, it is written once.
    before = fleet.tables.rows[FleetRow]['waits of h1']
    fleet.run(90)
    assert fleet.tables.rows[FleetRow]['waits of h1'] == before
    recover(fleet, 'h1')
    fleet.run(20)
    assert all(waits(fleet, by) == {} for by in fleet.hosts)
    assert '"why": {}' in fleet.tables.rows[FleetRow]['waits of h1'].value


def test_a_loss_that_leaves_nothing_waiting_writes_nothing(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    fleet.run(20)
    assert 'waits of h1' not in fleet.tables.rows[FleetRow]


def test_what_another_coordinator_told_is_no_reason_any_more(fleet):
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet.run(10)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'lost')
    fleet.run(10)
    rows, by = fleet.tables.rows[HostRow], others(fleet)[0]
    gone = rows['h1'].coordinator
    rows['h1'] = replace(rows['h1'], coordinator=next(name for name in ('h2', 'h3', 'h4') if name not in (by, gone)))
    assert waits(fleet, by) == {'bound': 'it is being placed'}
    fleet.run(15)
    assert waits(fleet, by)['bound'].startswith('it cannot run elsewhere (')


def test_while_nothing_may_be_failed_over_every_member_says_that(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    die(fleet, 'h1')
    fleet.run(30)
    for by in ('h2', 'h3', 'h4'):
        assert failover(fleet, by)['pending'] == [
            {'name': 'web', 'host': 'h1', 'coordinator': '', 'why': 'the fleet is paused (new switches)', 'under_way': False}]


def test_on_its_way_is_seen_by_all(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').move)
    for by in ('h2', 'h3', 'h4'):
        assert waits(fleet, by) == {'web': 'it is on its way to %s' % fleet.row('web').move_to}
        assert [each['under_way'] for each in failover(fleet, by)['pending']] == [True]
