# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brakes and the relief: who goes, who stays and why. For any fleet: test_relief_of_any_fleet.py."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostLoad
from ansible_collections.ringfleet.core.plugins.module_utils.placement import brakes, views
from ansible_collections.ringfleet.core.plugins.module_utils.placement.planner import plan
from ansible_collections.ringfleet.core.plugins.module_utils.placement.relief import Tenant, relieve
from ansible_collections.ringfleet.core.plugins.module_utils.placement.rules import parse_rules
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Score, Weights
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.figures import without_figures
from hypothesis import given, settings
from hypothesis import strategies as st

MIB = 1 << 20
WEIGHTS = Weights()
CPU = ('cpu',)
WHY = ('CPU is used to 95 %',)


def host(name, used=0.2, capacity=1.0, **more):
    fields = {key: more.pop(key) for key in ('contended', 'io_full60') if key in more}
    load = HostLoad(capacity, used, 1000 * MIB, more.pop('memory_used', 100 * MIB), **fields)
    return views.HostView(name, load, **dict({'route_ms': 1.0}, **more))


def tenant(name, cpu=0.3, memory=10 * MIB, **more):
    return Tenant(views.Need(name, 'h1', cpu, memory), **dict({'mode': 'start-first'}, **more))


def relief(tenants, *others, used=0.95, lacking=CPU):
    source = host('h1', used, contended=WHY)
    return relieve(source, tenants, [source, *(others or (host('h2'), host('h3', 0.6)))], WEIGHTS, lacking, WHY)


def test_nothing_wrong_nothing_done():
    assert relief([tenant('web')], lacking=()) is None


def test_the_cheapest_goes_that_brings_its_host_under_the_line():
    found = relief([tenant('small', 0.1, MIB), tenant('dear', 0.5, 200 * MIB), tenant('cheap', 0.3, 5 * MIB)])
    assert (found.name, found.choice.host, found.cause.trigger) == ('cheap', 'h2', 'contention')
    assert found.sentence.startswith('host h1 is contended (CPU is used to 95 %); container cheap: h2 has the greatest A')


def test_where_none_alone_suffices_the_greatest_goes():
    assert relief([tenant('a', 0.12), tenant('b', 0.2), tenant('c', 0.15)]).name == 'b'


def test_one_that_cannot_serve_here_goes_first_whatever_its_mode():
    found = relief([tenant('cheap'), tenant('ill', 0.15, mode='stop-first', severe=('its health check fails',))])
    assert (found.name, found.cause.trigger) == ('ill', 'anomaly')
    assert found.sentence.startswith('it cannot serve on h1 (its health check fails)')


@pytest.mark.parametrize('given_tenant, words', [
    (tenant('web', own_fault=True), 'its own fault'), (tenant('web', immovable=('bind mount /tmp',)), 'it cannot move (bind mount /tmp)'),
    (tenant('web', running=False), 'it does not run'), (tenant('web', mode='stop-first'), 'ringfleet.rebalance=true'),
    (tenant('web', cools_s=77.0), 'left alone for 77 s more'), (tenant('web', 0.04), 'take 4 points off at most, at least 5 are asked for'),
    (tenant('web', 0.6), 'CPU would be used to 80 % afterwards')])
def test_what_stays_says_why(given_tenant, words):
    found = relief([given_tenant])
    assert found.name == ''
    assert 'nothing moved, because' in found.sentence
    assert words in found.sentence
    assert len(found.brakes) == 1


def test_a_gain_too_small_is_none_however_much_leaves():
    found = relief([tenant('web')], host('h2', 0.38), used=0.72)
    assert found.name == ''
    assert 'the larger utilisation of both would fall by 4 points, at least 5 are asked for' in found.sentence


def test_what_cannot_serve_does_not_make_another_host_fuller_than_its_own():
    ill = tenant('ill', 0.1, severe=('its health check fails',))
    assert relief([ill], host('h2', 0.45), used=0.4, lacking=()).name == ''
    assert 'it would be used to 55 % afterwards, more than h1 is now' in relief([ill], host('h2', 0.45), used=0.4, lacking=()).sentence
    assert relief([ill], host('h2', 0.25), used=0.4, lacking=()).name == 'ill'


def test_its_user_may_let_a_stop_first_one_go():
    assert relief([tenant('web', mode='stop-first', rebalance=True)]).name == 'web'


def test_a_contended_host_takes_nothing_unasked():
    assert 'it is contended itself' in relief([tenant('web')], host('h2', contended=WHY)).sentence


def test_nobody_managed_runs_there():
    assert relief([]).sentence.endswith('nothing moved, because no managed container runs here')


def test_memory_and_disk_have_lines_of_their_own():
    source = host('h1', 0.1, memory_used=950 * MIB, contended=WHY)
    found = relieve(source, [tenant('web', 0.0, 300 * MIB)], [source, host('h2', memory_used=450 * MIB)], WEIGHTS, ('memory',), WHY)
    assert 'memory would be used to 75 % afterwards' in found.sentence
    source = host('h1', io_full60=30.0, contended=WHY)
    mine = [tenant('idle', 0.0), tenant('waits', 0.0, io_pressure=40.0)]
    assert 'its disk is waited for nearly as much' in relieve(source, mine, [source, host('h2', io_full60=20.0)], WEIGHTS, ('io',), WHY).sentence
    assert relieve(source, mine, [source, host('h2', io_full60=1.0)], WEIGHTS, ('io',), WHY).name == 'waits'


def test_a_want_of_cpu_is_not_traded_for_one_of_memory():
    found = relief([tenant('web', memory=300 * MIB)], host('h2', memory_used=450 * MIB))
    assert (found.name, 'its memory would be used to 75 % afterwards, the limit is 70 %' in found.sentence) == ('', True)
    # It may be used much already: what comes adds to it, and the one that it leaves is fuller still.
    source = host('h1', 0.95, memory_used=900 * MIB, contended=WHY)
    assert relieve(source, [tenant('web', memory=10 * MIB)], [source, host('h2', memory_used=800 * MIB)], WEIGHTS, CPU, WHY).name == 'web'


def test_labels_bind_what_nobody_asked_for_and_what_somebody_did():
    need = views.Need('web', 'h1', 0.1, MIB, parse_rules({'ringfleet.require': 'disk=ssd', 'ringfleet.prefer': 'rack=r2',
                                                          'ringfleet.avoid': 'container=db*'}))
    hosts = [host('h1'), host('h2', facts={'disk': 'hdd', 'host': 'h2'}), host('h3', facts={'disk': 'ssd'}, containers=frozenset({'db1'})),
             host('h4', 0.55, facts={'disk': 'ssd'}), host('h5', 0.65, facts={'disk': 'ssd', 'rack': 'r2'})]
    choice = plan(need, hosts[:4], WEIGHTS)
    assert choice.host == 'h4'
    assert [each.host for each in choice.scores if not each.excluded] == ['h4', 'h3']
    assert 'ringfleet.require' in next(each for each in choice.scores if each.host == 'h2').excluded[0]
    assert plan(views.Need('web', 'h1', 0.01, MIB, need.rules), hosts, WEIGHTS).host == 'h5'


# -- one of the best two ----------------------------------------------------------------------------------------------

def scores(*values, leaning=(0, 0, 0)):
    return [Score('h%d' % number, 1.0, 1.0, 1.0, a, (), leaning[number]) for number, a in enumerate(values)]


def test_hot_hosts_do_not_all_pick_the_same():
    picked = {brakes.spread(scores(2.0, 1.9, 1.8), views.Need('web', 'hot%d' % number)) for number in range(20)}
    assert picked == {'h0', 'h1'}


def test_only_what_nobody_asked_for_is_spread():
    hosts = [host('h1', 0.95), host('h2', 0.1), host('h3', 0.11)]
    chosen = {trigger: {plan(views.Need('web-%d' % number, 'h1', 0.3, MIB), hosts, WEIGHTS, brakes.Cause(trigger, 'cpu')).host
                        for number in range(20)} for trigger in (brakes.ASKED, brakes.CONTENTION)}
    assert chosen == {brakes.ASKED: {'h2'}, brakes.CONTENTION: {'h2', 'h3'}}


def test_the_second_counts_only_when_nearly_as_good_and_liked_as_much():
    for found in (scores(2.0, 0.9), scores(2.0, 1.9, leaning=(1, 0, 0)), scores(2.0)):
        assert {brakes.spread(found, views.Need('web', 'hot%d' % number)) for number in range(20)} == {'h0'}
    assert brakes.spread([], views.Need('web', 'h1')) == ''
    assert brakes.spread([replace(each, excluded=('full',)) for each in scores(1.0, 1.0)], views.Need('web', 'h1')) == ''


# -- cooldown ---------------------------------------------------------------------------------------------------------

def test_the_cooldown_doubles_up_to_four_hours():
    assert [brakes.cooldown_s(unrest) for unrest in (0, 1, 2, 3, 6, 90)] == [600, 600, 1200, 2400, 14400, 14400]


def test_a_container_that_moved_cools_and_one_that_never_did_does_not():
    row = ContainerRow('web', moved_at=1_000_000, unrest=2)
    assert brakes.cools_s(ContainerRow('web'), 5) == 0
    assert brakes.cools_s(row, 1_000_000) == 1200
    assert brakes.cools_s(row, 1_000_000 + 1_199_000) == pytest.approx(1)
    assert brakes.cools_s(row, 1_000_000 + 1_200_000) == 0
    # Another host's clock may be ahead of ours.
    assert brakes.cools_s(row, 999_000) == 1200


def test_moves_in_a_row_count_and_a_persons_move_begins_anew():
    hour = 3_600_000
    row = ContainerRow('web', moved_at=hour, unrest=3)
    assert brakes.unrest_after(ContainerRow('web'), 'contention', hour) == 1
    assert brakes.unrest_after(row, 'anomaly', 2 * hour) == 4
    assert brakes.unrest_after(row, 'anomaly', 9 * hour) == 1
    assert brakes.unrest_after(row, 'asked', 2 * hour) == 0


@settings(max_examples=200)
@given(st.lists(st.sampled_from(['contention', 'anomaly']), min_size=2, max_size=12), st.lists(st.integers(0, 3000), min_size=12, max_size=12))
def test_a_container_is_never_chased_around(triggers, waits_s):
    row, now, moved = ContainerRow('web'), 10 ** 12, []
    for trigger, wait_s in zip(triggers, waits_s, strict=False):
        now += wait_s * 1000
        if brakes.cools_s(row, now) > 0:
            continue
        moved.append(now)
        row = replace(row, moved_at=now, unrest=brakes.unrest_after(row, trigger, now))
    gaps = [(after - before) / 1000 for before, after in zip(moved, moved[1:], strict=False)]
    assert all(gap >= 600 * 2 ** min(at, 4) for at, gap in enumerate(gaps))


def test_why_nothing_moves_is_no_news_when_only_the_order_of_use_changed():
    stay = [tenant('a', 0.3, mode='stop-first'), tenant('b', 0.2, mode='stop-first')]
    first, second = (without_figures(relief([replace(each, need=replace(each.need, cpu=cpu)) for each, cpu in zip(stay, used)]).sentence)
                     for used in ((0.3, 0.2), (0.2, 0.3)))
    assert first == second
