# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of a host: the same whoever computes them, never itself, never a lost host, spread over racks."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.ring.backups import Place, all_backups, backups, observed_by, observes
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.tokens import token_of
from hypothesis import given
from hypothesis import strategies as st

STARTS = {'a': 0, 'b': 100, 'c': 200, 'd': 300}


def start_of(name):
    return STARTS[name]


# From 0 upwards: a b c d a c b d
RING = [Place('a', (10, 150)), Place('b', (20, 210)), Place('c', (30, 190)), Place('d', (40, 310))]


def racks(**given_racks):
    return [replace(each, rack=given_racks[each.host]) for each in RING]


def without(*names):
    return [replace(each, living=each.host not in names) for each in RING]


@pytest.mark.parametrize('host, places, found', [
    ('a', RING, ('b', 'c')), ('b', RING, ('a', 'c')), ('c', RING, ('b', 'd')), ('d', RING, ('a', 'b')),
    # Lost hosts are skipped; the lost one has backups itself.
    ('a', without('b'), ('c', 'd')), ('a', without('b', 'c'), ('d',)), ('a', without('b', 'c', 'd'), ()), ('a', without('a'), ('b', 'c')),
    # The second is on a third rack where there is one.
    ('a', racks(a='r1', b='r1', c='r1', d='r2'), ('b', 'd')), ('a', racks(a='r1', b='r2', c='r2', d='r3'), ('b', 'd')),
    ('a', racks(a='r1', b='r2', c='r1', d='r2'), ('b', 'c')), ('a', racks(a='r1', b='r1', c='r1', d='r1'), ('b', 'c')),
    # One whose tokens nobody knows comes last.
    ('a', [Place('a'), Place('b'), *RING[2:]], ('c', 'd')), ('a', [Place('a'), Place('c'), Place('b')], ('b', 'c')),
    ('a', RING[:1], ()), ('a', RING[:2], ('b',))])
def test_who_backs_up_whom(host, places, found):
    assert backups(host, places, start_of) == found


def test_a_walk_begins_at_the_token_itself_and_goes_round():
    places = [Place('a', (1,)), Place('b', (5,)), Place('c', (9,))]
    assert backups('a', places, lambda name: 5) == ('b', 'c')
    assert backups('a', places, lambda name: 6) == ('c', 'b')
    assert backups('b', places, lambda name: 10) == ('a', 'c')


def test_who_observes_whom_follows():
    assert observed_by('a', RING, start_of) == ('b', 'c')
    assert observes('d', RING, start_of) == ('c',)
    assert observes('b', RING, start_of) == ('a', 'c', 'd')


def test_tokens_are_those_of_the_ring():
    # The driver's own test vector for Murmur3Partitioner.
    assert token_of('123') == -7468325962851647638


@st.composite
def fleets(draw):
    """Places of 1 to 8 hosts with distinct tokens, some without any, on up to four racks, some lost."""
    names = ['h%d' % number for number in range(1, draw(st.integers(1, 8)) + 1)]
    tokens = iter(draw(st.lists(st.integers(-2 ** 63, 2 ** 63 - 1), min_size=32, max_size=32, unique=True)))
    return [Place(name, tuple(next(tokens) for _token in range(draw(st.sampled_from([0, 1, 4])))),
                  draw(st.sampled_from(['', 'r1', 'r2', 'r3'])), draw(st.sampled_from([True, True, True, False]))) for name in names]


@given(fleets(), st.randoms(use_true_random=False))
def test_every_host_computes_the_same(places, chance):
    told = all_backups(places, token_of)
    shuffled = list(places)
    chance.shuffle(shuffled)
    assert all_backups([replace(each, tokens=each.tokens[::-1]) for each in shuffled], token_of) == told
    assert all(backups(each.host, shuffled, token_of) == told[each.host] for each in places)
    assert all((me.host in told[host]) is (host in observes(me.host, shuffled, token_of)) for me in places for host in told)


@given(fleets())
def test_backups_are_two_other_living_hosts_spread_over_racks(places):
    by_name = {each.host: each for each in places}
    for host, found in all_backups(places, token_of).items():
        others = [each for each in places if each.living and each.host != host]
        assert host not in found
        assert len(set(found)) == len(found) == min(2, len(others))
        assert all(by_name[name].living for name in found)
        if len(found) == 2:
            taken = {by_name[host].rack, by_name[found[0]].rack}
            assert by_name[found[1]].rack not in taken or all(each.rack in taken for each in others)


@given(fleets(), st.data())
def test_a_loss_changes_only_what_involved_the_lost_host(places, data):
    lost = data.draw(st.sampled_from(places)).host
    before = all_backups(places, token_of)
    after = all_backups([replace(each, living=each.living and each.host != lost) for each in places], token_of)
    for host, found in before.items():
        if lost not in found:
            assert after[host] == found
        elif found[0] != lost:
            # Whoever was first stays first.
            assert after[host][0] == found[0]
