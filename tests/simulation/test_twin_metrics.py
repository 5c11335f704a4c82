# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scrape of a twin's watcher gets: by the words of Prometheus' own parser, through good and bad days."""
from __future__ import annotations

import socket
import urllib.request
from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ConfigError, StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from prometheus_client.parser import text_string_to_metric_families
from simulation.losses import bind_and_stop, coordinator_of, die, fleet_of, recover, runs


def scraped(fleet, host):
    """{(name, labels): number} of a scrape."""
    families = text_string_to_metric_families(fleet[host].watcher.metrics.text())
    return {(sample.name, frozenset(sample.labels.items())): sample.value for family in families for sample in family.samples}


def number(fleet, at, name, /, **labels):
    return scraped(fleet, at).get(('ringfleet_' + name, frozenset(labels.items())))


def pending(fleet, at, name):
    """Kinds of waiting that a host tells of a container."""
    return {dict(labels)['kind'] for (metric, labels), _number in scraped(fleet, at).items()
            if metric == 'ringfleet_failover_pending' and dict(labels)['container'] == name}


@pytest.fixture
def fleet():
    return fleet_of(4)


def test_a_quiet_fleet(fleet):
    for state, told in (('normal', 1), ('lost', 0), ('left', 0)):
        assert number(fleet, 'h2', 'host_state', host='h1', state=state) == told
    assert number(fleet, 'h2', 'host_liveness', host='h1', word='alive') == 1
    assert number(fleet, 'h2', 'host_signs', host='h1', signs='alive') == 1
    assert number(fleet, 'h2', 'host_suspected', host='h1') == 0
    assert number(fleet, 'h2', 'host_beat_age_seconds', host='h1') < 3
    assert number(fleet, 'h2', 'observer_judges_nobody') == 0
    assert (number(fleet, 'h1', 'containers', word='ours'), number(fleet, 'h2', 'containers', word='ours')) == (1, 0)
    assert number(fleet, 'h2', 'failover_armed') == number(fleet, 'h2', 'store_up') == number(fleet, 'h2', 'watcher_registered') == 1
    assert number(fleet, 'h2', 'fleet_paused') == number(fleet, 'h2', 'moves_open') == number(fleet, 'h2', 'loop_overruns_total') == 0
    assert number(fleet, 'h2', 'duty_troubled', duty='beat') == 0
    assert number(fleet, 'h2', 'watcher_info', host='h2', version='1.0.0') == 1
    assert number(fleet, 'h2', 'loop_seconds_count') > 30
    assert number(fleet, 'h2', 'store_call_seconds_count', call='put_beat') > 10
    assert number(fleet, 'h2', 'broadcasts_heard_total', kind='adopted') == 1


def test_what_is_here_by_its_word(fleet):
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet['h2'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(5)
    assert number(fleet, 'h2', 'containers', word='duplicate') == 1
    assert number(fleet, 'h1', 'containers_immovable') == 1
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run(5)
    assert number(fleet, 'h1', 'container_missing', container='web') == 1


def test_a_loss_from_suspicion_to_the_end(fleet):
    fleet['h1'].engine.run('large', 'web:1', {'ringfleet.managed': 'true', 'twin.cores': '0.3'})
    bind_and_stop(fleet)
    die(fleet, 'h1')
    fleet.run_until(lambda: number(fleet, 'h2', 'host_suspected', host='h1') == 1)
    assert number(fleet, 'h2', 'host_liveness', host='h1', word='lost') == 1
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    fleet.run(10)
    coordinator = coordinator_of(fleet, 'h1').name
    assert number(fleet, coordinator, 'host_state', host='h1', state='lost') == 1
    for name, kind in (('bound', 'its host'), ('large', 'no place'), ('stopped', 'stopped')):
        assert pending(fleet, coordinator, name) == {kind}
    assert pending(fleet, coordinator, 'web') == set()
    assert number(fleet, coordinator, 'decisions_total', trigger='lost', outcome='move') == 1
    assert number(fleet, coordinator, 'decisions_total', trigger='lost', outcome='stay') == 3
    assert number(fleet, coordinator, 'moves_total', trigger='lost', outcome='done') == 1
    recover(fleet, 'h1')
    fleet.run(10)
    assert number(fleet, coordinator, 'host_state', host='h1', state='lost') == 0
    assert pending(fleet, coordinator, 'bound') == set()


def test_how_many_more_may_be_lost_is_counted_anew_each_minute(fleet):
    fleet.run(65)
    assert number(fleet, 'h2', 'failover_tolerance') == fleet['h2'].call('fleet.info')['failover']['tolerance']['hosts'] == 1
    die(fleet, 'h1')
    fleet.run(75)
    assert number(fleet, 'h2', 'failover_tolerance') == 0


def test_moves_by_trigger_and_outcome(fleet):
    fleet['h3'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: fleet.row('web').move)
    fleet.run(3)
    assert number(fleet, 'h1', 'moves_open') == 1
    assert 2 < number(fleet, 'h1', 'moves_open_oldest_age_seconds') < 10
    fleet.run_until(lambda: not fleet.open_moves())
    assert number(fleet, 'h1', 'moves_total', trigger='asked', outcome='done') == 1
    assert number(fleet, 'h2', 'moves_total', trigger='asked', outcome='done') is None
    # It is refused where no other host has the memory, aborted where the target declines.
    fleet['h3'].engine.run('web2', 'web:1', {'ringfleet.managed': 'true'})
    fleet['h4'].engine.run('web2', 'web:1')
    fleet.run(10)
    fleet['h3'].call('move.ask', name='web2', target='h4')
    fleet.run_until(lambda: number(fleet, 'h3', 'moves_total', trigger='asked', outcome='aborted') == 1)
    fleet.run(2)
    assert number(fleet, 'h3', 'moves_open_oldest_age_seconds') == 0


def test_a_move_that_is_refused_is_told(fleet):
    fleet['h3'].call('move.ask', name='web', target='h2')
    fleet['h1'].engine._box('web')['SizeRw'] = 11 << 20
    fleet.run_until(lambda: number(fleet, 'h1', 'moves_total', trigger='asked', outcome='refused') == 1)


class Away:
    """A store that serves nothing."""

    def __getattr__(self, name):
        return self.refuse

    @staticmethod
    def refuse(*_args, **_kwargs):
        raise StoreUnavailable('The ring is out of reach')


def test_the_ring_out_of_reach(fleet):
    store = fleet['h2'].watcher.store
    inner, store._store = store._store, Away()
    fleet.run(10)
    assert number(fleet, 'h2', 'store_up') == 0
    assert number(fleet, 'h2', 'duty_troubled', duty='beat') == 1
    assert number(fleet, 'h2', 'store_errors_total', kind='StoreUnavailable') > 5
    store._store = inner
    fleet.run(3)
    assert (number(fleet, 'h2', 'store_up'), number(fleet, 'h2', 'duty_troubled', duty='beat')) == (1, 0)


def test_who_judges_nobody_knows_of_no_host_that_may_be_lost(fleet):
    store = fleet['h2'].watcher.store
    store._store = Away()
    fleet.run(65)
    assert number(fleet, 'h2', 'failover_tolerance') == 0
    assert number(fleet, 'h2', 'observer_judges_nobody') == 1


def test_the_own_ring_node_away_is_no_store_out_of_reach(fleet):
    # The last thing that a watcher asked was the node that is away.
    watcher, fleet['h2'].store.gossip = fleet['h2'].watcher, Away.refuse
    watcher.metrics.store_answers = True
    with pytest.raises(StoreUnavailable):
        watcher.store.gossip()
    assert number(fleet, 'h2', 'store_up') == 1


def test_a_lost_race_is_no_store_out_of_reach(fleet):
    watcher = fleet['h2'].watcher
    row = fleet.tables.rows[HostRow]['h2']
    with pytest.raises(Exception, match='changed by another writer'):
        watcher.store.swap(replace(row, nonce='old'), row)
    assert (number(fleet, 'h2', 'store_up'), number(fleet, 'h2', 'store_errors_total', kind='Conflict')) == (1, 1)


def test_a_pause_with_its_age_leaves_the_fleet_unarmed(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    fleet.run(100)
    for host in ('h2', 'h3'):
        assert (number(fleet, host, 'fleet_paused'), number(fleet, host, 'failover_armed')) == (1, 0)
        assert 99 < number(fleet, host, 'fleet_pause_age_seconds') < 102
    fleet['h3'].call('fleet.pause', reason='')
    fleet.run(61)
    assert (number(fleet, 'h2', 'fleet_paused'), number(fleet, 'h2', 'fleet_pause_age_seconds')) == (0, 0)


def test_what_a_pause_holds_back_is_told_as_that(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    die(fleet, 'h1')
    fleet.run(30)
    assert set().union(*(pending(fleet, at, 'web') for at in ('h2', 'h3', 'h4'))) == {'not armed'}


def test_two_hosts_are_not_armed():
    assert number(fleet_of(2), 'h1', 'failover_armed') == 0


def test_the_lease_of_a_host_ages_from_its_last_renewal(fleet):
    rows = fleet.tables.rows[HostRow]
    assert number(fleet, 'h2', 'host_lease_age_seconds', host='h1') is None
    rows['h1'] = replace(rows['h1'], renewals=1, lease_ttl_s=30.0)
    fleet.run(20)
    assert 13 <= number(fleet, 'h2', 'host_lease_age_seconds', host='h1') <= 20
    rows['h1'] = replace(rows['h1'], renewals=2, lease_expired=True)
    fleet.run(6)
    assert number(fleet, 'h2', 'host_lease_age_seconds', host='h1') <= 6
    assert number(fleet, 'h2', 'host_lease_expired', host='h1') == 1


def test_an_overrun_is_counted(fleet):
    host = fleet['h2']
    beat = host.watcher.gossip.beat
    host.watcher.gossip.beat = lambda: fleet.time.pass_(3.0) or beat()
    fleet.run(3)
    host.watcher.gossip.beat = beat
    assert number(fleet, 'h2', 'loop_overruns_total') >= 1
    assert number(fleet, 'h2', 'loop_seconds_sum') >= 3


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def test_it_is_served_by_http_until_it_is_ended(fleet):
    port, metrics = free_port(), fleet['h1'].watcher.metrics
    end = metrics.serve('127.0.0.1', port)
    with urllib.request.urlopen('http://127.0.0.1:%d/metrics' % port, timeout=10) as answer:
        assert 'text/plain' in answer.headers['Content-Type']
        assert 'ringfleet_watcher_info{host="h1"' in answer.read().decode()
    with pytest.raises(ConfigError, match='Metrics cannot be served at 127.0.0.1:%d' % port):
        fleet['h2'].watcher.metrics.serve('127.0.0.1', port)
    end()
    fleet['h2'].watcher.metrics.serve('127.0.0.1', port)()
