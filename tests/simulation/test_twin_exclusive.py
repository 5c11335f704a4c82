# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exclusive container on its own host, on the twin: adopted under a lease, fenced, resumed, restarted; never twice at once."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.engine import image_of
from simulation.exclusive import LABELS, Watched, adopted, cut, power_off, power_on, uncut
from simulation.guard import end
from simulation.losses import ALWAYS


@pytest.fixture
def fleet():
    return adopted()


def test_it_is_adopted_under_a_lease_and_docker_restarts_it_no_more(fleet):
    row, lease = fleet.row('db'), fleet.lease('h1')
    assert row.exclusive and row.instance == fleet.ident
    assert (lease.lease_ttl_s, lease.lease_expired) == (30.0, False)
    assert lease.renewals >= 4
    orders = fleet['h1'].guard.letters.orders()
    assert orders.deadlines[fleet.ident] == pytest.approx(fleet['h1'].clock.boottime() + 20.0, abs=2.5)
    assert fleet['h1'].engine.inspect('db')['HostConfig']['RestartPolicy']['Name'] == 'no'
    # Nobody else has one: nothing exclusive is there.
    assert {fleet.lease(name).renewals for name in ('h2', 'h3')} == {0}
    spec = fleet['h2'].watcher.store.spec('db', row.spec_hash)
    assert spec is not None


def test_it_is_not_adopted_before_the_guard_acknowledged_it():
    fleet = Watched()
    fleet['h1'].guard.up = False
    fleet.run(20)
    assert fleet.row('db') is None
    assert 'not adopted yet: the guard has not acknowledged it yet' in fleet['h1'].watcher.loop.sentence
    assert 'the guard has not acknowledged its orders' in fleet['h1'].watcher.loop.sentence
    fleet['h1'].guard.up = True
    fleet.run_until(lambda: fleet.settled('h1'), 10)


def test_out_of_reach_of_the_ring_it_is_fenced_and_resumed_afterwards(fleet):
    cut(fleet['h1'])
    began = fleet.time.now
    fleet.run_until(lambda: not fleet.running(), 30)
    assert 17.0 <= fleet.time.now - began <= 20.5
    # Before any observer takes the lease for run out.
    fleet.run(5)
    uncut(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h1'), 5)
    assert fleet.row('db').epoch == 1
    assert not fleet.lease('h1').lease_expired


def test_one_that_does_not_heed_the_request_is_killed():
    fleet = Watched(labels={'twin.term': 'ignore'})
    fleet.run(15)
    cut(fleet['h1'])
    fleet.run(18)
    assert fleet.running() == ['h1']
    fleet.run(5)
    assert fleet.running() == []


def test_one_that_does_not_heed_it_is_down_as_soon_when_its_host_thaws():
    fleet = Watched(labels={'twin.term': 'ignore'})
    fleet.run(15)
    fleet['h1'].alive = False
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    # Its guard alone, which is the first to have a turn.
    fleet['h1'].alive, fleet['h1'].up = True, False
    fleet.fleet.run(1.0)
    assert fleet.settled()


def test_a_renewal_in_the_middle_of_its_fencing_brings_it_back_whole():
    fleet = Watched(labels={'twin.term': 'ignore'})
    fleet['h1'].settings['lease_renew_s'] = 0.7
    fleet['h1'].boot()
    fleet.run(15)
    cut(fleet['h1'])
    fleet.run_until(lambda: fleet['h1'].guard.letters.receipt().fenced, 30)
    uncut(fleet['h1'])
    fleet.run_until(lambda: not fleet.running(), 5)
    fleet.run_until(lambda: fleet.settled('h1'), 10)
    fleet.run(60)
    assert fleet.settled('h1')


@pytest.mark.parametrize('seconds', [60.0, 60.6, 61.2, 61.8])
def test_with_the_ring_away_all_are_fenced_and_go_on_where_they_were(seconds):
    fleet = Watched()
    fleet['h2'].engine.run('other', 'db:1', LABELS)
    # Behind a look at the members: the observers know of the last renewal, so each lease is run out for them at once afterwards.
    fleet.run(16.4)
    for host in fleet.hosts.values():
        cut(host)
    fleet.run(seconds)
    assert fleet.running('db') == fleet.running('other') == []
    for host in fleet.hosts.values():
        uncut(host)
    fleet.run_until(lambda: fleet.settled('h1') and fleet.settled('h2', 'other'), 15)
    fleet.run(30)
    assert {fleet.row('db').epoch, fleet.row('other').epoch} == {1}


def test_a_watcher_that_starts_again_in_time_costs_nothing(fleet):
    started = fleet['h1'].engine.inspect('db')['State']['StartedAt']
    fleet['h1'].up = False
    fleet.run(12)
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run(60)
    assert fleet.settled('h1')
    assert fleet['h1'].engine.inspect('db')['State']['StartedAt'] == started


def test_a_guard_that_starts_again_goes_by_its_orders(fleet):
    fleet['h1'].up = False
    fleet.run(10)
    fleet['h1'].guard.boot()
    fleet.run(12)
    assert fleet.running() == []


def test_a_host_that_is_back_within_its_lease_resumes_it(fleet):
    power_off(fleet['h1'])
    fleet.run(15)
    power_on(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h1'), 15)
    assert fleet.row('db').epoch == 1


def test_what_its_user_stops_stays_stopped_and_may_be_started_again(fleet):
    fleet['h1'].engine.stop('db', 1)
    fleet.run(30)
    assert fleet.row('db').intent == 'stopped' and fleet.running() == []
    assert not fleet.lease('h1').lease_expired
    fleet['h1'].engine.start('db')
    fleet.run(30)
    assert fleet.row('db').intent == 'running'
    assert fleet.settled('h1')


def test_what_ends_by_itself_is_restarted_after_a_while_that_doubles(fleet):
    engine, gaps = fleet['h1'].engine, []
    for _end in range(4):
        end(engine, fleet.ident, 1)
        ended = fleet.time.now
        fleet.run_until(fleet.running, 30)
        gaps.append(fleet.time.now - ended)
    # Looked at each second.
    assert [gap for least, gap in zip((1, 2, 4, 8), gaps) if not least - 0.1 <= gap <= least + 1.3] == []
    fleet.run(15)
    end(engine, fleet.ident, 1)
    ended = fleet.time.now
    fleet.run_until(fleet.running, 5)
    assert fleet.time.now - ended <= 2.3


@pytest.mark.parametrize('word, code, intent', [
    ('no', 0, 'stopped'), ('no', 1, 'stopped'), ('on-failure', 0, 'stopped'), ('on-failure', 1, 'running'), ('always', 0, 'running')])
def test_the_label_says_what_becomes_of_one_that_ended(word, code, intent):
    fleet = Watched(labels={'ringfleet.restart': word})
    fleet.run(15)
    end(fleet['h1'].engine, fleet.ident, code)
    fleet.run(20)
    assert fleet.row('db').intent == intent
    assert bool(fleet.running()) == (intent == 'running')


def test_one_that_was_fenced_is_resumed_whatever_its_label_says():
    fleet = Watched(labels={'ringfleet.restart': 'no'})
    fleet.run(15)
    cut(fleet['h1'])
    fleet.run(24)
    assert fleet.running() == []
    uncut(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h1'), 10)
    # And when it ends by itself then, that is its end.
    fleet.run(15)
    end(fleet['h1'].engine, fleet.ident)
    fleet.run(20)
    assert fleet.row('db').intent == 'stopped'


def test_two_hosts_have_no_lease_and_say_so():
    fleet = Watched(2)
    fleet.run(20)
    assert fleet.settled('h1')
    assert fleet.lease('h1').renewals == 0
    assert 'is not armed: no lease, never taken over' in fleet['h1'].watcher.loop.sentence
    # Nobody fences what nobody may take over.
    cut(fleet['h1'])
    fleet.run(60)
    assert fleet.running() == ['h1']
    uncut(fleet['h1'])
    fleet.run(10)
    end(fleet['h1'].engine, fleet.ident)
    fleet.run(5)
    assert fleet.settled('h1')


def test_the_third_host_arms_what_runs_already():
    fleet = Watched(3)
    fleet['h3'].up = False
    fleet.run(20)
    assert fleet.lease('h1').renewals == 0
    fleet['h3'].up = True
    fleet.run_until(lambda: fleet.lease('h1').renewals > 2, 20)
    assert fleet['h1'].guard.letters.orders().deadlines[fleet.ident] > fleet['h1'].clock.boottime()
    cut(fleet['h1'])
    fleet.run(24)
    assert fleet.running() == []


def test_the_lease_is_given_up_once_nothing_exclusive_is_left(fleet):
    fleet['h1'].engine.stop('db', 1)
    fleet['h1'].engine.remove('db')
    fleet.run(40)
    assert fleet.row('db').holder == ''
    fleet.run(70)
    lease = fleet.lease('h1')
    assert (lease.lease_ttl_s, lease.lease_expired) == (0.0, False)
    fleet.run(60)
    assert fleet.lease('h1').nonce == lease.nonce
    fleet['h1'].engine.run('db', 'db:1', LABELS)
    fleet.run_until(lambda: fleet.settled('h1'), 10)
    assert fleet.lease('h1').lease_ttl_s == 30.0


def test_a_new_version_is_exclusive_too(fleet):
    fleet['h1'].engine.stop('db', 1)
    fleet['h1'].engine.remove('db')
    fleet.run(1)
    ident = fleet['h1'].engine.run('db', 'db:1', LABELS, restart=ALWAYS)
    fleet.run(10)
    assert (fleet.row('db').instance, fleet.row('db').epoch) == (ident, 1)
    assert list(fleet['h1'].guard.letters.orders().deadlines) == [ident]


def test_labels_that_contradict_each_other_are_told_and_the_safe_one_counts():
    fleet = Watched(labels={'ringfleet.mode': 'start-first'})
    fleet.run(15)
    assert fleet.settled('h1')
    assert 'asks for two copies at once' in fleet['h1'].call('container.info')['problems']['db']
    assert fleet['h1'].call('move.check', name='db', target='h2')['mode'] == 'stop-first'


@pytest.mark.parametrize('label, value', [('ringfleet.exclusive', 'perhaps'), ('ringfleet.restart', 'sometimes')])
def test_a_label_that_does_not_parse_is_told(label, value):
    fleet = Watched()
    fleet['h2'].engine.add_image(image_of('web:1'))
    fleet['h2'].engine.run('web', 'web:1', {'ringfleet.managed': 'true', label: value})
    fleet.run(15)
    told = fleet['h2'].call('container.info')
    said = str(told['problems']) + str([each['immovable'] for each in told['containers']])
    assert label in said and value in said


def test_one_that_is_missing_is_made_again_and_started_under_the_lease(fleet):
    fleet['h1'].up = False
    del fleet['h1'].engine.boxes[fleet.ident]
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet.row('db').instance != fleet.ident and fleet.settled('h1'), 120)
    assert list(fleet['h1'].guard.letters.orders().deadlines) == [fleet.row('db').instance]
    assert fleet['h1'].engine.inspect('db')['HostConfig']['RestartPolicy']['Name'] == 'no'


def test_one_that_an_older_release_adopted_becomes_exclusive(fleet):
    row = fleet.row('db')
    fleet.tables.rows[ContainerRow]['db'] = replace(row, exclusive=False)
    fleet['h1'].watcher.custody.dirty = True
    fleet.run(5)
    assert fleet.row('db').exclusive and fleet.settled('h1')


def test_its_user_s_restart_policy_is_taken_from_docker_again(fleet):
    engine = fleet['h1'].engine
    engine.set_restart('db', ALWAYS)
    engine._tell('update', engine.boxes[fleet.ident])
    fleet.run(3)
    assert engine.inspect('db')['HostConfig']['RestartPolicy']['Name'] == 'no'
