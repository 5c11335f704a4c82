# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exclusive container is taken over when its host's lease ran out, on the twin; never two copies run at once."""
from __future__ import annotations

import pytest
from simulation.exclusive import LABELS, Watched, adopted, cut, power_off, power_on, uncut
from simulation.faults import Crash
from simulation.losses import ALWAYS, assert_no_open_moves


@pytest.fixture
def fleet():
    return adopted()


def test_a_dead_host_s_container_is_taken_over_when_its_lease_ran_out_and_not_before(fleet):
    power_off(fleet['h1'])
    fleet.run(20)
    # Its host is declared lost for long, what is free runs elsewhere; this one waits and says so.
    assert fleet.lease('h1').state == 'lost'
    assert fleet.row('db').holder == 'h1'
    pending = [host.watcher.coordinator.pending.get('db', '') for host in fleet.hosts.values()]
    assert any('its lease runs out within' in why for why in pending)
    began = fleet.time.now
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    assert 10.0 <= fleet.time.now - began <= 25.0
    assert (fleet.row('db').epoch, fleet.row('db').previous, fleet.row('db').moved_for) == (2, 'h1', 'lost')
    holder = fleet.row('db').holder
    assert fleet.lease(holder).renewals > 0
    assert fleet.row('db').instance in fleet[holder].guard.letters.orders().deadlines
    assert fleet[holder].engine.inspect('db')['HostConfig']['RestartPolicy']['Name'] == 'no'
    assert 'expired' in {each['kind'] for each in fleet['h2'].call('broadcast.info')['broadcasts']}


def test_the_dead_host_comes_back_and_its_copy_is_stale(fleet):
    power_off(fleet['h1'])
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    power_on(fleet['h1'])
    fleet.run(60)
    assert fleet['h1'].call('container.info', name='db')['containers'][0]['here'] == 'stale copy'
    assert fleet.settled() and fleet.row('db').epoch == 2
    assert not fleet.lease('h1').lease_expired
    # Its user starts the old copy: that one must not run.
    assert fleet['h1'].guard.letters.orders().deadlines == {fleet.ident: 0.0}
    fleet['h1'].engine.start(fleet.ident)
    fleet.fleet.run(1.0)
    assert fleet['h1'].engine.inspect(fleet.ident)['State']['Status'] == 'exited'
    fleet.run(3700)
    assert [each[0] for each in fleet.copies('db')] == [fleet.row('db').holder]


def test_a_watcher_alone_that_dies_loses_it_though_its_host_lives(fleet):
    fleet['h1'].up = False
    fleet.run(18)
    assert fleet.running() == ['h1']
    fleet.run(4)
    assert fleet.running() == []
    assert fleet.row('db').holder == 'h1'
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    assert (fleet.lease('h1').state, fleet.lease('h1').lease_expired) == ('normal', True)
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: not fleet.lease('h1').lease_expired, 30)
    fleet.run(30)
    assert fleet.settled() and fleet.row('db').epoch == 2
    assert_no_open_moves(fleet)


def test_a_host_cut_off_from_the_ring_alone_is_fenced_before_it_is_taken_over(fleet):
    cut(fleet['h1'])
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled(), 120)
    uncut(fleet['h1'])
    fleet.run(60)
    assert fleet.settled() and fleet.row('db').epoch == 2
    assert not fleet.lease('h1').lease_expired


@pytest.mark.parametrize('watched', [True, False])
def test_a_frozen_host_s_copy_is_down_about_a_second_after_it_thaws(fleet, watched):
    # The stated limit: its guard and its container thaw at the same moment.
    fleet['h1'].alive = False
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    fleet['h1'].alive, fleet['h1'].up = True, watched
    fleet.fleet.run(1.0)
    assert fleet.settled()
    fleet['h1'].up = True
    fleet.run(60)
    assert fleet.settled() and fleet.row('db').epoch == 2


def test_who_holds_it_now_may_lose_it_too():
    fleet = adopted(5)
    holders = ['h1']
    for _loss in range(2):
        power_off(fleet[holders[-1]])
        fleet.run_until(lambda: fleet.row('db').holder not in holders and fleet.settled())  # noqa: B023
        holders.append(fleet.row('db').holder)
    for name in holders[:-1]:
        power_on(fleet[name])
    fleet.run(60)
    assert fleet.settled(holders[-1]) and fleet.row('db').epoch == 3


def test_a_lease_that_is_renewed_again_is_not_taken_from(fleet):
    fleet['h1'].up = False
    fleet.run(28)
    assert fleet.running() == []
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet.settled('h1'), 10)
    fleet.run(60)
    assert fleet.settled('h1') and fleet.row('db').epoch == 1
    assert not fleet.lease('h1').lease_expired


def test_a_holder_that_is_back_before_the_claim_keeps_it(fleet):
    # Nobody has room, so the takeover waits; the holder returns into that.
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.45
    fleet.run(10)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.lease('h1').lease_expired, 60)
    fleet.run(10)
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet.settled('h1'), 20)
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.1
    fleet.run(60)
    assert fleet.settled('h1') and fleet.row('db').epoch == 1
    assert_no_open_moves(fleet)


def test_a_holder_that_is_back_behind_the_claim_leaves_it_alone(fleet):
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.row('db').move, 60)
    target = fleet.row('db').move_to
    # The target stands still in the middle of it.
    fleet[target].up = False
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run(10)
    assert not fleet.lease('h1').lease_expired
    assert fleet.running() == []
    fleet[target].up = True
    fleet.run_until(fleet.settled)
    fleet.run(30)
    assert fleet.settled()
    assert_no_open_moves(fleet)


def test_a_claim_decided_before_the_holder_was_back_does_not_apply(fleet):
    claims = []

    def slowly(host):
        swap = host.store.swap

        def slow(before, after):
            # Between its reads and its claim the holder comes back and starts the container.
            if getattr(after, 'move', '') and not claims:
                claims.append(after)
                host.up, fleet['h1'].up = False, True
                fleet['h1'].boot()
                fleet.run_until(lambda: fleet.settled('h1'), 30)
                host.up = True
            return swap(before, after)

        host.store.swap = slow

    for name in ('h2', 'h3'):
        slowly(fleet[name])
    fleet['h1'].up = False
    fleet.run_until(lambda: claims, 60)
    fleet.run(60)
    assert fleet.settled('h1') and fleet.row('db').epoch == 1


def test_a_takeover_that_was_asked_for_before_the_holder_was_back_is_not_planned(fleet):
    def falls_asleep(host):
        index = host.store.index_move

        def asleep(*args):
            index(*args)
            host.up = False
            raise Crash('asleep')

        host.store.index_move = asleep

    for name in ('h2', 'h3'):
        falls_asleep(fleet[name])
    fleet['h1'].up = False
    fleet.run_until(fleet.open_moves, 60)
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: fleet.settled('h1'), 30)
    for name in ('h2', 'h3'):
        fleet[name].up = True
    fleet.run(60)
    assert fleet.settled('h1') and fleet.row('db').epoch == 1
    assert_no_open_moves(fleet)


def test_a_lease_is_not_regained_before_all_is_down(fleet):
    # Watcher and guard fail together, so its copy runs on; nobody has room for another one.
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.45
    fleet.run(10)
    fleet['h1'].up = fleet['h1'].guard.up = False
    fleet.run_until(lambda: fleet.lease('h1').lease_expired, 60)
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run(20)
    assert fleet.lease('h1').lease_expired and fleet.running() == ['h1']
    fleet['h1'].guard.up = True
    fleet.run_until(lambda: not fleet.running(), 10)
    fleet.run_until(lambda: fleet.settled('h1') and not fleet.lease('h1').lease_expired, 30)


def test_a_host_that_never_had_a_lease_is_never_taken_from():
    fleet = Watched(3)
    fleet['h3'].up = False
    fleet.run(20)
    fleet['h1'].up = False
    fleet['h3'].up = True
    fleet.run(20)
    power_off(fleet['h1'])
    fleet.run(120)
    assert fleet.row('db').holder == 'h1' and fleet.running() == []
    assert 'h1 had no lease, so it is never taken over' in str([host.watcher.coordinator.pending for host in fleet.hosts.values()])
    power_on(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h1'), 30)


def test_a_pause_stops_the_takeover_and_neither_lease_nor_fence(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    fleet.run(60)
    assert fleet.settled('h1')
    power_off(fleet['h1'])
    fleet.run(90)
    assert fleet.row('db').holder == 'h1' and not fleet.lease('h1').lease_expired
    fleet['h2'].call('fleet.pause', reason='')
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())


def test_a_pause_does_not_keep_a_fenced_one_down(fleet):
    fleet['h2'].call('fleet.pause', reason='new switches')
    cut(fleet['h1'])
    fleet.run(50)
    assert fleet.running() == []
    uncut(fleet['h1'])
    fleet.run_until(lambda: fleet.settled('h1'), 10)


def test_a_coordinator_that_is_lost_is_succeeded_though_the_holder_lives():
    fleet = adopted(5)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.row('db').move, 60)
    first = fleet.lease('h1').coordinator
    power_off(fleet[first])
    fleet.run_until(lambda: fleet.row('db').holder not in ('h1', first) and fleet.settled())
    assert fleet.lease('h1').state == 'normal'


def test_a_coordinator_whose_watcher_stays_away_is_succeeded():
    fleet = adopted(5)
    for host in fleet.hosts.values():
        if host.name != 'h1':
            host.cgroups.cores = 0.45
    fleet.run(10)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.lease('h1').lease_expired, 60)
    first = fleet.lease('h1').coordinator
    fleet[first].up = False
    for host in fleet.hosts.values():
        host.cgroups.cores = 0.1
    fleet.run_until(lambda: fleet.row('db').holder not in ('h1', first) and fleet.settled())


def test_what_a_lost_coordinator_left_is_brought_on_by_the_holder_that_is_back():
    fleet = adopted(5)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.row('db').move, 60)
    row, first = fleet.row('db'), fleet.lease('h1').coordinator
    for name in sorted({first, row.move_to}):
        fleet[name].up = False
    fleet['h1'].up = True
    fleet['h1'].boot()
    fleet.run_until(lambda: not fleet.lease('h1').lease_expired, 60)
    for name in sorted({first, row.move_to}):
        power_off(fleet[name])
    fleet.run_until(fleet.settled, 200)


def test_a_user_s_own_second_one_is_shown_and_left_alone(fleet):
    fleet['h2'].engine.run('db', 'db:1', LABELS, restart=ALWAYS)
    fleet.fleet.run(60)
    assert fleet['h2'].call('container.info', name='db')['containers'][0]['here'] == 'duplicate'
    assert fleet['h2'].engine.inspect('db')['State']['Status'] == 'running'
    assert fleet['h1'].engine.inspect('db')['State']['Status'] == 'running'


def test_what_is_free_stays_with_a_host_that_lives(fleet):
    fleet['h1'].engine.run('free', 'db:1', {'ringfleet.managed': 'true'})
    fleet.run(10)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    fleet.run(60)
    assert fleet.row('free').holder == 'h1'
    assert fleet.running('free') == ['h1']
