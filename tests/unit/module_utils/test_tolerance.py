# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many more hosts may be lost, and what would be stuck with each: the pure parts."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostLoad, LoadReport
from ansible_collections.ringfleet.core.plugins.module_utils.placement.evacuation import Leaver
from ansible_collections.ringfleet.core.plugins.module_utils.placement.rehearsal import bound, rehearse as rehearse_host
from ansible_collections.ringfleet.core.plugins.module_utils.placement.rules import parse_rules
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Weights
from ansible_collections.ringfleet.core.plugins.module_utils.placement.views import HostView, Need
from ansible_collections.ringfleet.core.plugins.module_utils.ring import losses
from ansible_collections.ringfleet.core.plugins.module_utils.ring.liveness import LOST, Judgement
from ansible_collections.ringfleet.core.plugins.module_utils.ring.tolerance import Node, tolerance


def fleet(well, watcher_only=0, silent=0, declared=0, forgotten=0):
    """Nodes: well ones, those whose ring node alone is down, silent ones, and those declared lost just now and long ago."""
    kinds = [(True, True, True)] * well + [(True, False, True)] * watcher_only + [(False, False, True)] * (silent + declared) + [
        (False, False, False)] * forgotten
    return [Node('h%d' % number, *kind) for number, kind in enumerate(kinds, 1)]


@pytest.mark.parametrize('nodes, copies, hosts', [
    (fleet(3), 3, 1), (fleet(4), 3, 1), (fleet(5), 5, 2), (fleet(6), 5, 2), (fleet(50), 5, 2), (fleet(50), 3, 1),
    # A ring that grew, and whose copies were not raised yet.
    (fleet(5), 3, 1), (fleet(3), 2, 0), (fleet(3), 1, 0),
    (fleet(2, silent=1), 3, 0), (fleet(2, watcher_only=1), 3, 0), (fleet(3, forgotten=1), 3, 0), (fleet(2, forgotten=2), 3, 0),
    (fleet(4, silent=1), 5, 1), (fleet(4, watcher_only=1), 5, 1), (fleet(4, forgotten=1), 5, 1), (fleet(4, declared=1), 5, 1),
    # Only those that count have to be outnumbered.
    (fleet(3, forgotten=3), 99, 1), (fleet(3, declared=3), 99, 0),
    # The majority is what limits: of three ring nodes' worth of copies nothing is missing, but half of the hosts are silent.
    ([Node('h%d' % number, number < 4, True, True) for number in range(1, 6)], 5, 0)])
def test_how_many_may_be_lost(nodes, copies, hosts):
    assert tolerance(nodes, copies, '').hosts == hosts


def test_what_limits_it_is_said():
    assert tolerance(fleet(3), 3, '').why == (
        '2 ring nodes down: some row may have no quorum of its 3 copies', '1 of 3 hosts alive is no majority')
    assert tolerance(fleet(50), 5, '').why == ('3 ring nodes down: some row may have no quorum of its 5 copies',)
    assert tolerance(fleet(3), 1, '').why == ('1 ring node down: some row may have no quorum of its copy',)
    told = tolerance(fleet(5), 5, 'the fleet is paused (new switches)')
    assert (told.hosts, told.why) == (0, ('the fleet is paused (new switches)',))


def test_nobody_left_ends_it_too():
    assert tolerance([], 3, '').hosts == 0
    assert tolerance(fleet(1), 9, '').hosts == 0


@pytest.mark.parametrize('size', range(1, 12))
def test_the_majority_is_the_one_that_declares(size):
    """With copies enough, the last host that may be lost is the last whose loss losses.may_declare allows."""
    told = tolerance(fleet(size), 99, '').hosts
    for lost in range(1, size):
        members = [losses.Member('h%d' % number, number <= size - lost) for number in range(1, size + 1)]
        finding = losses.may_declare('h%d' % size, Judgement(LOST, 6.0), members, ())
        assert (finding.word == LOST) == (lost <= told)


# -- what would be stuck ------------------------------------------------------------------------------------------------

def view(host, cpu_used=1.0, wrong=(), names=()):
    return HostView(host, HostLoad(cpu_capacity=10.0, cpu_used=cpu_used, memory_capacity=1000, memory_used=0), 0.0, 0, 1.0, wrong,
                    {'host': host}, frozenset(names))


def resident(name, cpu=2.0, priority=0, why='', **labels):
    rules = parse_rules({key.replace('_', '.'): value for key, value in labels.items()}) if labels else None
    return Leaver(Need(name, 'h1', cpu, 10, rules), priority, bound=why)


def rehearse(residents, views, weights):
    """{name: why} of what would be stuck."""
    return {each.name: each.sentence for each in rehearse_host('h1', residents, views, weights).staying}


def test_what_finds_room_is_not_stuck_and_never_on_the_lost_host():
    assert rehearse([resident('a'), resident('b')], [view('h1', 0.0), view('h2')], Weights()) == {}
    stuck = rehearse([resident('a')], [view('h1', 0.0), view('h2', 6.0)], Weights())
    assert stuck['a'].startswith('container a: no host can take it; h2: its CPU would be used to 80 %')


def test_what_is_placed_takes_the_room_of_what_follows_and_higher_ones_come_first():
    views = [view('h1'), view('h2', 3.0)]
    assert list(rehearse([resident('a', priority=-1), resident('b'), resident('z', priority=9)], views, Weights())) == ['b', 'a']


def test_what_is_bound_takes_no_room():
    views = [view('h1'), view('h2', 4.0)]
    assert rehearse([resident('a', priority=9, why='it cannot run elsewhere (x)'), resident('b')], views, Weights()) == {'a': 'it cannot run elsewhere (x)'}


def test_labels_see_what_is_placed_on_paper():
    views = [view('h1'), view('h2')]
    apart = {'ringfleet_require': 'container!=web-*'}
    assert list(rehearse([resident('web-1', **apart), resident('web-2', **apart)], views, Weights())) == ['web-2']


def test_where_it_is_bound():
    row = ContainerRow('web', 'h1', spec_hash='abc')
    assert bound(row, None) == bound(row, LoadReport('web')) == ''
    assert bound(row, LoadReport('web', immovable=('bind mount /srv', 'a device'))) == 'it cannot run elsewhere (bind mount /srv; a device)'
    assert bound(ContainerRow('web', 'h1'), None) == 'its spec was not kept yet'


def test_what_is_exclusive_goes_last_and_the_others_by_name_within_their_priority():
    leavers = [replace(resident('a', 0.1, priority=9), exclusive=True), resident('c', 2.0), resident('b', 0.1), resident('z', 0.1, priority=1)]
    told = rehearse_host('h1', leavers, [view('h1'), view('h2')], Weights())
    assert [each.name for each in told.departures] == ['z', 'b', 'c', 'a']
