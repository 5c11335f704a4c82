# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sealing and the schema."""
from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import pytest
from cassandra import OperationTimedOut
from cassandra.connection import ConnectionBusy, ConnectionShutdown
from ansible_collections.ringfleet.core.plugins.module_utils.errors import SealError, StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import FleetRow, HostRow, MoveRow
from ansible_collections.ringfleet.core.plugins.module_utils.store import cassandra as cassandra_store
from ansible_collections.ringfleet.core.plugins.module_utils.store import seal
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import CONDITIONAL
from ansible_collections.ringfleet.core.plugins.module_utils.store.cells import to_cell, to_row
from ansible_collections.ringfleet.core.plugins.module_utils.store.days import hours_between
from ansible_collections.ringfleet.core.plugins.module_utils.store.schema import TABLES, statements

KEY, SPEC = b'k' * 32, {'name': 'web', 'config': {'Env': ['PASSWORD=hunter2' * 100]}}


def test_a_sealed_spec_opens_only_for_its_container_with_its_key():
    digest = seal.spec_hash(KEY, SPEC)
    sealed = seal.seal(KEY, 'web', digest, SPEC)
    assert b'hunter2' not in sealed
    assert seal.unseal(KEY, 'web', digest, sealed) == SPEC
    for key, name, hashed, text in ((b'x' * 32, 'web', digest, sealed), (KEY, 'other', digest, sealed),
                                    (KEY, 'web', 'other', sealed), (KEY, 'web', digest, sealed[:-1] + b'x')):
        with pytest.raises(SealError) as caught:
            seal.unseal(key, name, hashed, text)
        assert 'hunter2' not in str(caught.value)
    with pytest.raises(SealError, match='unknown format'):
        seal.unseal(KEY, 'web', digest, b'\x09' + sealed[1:])


def test_the_hash_names_the_spec_and_needs_the_key():
    assert seal.spec_hash(KEY, SPEC) == seal.spec_hash(KEY, dict(reversed(SPEC.items())))
    assert seal.spec_hash(KEY, SPEC) != seal.spec_hash(b'x' * 32, SPEC)
    assert seal.spec_hash(KEY, SPEC) != seal.spec_hash(KEY, dict(SPEC, name='other'))


def test_the_schema_is_idempotent_and_takes_no_odd_datacenter():
    made = statements(3, 'dc1')
    assert len(made) == len(TABLES) + 1
    assert all('IF NOT EXISTS' in text for text in made)
    assert "'dc1': 3" in made[0]
    with pytest.raises(ValueError):
        statements(3, "dc'; DROP")


def test_a_tables_cql_comes_from_its_one_definition():
    decisions = next(table for table in TABLES if table.name == 'decisions')
    assert decisions.create().startswith('CREATE TABLE IF NOT EXISTS ringfleet.decisions ("host" text, "day" text, ')
    assert decisions.create().endswith(', PRIMARY KEY ((host, day), id)) WITH default_time_to_live = 2592000')
    assert decisions.add('brakes') == 'ALTER TABLE ringfleet.decisions ADD IF NOT EXISTS "brakes" text'
    assert decisions.key_columns == ('host', 'day', 'id')


@pytest.mark.parametrize('kind', CONDITIONAL, ids=lambda kind: kind.__name__)
def test_a_conditional_rows_fields_are_columns(kind):
    name, key = CONDITIONAL[kind]
    table = next(table for table in TABLES if table.name == name)
    assert {each.name for each in fields(kind)} <= set(table.columns)
    assert table.key_columns == (key,)


@pytest.mark.parametrize('row', [
    HostRow('h1', ssh_port=2222, facts={'disk': 'ssd', 'rack': 'r1'}, away_until=1750000600000, nonce='n'), HostRow('h1'), FleetRow('key', '{"alpha": 2}'),
    MoveRow('m', source_times={'planned': 1}, target_times={'admitted': 2})], ids=['facts', 'no facts', 'fleet', 'move'])
def test_dictionaries_are_json_in_their_cells_and_nothing_else_is(row):
    cells = {each.name: to_cell(getattr(row, each.name)) for each in fields(row)}
    assert not any(isinstance(cell, dict) for cell in cells.values())
    assert to_row(type(row), cells) == row


@pytest.mark.parametrize('empty', [None, ''])
def test_a_cell_of_a_column_that_is_new_is_the_default(empty):
    assert to_row(HostRow, {'host': 'h1', 'facts': empty, 'state': None}) == HostRow('h1')


def test_hours_between():
    assert hours_between(1750000000000, 1750003600000) == ['2025-06-15T15', '2025-06-15T16']


@pytest.mark.parametrize('error', [ConnectionShutdown('Connection to 10.0.0.1 was closed'), ConnectionBusy('no more streams'), OperationTimedOut()],
                         ids=lambda each: type(each).__name__)
def test_a_connection_that_dies_under_a_request_is_told_as_what_it_means(error, monkeypatch):
    def execute(*_asked, **_how):
        raise error

    session = SimpleNamespace(execute=execute, prepare=lambda text: SimpleNamespace(query_string=text))
    cluster = SimpleNamespace(connect=lambda: session, shutdown=lambda: None)
    store = cassandra_store.CassandraStore(lambda: cluster, '10.0.0.1')
    try:
        assert store.wait_connected(10)
        with pytest.raises(StoreUnavailable, match=type(error).__name__):
            store.read(HostRow, 'h1')
        with pytest.raises(StoreUnavailable, match=type(error).__name__):
            store.unindex_move('h1', 'm')
        with pytest.raises(StoreUnavailable, match=type(error).__name__):
            store.swap(HostRow('h1', nonce='n1'), HostRow('h1', state='normal'))
        # It may have been applied: the next write of this row settles that first.
        assert list(store._unsettled) == [(HostRow, 'h1')]
    finally:
        store.close()
