# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the store promises: the same tests on the in-memory twin and on the real ring."""
from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict, OutcomeUnknown, SpecTooLarge
from ansible_collections.ringfleet.core.plugins.module_utils.model import (
    Beat,
    Broadcast,
    ContainerRow,
    Decision,
    FleetRow,
    HostLoad,
    HostRow,
    LoadReport,
    MoveRow,
    Placement,
)
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import SPEC_LIMIT
from ansible_collections.ringfleet.core.plugins.module_utils.store.days import day_of


@pytest.mark.parametrize('row', [
    ContainerRow('NAME', 'h1', 3, 'abc', 'hash', 'web:1', 'running', 'm1', 'h2', 'h0'),
    HostRow('NAME', '', 2, 1750000000000, 'h1', 'boot', '10.0.0.1', 2222, 'ssh-ed25519 A', 'ssh-ed25519 B'),
    HostRow('NAME', away_until=1750000600000),
    HostRow('NAME', facts={'rack': 'r1', 'disk': 'ssd "fast"', 'zone': 'Zürich'}),
    FleetRow('NAME', 'value')], ids=['ContainerRow', 'HostRow', 'HostRow away', 'HostRow with facts', 'FleetRow'])
def test_a_row_comes_back_as_it_was_written(store, unique, row):
    key = {'ContainerRow': 'name', 'HostRow': 'host', 'FleetRow': 'key'}[type(row).__name__]
    written = store.swap(None, replace(row, **{key: unique}))
    assert written.nonce
    assert store.read(type(row), unique) == written
    assert written in store.scan(type(row))


def test_facts_are_replaced_whole(store, unique):
    first = store.swap(None, HostRow(unique, facts={'disk': 'hdd', 'gpu': 'none'}))
    store.swap(first, replace(first, facts={'disk': 'ssd'}))
    assert store.read(HostRow, unique).facts == {'disk': 'ssd'}


def test_what_is_not_there_is_none(store, unique):
    assert store.read(ContainerRow, unique) is None
    assert store.spec(unique, 'hash') is None
    assert store.move(unique) is None
    assert store.loads(unique) == []
    assert store.placements(unique) == []
    assert store.open_moves(unique) == []


def test_a_row_is_made_once(store, unique):
    first = store.swap(None, FleetRow(unique, 'first'))
    with pytest.raises(Conflict):
        store.swap(None, FleetRow(unique, 'second'))
    assert store.read(FleetRow, unique) == first


def test_a_swap_needs_the_row_as_it_was_read(store, unique):
    first = store.swap(None, FleetRow(unique, '1'))
    second = store.swap(first, FleetRow(unique, '2'))
    assert second.nonce != first.nonce
    with pytest.raises(Conflict):
        store.swap(first, FleetRow(unique, '3'))
    assert store.read(FleetRow, unique).value == '2'


def test_a_swap_of_a_row_that_is_not_there_makes_none(store, unique):
    with pytest.raises(Conflict):
        store.swap(FleetRow(unique, '0', nonce='n'), FleetRow(unique, '1'))
    assert store.read(FleetRow, unique) is None


def test_of_many_writers_exactly_one_wins(store, unique):
    first, won, lost = store.swap(None, FleetRow(unique, 'start')), [], []

    def write(number):
        for _try in range(20):
            try:
                won.append(store.swap(first, FleetRow(unique, str(number))))
                return
            except Conflict:
                lost.append(number)
                return
            except OutcomeUnknown:
                continue

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 5
    assert store.read(FleetRow, unique) == won[0]


def test_a_fence_changes_only_the_nonce(store, unique):
    first = store.swap(None, FleetRow(unique, 'value'))
    fenced = store.fence(FleetRow, unique)
    assert (fenced.value, fenced.nonce != first.nonce) == ('value', True)
    with pytest.raises(Conflict):
        store.swap(first, FleetRow(unique, 'late'))


def test_a_fence_of_nothing_stops_a_late_insert(store, unique):
    store.fence(FleetRow, unique)
    with pytest.raises(Conflict):
        store.swap(None, FleetRow(unique, 'late'))


def test_a_lost_answer_to_an_applied_write_is_found(store, unique, monkeypatch):
    first, real = store.swap(None, FleetRow(unique, '1')), store._cas
    answers = iter(['lose'])

    def losing(row, expected):
        applied = real(row, expected)
        if next(answers, None):
            raise OutcomeUnknown('the answer is lost')
        return applied

    monkeypatch.setattr(store, '_cas', losing)
    second = store.swap(first, FleetRow(unique, '2'))
    assert store.read(FleetRow, unique) == second


def test_a_lost_write_can_never_apply_later(store, unique, monkeypatch):
    first, real, late = store.swap(None, FleetRow(unique, '1')), store._cas, []

    def losing(row, expected):
        if not late:
            late.append((row, expected))
            raise OutcomeUnknown('the request is lost, and may yet arrive')
        return real(row, expected)

    monkeypatch.setattr(store, '_cas', losing)
    with pytest.raises(Conflict, match='can no longer apply'):
        store.swap(first, FleetRow(unique, '2'))
    assert real(*late[0]) is False
    assert store.read(FleetRow, unique).value == '1'


def test_until_it_is_settled_nothing_else_is_written(store, unique, monkeypatch):
    first, real = store.swap(None, FleetRow(unique, '1')), store._cas

    def losing(row, expected):
        raise OutcomeUnknown('out of reach')

    monkeypatch.setattr(store, '_cas', losing)
    for _try in range(2):
        with pytest.raises(OutcomeUnknown):
            store.swap(first, FleetRow(unique, '2'))
    monkeypatch.setattr(store, '_cas', real)
    with pytest.raises(Conflict):
        store.swap(first, FleetRow(unique, '3'))
    now = store.read(FleetRow, unique)
    assert now.value == '1'
    assert store.swap(now, FleetRow(unique, '4')).value == '4'


def test_a_repair_of_the_local_ring_node_is_told_while_it_runs(store, repair):
    assert store.ring_work() == ()
    seen = set()
    with repair(store) as running:
        while running():
            seen.add(store.ring_work())
    assert any('a repair' in words for words in seen)
    assert {word for words in seen for word in words} <= {'streaming', 'a repair'}
    assert store.ring_work() == ()


def test_the_ring_says_how_many_copies_it_keeps(store):
    assert store.copies() in (1, 2, 3, 5)


def test_beats_are_replaced(store, unique):
    for counter in (1, 2):
        beat = Beat(unique, 'boot', 5, counter, 1750000000000, '1.0.0', HostLoad(2.0, 0.5, 1 << 30, 1 << 20, 1.5, contended=('hot',)),
                    {'h2': 1.25}, ('h3', 'h4'), 1740000000000, 'it paused for 3.0 s')
        store.put_beat(beat)
    assert [each for each in store.beats() if each.host == unique] == [beat]


def test_loads_are_replaced_and_dropped(store, unique):
    one = LoadReport('one', unique, cpu_used=0.5, findings=('hot',), rules=('require disk=ssd',), mode='start-first', rebalance=True)
    two = LoadReport('two', unique)
    store.put_loads(unique, [one, two])
    assert store.loads(unique) == [one, two]
    store.put_loads(unique, [replace(one, cpu_used=0.7)], ['two'])
    assert store.loads(unique) == [replace(one, cpu_used=0.7)]


def test_a_host_whose_clock_was_set_back_is_heard_all_the_same(store, an_hour_ahead, unique):
    said = Beat(unique, 'boot', 5, 1, 1750000000000, '1.0.0', HostLoad(2.0, 0.5, 1 << 30, 1 << 20, 1.5))
    one, two = LoadReport('one', unique, cpu_used=0.5), LoadReport('two', unique)
    an_hour_ahead.put_beat(said)
    an_hour_ahead.put_loads(unique, [one, two])
    for counter in (2, 3):
        store.put_beat(replace(said, counter=counter))
        assert [each.counter for each in store.beats() if each.host == unique] == [counter]
    store.put_loads(unique, [replace(one, cpu_used=0.7)], ['two'])
    assert store.loads(unique) == [replace(one, cpu_used=0.7)]


def test_placements(store, unique):
    placement = Placement(unique, 'web', 'abc', 2)
    store.put_placement(placement)
    assert store.placements(unique) == [placement]
    store.drop_placement(unique, 'web')
    assert store.placements(unique) == []


def test_specs_are_bytes_up_to_a_mebibyte(store, unique):
    store.put_spec(unique, 'hash', b'\x00\xff' * (SPEC_LIMIT // 2))
    assert store.spec(unique, 'hash') == b'\x00\xff' * (SPEC_LIMIT // 2)
    with pytest.raises(SpecTooLarge, match=unique):
        store.put_spec(unique, 'other', b'x' * (SPEC_LIMIT + 1))
    assert store.spec(unique, 'other') is None


def test_each_side_writes_its_columns_of_a_move(store, unique):
    store.put_move(unique, asked='{}', source_step='planned', source_times={'planned': 1})
    store.put_move(unique, target_step='admitted', target_times={'admitted': 2})
    store.put_move(unique, source_step='claimed')
    move = MoveRow(unique, '{}', '', 'claimed', '', {'planned': 1}, 'admitted', '', {'admitted': 2})
    assert store.move(unique) == move
    assert move in store.moves()


def test_open_moves_come_oldest_first(store, unique):
    for ident in ('0002-b', '0001-a'):
        store.index_move(unique, ident)
    assert store.open_moves(unique) == ['0001-a', '0002-b']
    store.unindex_move(unique, '0001-a')
    store.unindex_move(unique, '0001-a')
    assert store.open_moves(unique) == ['0002-b']


def test_broadcasts_since(store, unique):
    now = int(time.time() * 1000)
    early, late = (Broadcast(unique + end, 'moved', 'h1', 'web', 'm', 'd', now + shift)
                   for end, shift in (('-1', -60000), ('-2', 0)))
    store.put_broadcast(late)
    store.put_broadcast(early)
    assert [each for each in store.broadcasts(now - 120000) if each.id.startswith(unique)] == [early, late]
    assert [each for each in store.broadcasts(now - 30000) if each.id.startswith(unique)] == [late]


def test_decisions_of_a_day(store, unique):
    now = int(time.time() * 1000)
    decision = Decision('d1', unique, 'asked', 'web', 'm', 'h2', 'because', {'alpha': 2.0}, ({'host': 'h2'},),
                        ('db: it stays',), {'cpu': 0.5, 'memory': 7}, ('require disk=ssd',), now)
    store.put_decision(decision)
    assert store.decisions(unique, day_of(now)) == [decision]
    assert store.decisions(unique, '2001-01-01') == []
