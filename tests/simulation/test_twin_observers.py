# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asked about a death and who declares it, as real watchers do it: whoever can judge, and nobody else."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring.observer import SWEEP_S
from simulation.losses import die, fleet_of, recover, runs

# Seconds from a death to its claim: lost_after, and a few cycles of reads, probes and beats.
CLAIMED_S = 12.0


@pytest.fixture
def fleet():
    return fleet_of(5)


def backups(fleet, host):
    return [fleet[each] for each in fleet[host].call('host.info', name=host)['hosts'][0]['backups']]


def others(fleet, *hosts):
    return [each for each in fleet.hosts.values() if each.name not in hosts]


def finding(fleet, observer, host):
    return fleet[observer].call('host.info', name=host)['hosts'][0]['liveness']['finding']


def coordinator(fleet, host):
    return fleet.tables.rows[HostRow][host].coordinator


def away(*_args, **_kwargs):
    raise StoreUnavailable('The ring is out of reach: test', 'Look at ringfleet-node.')


@pytest.mark.parametrize('methods', [('gossip',), ('beats', 'gossip')])
@pytest.mark.parametrize('which', [0, 1])
def test_a_backup_that_judges_nobody_has_no_veto(fleet, methods, which):
    blind = backups(fleet, 'h1')[which]
    for method in methods:
        setattr(blind.store, method, away)
    fleet.run(10)
    assert fleet.tables.beats[blind.name].judges_nobody == blind.call('host.info')['judges_nobody'] != ''
    die(fleet, 'h1')
    fleet.run_until(lambda: coordinator(fleet, 'h1'), CLAIMED_S)
    fleet.run_until(lambda: runs(fleet, 'web'), 60)


def test_the_guard_of_a_host_is_asked_each_second_by_its_backups_and_now_and_then_by_the_others(fleet):
    asked = {name: 0 for name in fleet.hosts}

    def count(host):
        def look(address, port):
            asked[host.name] += address == fleet['h1'].address
            return fleet.probe(address, port)
        host.watcher.routes._look = look

    for host in fleet.hosts.values():
        count(host)
    fleet.run(30)
    often = {name for name, times in asked.items() if times >= 30}
    assert often == {host.name for host in backups(fleet, 'h1')}
    assert all(2 <= asked[host.name] <= 4 for host in others(fleet, 'h1', *often))


def test_a_route_s_time_is_of_the_usual_round_alone(fleet):
    (backup, _other), times = backups(fleet, 'h1'), iter([100.0] * 5 + [0.5] * 100)
    before = backup.watcher.routes.of('h1')
    backup.watcher.routes._look = lambda address, port: replace(fleet.probe(address, port), connect_ms=next(times))
    for _time in range(5):
        backup.watcher.routes.ask(fleet.tables.rows[HostRow]['h1'])
    assert backup.watcher.routes.of('h1') == before == 0.5


def test_what_a_backup_sees_while_it_judges_counts(fleet):
    seeing, other = backups(fleet, 'h1')
    real = fleet.probe
    # Its way to the guard of h1 is another one.
    seeing.watcher.routes._look = lambda address, port: replace(real('10.0.0.2', port), host='h1') if address == '10.0.0.1' else real(address, port)
    die(fleet, 'h1')
    fleet.run(90)
    assert coordinator(fleet, 'h1') == ''
    assert finding(fleet, other.name, 'h1') == 'held: h1 is lost here, and %s does not see it so' % seeing.name


def test_without_the_watchers_of_both_backups_the_next_hosts_declare(fleet):
    silent = backups(fleet, 'h1')
    for host in silent:
        host.up = False
    fleet.run(10)
    die(fleet, 'h1')
    fleet.run_until(lambda: coordinator(fleet, 'h1'), CLAIMED_S)
    assert coordinator(fleet, 'h1') not in [each.name for each in silent]
    fleet.run_until(lambda: runs(fleet, 'web'), 60)


def test_without_both_at_the_same_moment(fleet):
    for host in backups(fleet, 'h1'):
        host.up = False
    die(fleet, 'h1')
    fleet.run_until(lambda: coordinator(fleet, 'h1'), CLAIMED_S)


def test_what_its_observers_leave_undone_any_host_does_after_a_while(fleet):
    idle = backups(fleet, 'h1')
    for host in idle:
        host.watcher.coordinator.look = lambda: None
    die(fleet, 'h1')
    fleet.run(SWEEP_S)
    assert coordinator(fleet, 'h1') == ''
    fleet.run_until(lambda: coordinator(fleet, 'h1'), CLAIMED_S)
    assert coordinator(fleet, 'h1') not in [each.name for each in idle]


def test_a_backup_of_an_older_version_is_asked_as_before(fleet):
    old, other = backups(fleet, 'h1')
    real = old.store.put_beat
    old.store.put_beat = lambda beat: real(replace(beat, judges_nobody=''))
    old.store.gossip = away
    die(fleet, 'h1')
    fleet.run(20)
    assert finding(fleet, other.name, 'h1') == 'held: h1 is lost here, and %s does not see it so' % old.name
    del old.store.gossip
    fleet.run_until(lambda: coordinator(fleet, 'h1'), CLAIMED_S)


def test_a_host_that_returns_judges_again(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: coordinator(fleet, 'h1'), CLAIMED_S)
    recover(fleet, 'h1')
    fleet.run(20)
    assert [each.judges_nobody for each in fleet.tables.beats.values()] == [''] * 5
    assert not any(host.call('host.info')['suspects'] for host in others(fleet))
