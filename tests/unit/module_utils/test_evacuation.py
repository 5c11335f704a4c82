# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts emptied on paper: in which order, where to, what is left without room, and what everybody carries then."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import HostLoad
from ansible_collections.ringfleet.core.plugins.module_utils.placement.evacuation import Leaver, evacuate
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Weights
from ansible_collections.ringfleet.core.plugins.module_utils.placement.views import HostView, Need

GIB = 1 << 30


def view(host, used=0.0, memory=0, wrong=()):
    return HostView(host, HostLoad(4.0, used, 4 * GIB, memory), route_ms=1.0, wrong=wrong)


def leaver(name, cpu=0.5, memory=GIB, host='h1', **more):
    return Leaver(Need(name, host, cpu, memory), **more)


def plan(leavers, views, host='h1'):
    return evacuate([(host, leavers, views)], Weights())


def test_what_is_planned_is_promised_before_the_next_is_looked_at():
    found = plan([leaver(name, 1.0) for name in 'abcde'], [view('h1', 3.0), view('h2'), view('h3')])
    assert sorted(each.target for each in found.departures) == ['', 'h2', 'h2', 'h3', 'h3']
    (stuck,) = found.without_room
    assert 'its CPU would be used to 75 % afterwards' in stuck.sentence
    assert (found.before['h2'], found.after['h2']) == ({'cpu': 0.0, 'memory': 0.0}, {'cpu': 0.5, 'memory': 0.5})
    assert found.after['h1']['cpu'] == 0.0


def test_exclusive_ones_last_the_higher_priority_first_then_the_larger():
    found = plan([leaver('lock', priority=9, exclusive=True), leaver('small', memory=1), leaver('large'), leaver('first', memory=1, priority=1)],
                 [view('h1'), view('h2'), view('h3')])
    assert [each.name for each in found.departures] == ['first', 'large', 'small', 'lock']


def test_what_is_bound_stays_with_its_reason_and_takes_no_room():
    found = plan([leaver('disk', bound='it cannot move (a bind mount)')], [view('h1', 0.5), view('h2')])
    assert [(each.target, each.sentence) for each in found.departures] == [('', 'it cannot move (a bind mount)')]
    assert (found.without_room, found.after) == ((), found.before)


def test_of_several_hosts_none_takes_what_another_one_leaves():
    views = [view('h1'), view('h2'), view('h3')]
    found = evacuate([('h1', [leaver('a', 1.3)], views), ('h2', [leaver('b', 1.3, host='h2'), leaver('c', 1.3, host='h2')], views)], Weights())
    assert [each.target for each in found.departures] == ['h3', 'h3', '']
    assert 'it is emptied too' in found.without_room[0].sentence


def test_without_any_other_host_nothing_has_room():
    assert len(plan([leaver('a')], [view('h1')]).without_room) == 1
