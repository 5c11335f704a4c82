# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet levelled on paper: for any fleet the spread only falls, the highest load never rises, and the second time there is nothing to do."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostLoad
from ansible_collections.ringfleet.core.plugins.module_utils.placement.brakes import LEAST_GAIN
from ansible_collections.ringfleet.core.plugins.module_utils.placement.rebalance import level, load_of
from ansible_collections.ringfleet.core.plugins.module_utils.placement.relief import Tenant
from ansible_collections.ringfleet.core.plugins.module_utils.placement.rules import parse_rules
from ansible_collections.ringfleet.core.plugins.module_utils.placement.views import CALM_BELOW, HostView, Need
from hypothesis import given
from hypothesis import strategies as st

GIB = 1 << 30


def host(name, cpu=0.0, memory=0, cores=4.0, size=4 * GIB, **more):
    load = HostLoad(cores, cpu, size, memory, contended=more.pop('contended', ()))
    return HostView(name, load, route_ms=1.0, **dict({'facts': {'host': name}}, **more))


def tenant(name, source='h1', cpu=0.5, memory=0, labels=None, **more):
    rules = parse_rules(labels) if labels else None
    return Tenant(Need(name, source, cpu, memory, rules), **dict({'mode': 'start-first'}, **more))


def plan(views, tenants, most=99):
    return level({view.host: views for view in views}, tenants, most)


def moves(found):
    return [(each.name, each.source, each.target) for each in found.shifts]


@st.composite
def fleets(draw):
    """Up to 6 hosts of several sizes with what runs on them, and some load of their own."""
    views, tenants = [], []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        name, cores, size = 'h%d' % number, draw(st.sampled_from([2.0, 4.0, 16.0])), draw(st.sampled_from([2, 4, 32])) * GIB
        mine = [tenant('c%d-%d' % (number, each), name, draw(st.floats(0, cores / 3)), int(draw(st.floats(0, size / 3))),
                       mode=draw(st.sampled_from(['start-first', 'start-first', 'stop-first']))) for each in range(draw(st.integers(0, 4)))]
        tenants += mine
        cpu = min(cores, draw(st.floats(0, cores / 2)) + sum(each.need.cpu for each in mine))
        memory = min(size, int(draw(st.floats(0, size / 2))) + sum(each.need.memory for each in mine))
        views.append(host(name, cpu, memory, cores, size, containers=frozenset(each.need.name for each in mine),
                          wrong=draw(st.sampled_from([(), (), (), ('it is silent',)]))))
    return views, tenants


def carried_out(views, tenants, shifts):
    """The fleet behind so many moves, as its own figures would show it."""
    loads, where, need = {view.host: view.load for view in views}, {}, {each.need.name: each.need for each in tenants}
    for each in shifts:
        moved = need[each.name]
        for name, sign in ((each.source, -1), (each.target, 1)):
            load = loads[name]
            loads[name] = replace(load, cpu_used=max(0.0, load.cpu_used + sign * moved.cpu), memory_used=max(0, load.memory_used + sign * moved.memory))
        where[each.name] = each.target
    return ([replace(view, load=loads[view.host]) for view in views],
            [replace(each, need=replace(each.need, source=where.get(each.need.name, each.need.source))) for each in tenants])


@given(fleets(), st.integers(0, 8))
def test_the_spread_only_falls_the_highest_load_never_rises_and_no_rule_is_broken(fleet, most):
    views, tenants = fleet
    found = plan(views, tenants, most)
    assert len(found.shifts) <= most and len({each.name for each in found.shifts}) == len(found.shifts)
    assert all(later < earlier + 1e-9 for earlier, later in zip(found.spreads, found.spreads[1:]))
    by_name = {each.need.name: each for each in tenants}
    for done, shift in enumerate(found.shifts):
        before = {view.host: load_of(view) for view in carried_out(views, tenants, found.shifts[:done])[0]}
        after = {view.host: load_of(view) for view in carried_out(views, tenants, found.shifts[:done + 1])[0]}
        pair = (shift.source, shift.target)
        assert max(after.values()) <= max(before.values()) + 1e-9
        assert max(before[name] for name in pair) - max(after[name] for name in pair) >= LEAST_GAIN - 1e-6
        assert after[shift.target] < CALM_BELOW
        assert by_name[shift.name].mode == 'start-first'
        assert not any(view.wrong for view in views if view.host in pair)


@given(fleets())
def test_the_second_time_there_is_nothing_to_do(fleet):
    found = plan(*fleet)
    views, tenants = carried_out(*fleet, found.shifts)
    moved = {each.name for each in found.shifts}
    # What moved is left alone for a while.
    again = plan(views, [replace(each, cools_s=600.0) if each.need.name in moved else each for each in tenants])
    assert again.shifts == ()


def test_behind_a_move_the_source_may_lack_something_else():
    """Memory is scarcer at first; without what needs it, CPU is, and then another container is worth a move."""
    fleet = ([host('h1', 2.4, 3 * GIB), host('h2', 0.0, 0)], [tenant('memory', cpu=0.0, memory=int(1.2 * GIB)), tenant('cpu', cpu=0.8)])
    found = plan(*fleet)
    assert [each.name for each in found.shifts] == ['memory', 'cpu']
    assert plan(*carried_out(*fleet, found.shifts)).shifts == ()


def test_an_empty_host_receives_load_the_best_move_first():
    found = plan([host('h1', 2.4), host('h2', 1.2), host('h3')], [tenant('small', cpu=0.4), tenant('large', cpu=1.2), tenant('other', 'h2', 0.6)])
    assert moves(found) == [('large', 'h1', 'h3')]
    assert (found.before['h3']['cpu'], found.after['h3']['cpu'], found.spreads[-1]) == (0.0, 0.3, 0.0)
    assert (found.shifts[0].gain, found.shifts[0].resource) == (0.3, 'cpu')


def test_so_many_moves_at_most():
    tenants, views = [tenant('c%d' % each) for each in range(5)], [host('h1', 2.5), host('h2')]
    assert len(plan(views, tenants, 1).shifts) == 1
    assert len(plan(views, tenants).shifts) == 2
    assert plan(views, tenants, 0).shifts == ()


def test_memory_counts_as_much():
    found = plan([host('h1', memory=3 * GIB), host('h2')], [tenant('m', cpu=0.0, memory=GIB)])
    assert moves(found) == [('m', 'h1', 'h2')]
    assert found.shifts[0].resource == 'memory'


@pytest.mark.parametrize('more, why', [
    ({'mode': 'stop-first'}, 'it would have to stop'), ({'held': 'held by ada'}, 'it is held by ada'), ({'cools_s': 5.0}, 'it moved lately'),
    ({'immovable': ('a bind mount',)}, 'it cannot move (a bind mount)'), ({'running': False}, 'it does not run'), ({'own_fault': True}, 'its own fault'),
    ({'cpu': 0.1}, 'its leaving would take 2 points off')])
def test_who_stays_says_why(more, why):
    found = plan([host('h1', 2.0), host('h2')], [tenant('web', **dict({'cpu': 1.0}, **more))])
    assert found.shifts == ()
    assert why in found.stays['web']


def test_with_its_label_a_stop_first_one_goes():
    assert moves(plan([host('h1', 2.0), host('h2')], [tenant('web', cpu=1.0, mode='stop-first', rebalance=True)])) == [('web', 'h1', 'h2')]


@pytest.mark.parametrize('labels, goes', [
    ({'ringfleet.require': 'host=h1'}, False), ({'ringfleet.prefer': 'host=h1'}, False), ({'ringfleet.avoid': 'host=h2'}, False),
    ({'ringfleet.require': 'container!=db'}, False), ({'ringfleet.prefer': 'host=h2'}, True)])
def test_labels_hold_and_no_place_is_liked_less(labels, goes):
    found = plan([host('h1', 2.0, containers=frozenset({'web'})), host('h2', containers=frozenset({'db'}))], [tenant('web', cpu=1.0, labels=labels)])
    assert bool(found.shifts) == goes


def test_apart_is_seen_of_what_is_planned_and_what_has_gone():
    labels = {'ringfleet.require': 'container!=web-*'}
    found = plan([host('h1', 2.0, containers=frozenset({'web-1', 'web-2'})), host('h2')], [tenant('web-1', labels=labels), tenant('web-2', labels=labels)])
    assert len(found.shifts) == 1


@pytest.mark.parametrize('target', [
    host('h2', wrong=('its state is leaving',)), host('h2', contended=('CPU is used to 95 %',)), host('h2', memory=3 * GIB), HostView('h2', None)])
def test_a_host_that_may_not_take_it_gets_nothing(target):
    assert plan([host('h1', 2.4), target], [tenant('web', cpu=1.0, memory=GIB)]).shifts == ()


def test_neither_resource_of_the_target_is_filled_up():
    assert plan([host('h1', 3.8), host('h2', memory=int(2.4 * GIB))], [tenant('web', cpu=1.2, memory=GIB // 2)]).shifts == ()


def test_a_route_that_was_never_measured_is_none():
    views = [host('h1', 2.0), host('h2')]
    unmeasured = [views[0], replace(views[1], wrong=('the route from h1 was never measured',))]
    assert level({'h1': unmeasured, 'h2': views}, [tenant('web', cpu=1.0)], 9).shifts == ()


def test_a_source_in_another_state_is_left_to_its_drain():
    assert plan([host('h1', 2.0, wrong=('its state is leaving',)), host('h2')], [tenant('web', cpu=1.0)]).shifts == ()


def test_nobody_is_level():
    assert level({}, [], 5).spreads == (0.0,)
