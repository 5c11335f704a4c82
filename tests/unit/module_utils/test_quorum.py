# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows would have no quorum: against the driver's own replicas, and against the count that the tolerance goes by."""
from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.ring.backups import Place
from ansible_collections.ringfleet.core.plugins.module_utils.ring.quorum import range_of, ranges, unserved
from ansible_collections.ringfleet.core.plugins.module_utils.ring.tolerance import no_quorum
from cassandra.metadata import Murmur3Token, NetworkTopologyStrategy
from hypothesis import given
from hypothesis import strategies as st

TOKENS = st.integers(-2 ** 63, 2 ** 63 - 1)


@st.composite
def rings(draw):
    """Places of 1 to 7 hosts with 1 to 4 tokens each, in 1 to 4 racks."""
    size = draw(st.integers(1, 7))
    counts = [draw(st.integers(1, 4)) for _host in range(size)]
    tokens = iter(draw(st.lists(TOKENS, min_size=sum(counts), max_size=sum(counts), unique=True)))
    return [Place('h%d' % number, tuple(itertools.islice(tokens, count)), 'r%d' % draw(st.integers(1, 4))) for number, count in enumerate(counts, 1)]


def as_the_driver_has_it(places, copies):
    """{token: names}, by the driver's NetworkTopologyStrategy, which hands out the replicas of the next token's range."""
    hosts = {each.host: SimpleNamespace(datacenter='dc1', rack=each.rack, name=each.host) for each in places}
    ring = sorted((token, each.host) for each in places for token in each.tokens)
    order = [Murmur3Token(token) for token, _host in ring]
    found = NetworkTopologyStrategy({'dc1': str(copies)}).make_token_replica_map({Murmur3Token(token): _Hashed(hosts[host]) for token, host in ring}, order)
    return {token.value: {each.name for each in keepers} for token, keepers in found.items()}


class _Hashed:
    def __init__(self, host):
        self.datacenter, self.rack, self.name, self.endpoint = host.datacenter, host.rack, host.name, host.name

    def __eq__(self, other):
        return self.name == other.name

    def __hash__(self):
        return hash(self.name)


@given(rings(), st.sampled_from([1, 2, 3, 5]))
def test_the_keepers_are_those_of_the_driver(places, copies):
    told = as_the_driver_has_it(places, copies)
    for each in ranges(places, copies):
        assert len(each.keepers) == min(copies, len(places))
        # Of hosts that share a rack the driver forgets some where the last rack comes early; what it finds whole is right.
        if len(told[each.last]) == len(each.keepers):
            assert set(each.keepers) == told[each.last]


@given(rings(), st.integers(0, 5))
def test_no_row_is_without_quorum_where_the_count_says_so(places, down):
    copies = 5 if len(places) >= 5 else min(len(places), 3)
    found = ranges(places, copies)
    assert abs(sum(each.share for each in found) - 1.0) < 1e-9
    for hosts in itertools.combinations([each.host for each in places], min(down, len(places))):
        if unserved(found, copies, set(hosts)):
            assert no_quorum(len(hosts), copies)


def places(*tokens):
    return [Place('h%d' % number, each) for number, each in enumerate(tokens, 1)]


def test_a_row_lies_in_the_range_that_ends_at_the_next_token():
    found = ranges(places((-100,), (0,), (100,)), 1)
    assert [range_of(token, found).keepers for token in (-100, -99, 0, 1, 100, 101, -2 ** 63)] == [
        ('h1',), ('h2',), ('h2',), ('h3',), ('h3',), ('h1',), ('h1',)]


@pytest.mark.parametrize('copies, down, share', [
    (3, {'h1'}, 0.0), (3, {'h1', 'h2'}, 0.5), (3, {'h1', 'h3'}, 0.5), (3, {'h1', 'h2', 'h3'}, 1.0), (2, {'h1'}, 0.5)])
def test_of_four_hosts_some_rows_have_no_quorum(copies, down, share):
    quarter = 2 ** 62
    four = ranges(places((-2 * quarter,), (-quarter,), (0,), (quarter,)), copies)
    assert sum(each.share for each in unserved(four, copies, down)) == pytest.approx(share)


def test_one_host_has_all_of_it():
    assert [(each.share, each.keepers) for each in ranges(places((7,)), 1)] == [(1.0, ('h1',))]
    assert ranges([Place('h1')], 1) == ()
