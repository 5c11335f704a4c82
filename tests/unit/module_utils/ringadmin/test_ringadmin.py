# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ringadmin's decisions that need no ring; what it does on one is tried by molecule."""

from __future__ import annotations

import contextlib
import io
import json
import re
import types
import typing

import pytest
from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster
from cassandra.connection import DefaultEndPoint

from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import main as cli
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import auth, config, replication, schema, session, status
from ansible_collections.ringfleet.core.plugins.module_utils.store.schema import SCHEMA_VERSION, TABLES

GIVEN = {"address": "10.0.0.1", "admin_password": "planted-secret-a", "watcher_password": "planted-secret-b"}
READING = dict(GIVEN, reader_password="planted-secret-c")


@pytest.mark.parametrize(("nodes", "factor"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 5), (50, 5)])
def test_factor_follows_the_nodes(nodes: int, factor: int) -> None:
    assert replication.factor(nodes) == factor


SIMPLE = "org.apache.cassandra.locator.SimpleStrategy"
TOPOLOGY = "org.apache.cassandra.locator.NetworkTopologyStrategy"


@pytest.mark.parametrize(("current", "wanted", "raised"), [
    (None, 5, 5),
    ({"class": SIMPLE, "replication_factor": "1"}, 5, 2),
    ({"class": SIMPLE, "replication_factor": "7"}, 5, 5),
    ({"class": TOPOLOGY, "dc1": "2"}, 5, 3),
    ({"class": TOPOLOGY, "dc1": "4"}, 5, 5),
    ({"class": TOPOLOGY, "dc1": "5"}, None, None),
    ({"class": TOPOLOGY, "dc1": "6"}, None, None),
])
def test_copies_are_raised_one_by_one_and_never_lowered(current: dict | None, wanted: int | None, raised: int | None) -> None:
    assert (replication.wanted(current, "dc1", 5), replication.raised(current, "dc1", 5)) == (wanted, raised)


@pytest.mark.parametrize(("current", "wanted"), [
    (None, None),
    ({"class": SIMPLE, "replication_factor": "3"}, None),
    ({"class": TOPOLOGY, "dc1": "2"}, None),
    ({"class": TOPOLOGY, "dc1": "3"}, 2),
    ({"class": TOPOLOGY, "dc1": "5"}, 4),
])
def test_copies_are_lowered_one_by_one_and_never_raised(current: dict, wanted: int) -> None:
    assert replication.lowered(current, "dc1", 2) == wanted


@pytest.mark.parametrize(("text", "said"), [("no json", "no JSON"), (json.dumps({"address": "x", "typo": 1}), "typo")])
def test_a_wrong_configuration_is_named(text: str, said: str) -> None:
    with pytest.raises(config.RingAdminError, match=said):
        config.load(io.StringIO(text))


@pytest.mark.parametrize(("error", "said"), [
    (config.RingAdminError("the ring node 10.0.0.1 does not answer"), "the ring node 10.0.0.1 does not answer"),
    (ValueError("near PASSWORD = 'planted-secret-b'"), "ValueError: near PASSWORD = '***'"),
    (ValueError("near PASSWORD = 'planted-secret-c'"), "ValueError: near PASSWORD = '***'"),
])
def test_errors_are_one_line_without_a_secret(error, said, monkeypatch, capsys) -> None:
    def broken(given: config.Config) -> dict:
        raise error

    monkeypatch.setitem(cli.COMMANDS, "status", broken)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(READING)))
    assert cli.main(["status", "--config", "-"]) == 1
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"error": said}
    assert "planted" not in printed


@pytest.mark.parametrize(("theirs", "skew"), [(100.0, 0.0), (100.4, 0.0), (97.0, 3.0), (105.5, 5.0)])
def test_skew_is_never_told_too_large(theirs: float, skew: float) -> None:
    assert status.least_skew(100.0, theirs, 100.5) == skew


def test_normal_leaves_out_who_left() -> None:
    class Session:
        """Answers the gossip query as a node does."""

        def execute(self, query: str) -> list:
            """Three nodes, one of them assassinated."""
            assert "gossip_info" in query
            return [{"address": a, "status_with_port": s} for a, s in (("10.0.0.2", "NORMAL,-1"), ("10.0.0.1", "NORMAL,-2"), ("10.0.0.3", "LEFT,1,2"))]

    assert status.normal(Session()) == ["10.0.0.1", "10.0.0.2"]


def test_the_dropped_superuser_is_asked_for_until_it_is_refused(monkeypatch) -> None:
    seen = [True, session.Unreachable("let in out of memory"), False]
    asked = []

    def accepted(given, user, password):
        asked.append((user, password))
        answer = seen.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(auth, "_accepted", accepted)
    monkeypatch.setattr(auth.time, "sleep", lambda seconds: None)
    auth._forget_default(config.load(io.StringIO(json.dumps(GIVEN))))
    assert (seen, asked) == ([], [(session.DEFAULT, session.DEFAULT)] * 3)


def test_a_superuser_that_stays_is_told(monkeypatch) -> None:
    monkeypatch.setattr(auth, "_accepted", lambda *given: True)
    monkeypatch.setattr(auth.time, "sleep", lambda seconds: None)
    with pytest.raises(session.Refused, match="still lets the default superuser"):
        auth._forget_default(config.load(io.StringIO(json.dumps(dict(GIVEN, timeout=0.01)))))


def test_the_driver_waits_for_no_dead_node() -> None:
    cluster = Cluster(["10.0.0.1"])
    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        cluster.add_host(DefaultEndPoint(address), signal=False)
    columns = ["peer", "schema_version"]

    def disagreeing() -> dict | None:
        """As the driver itself finds it behind each change of the schema; None when all agree."""
        peers = types.SimpleNamespace(column_names=columns, parsed_rows=[("10.0.0.2", "new"), ("10.0.0.3", "old")])
        local = types.SimpleNamespace(column_names=["schema_version"], parsed_rows=[("new",)])
        return cluster.control_connection._get_schema_mismatches(peers, local, DefaultEndPoint("10.0.0.1"))

    assert disagreeing() is not None
    session.give_up(types.SimpleNamespace(cluster=cluster), "10.0.0.3")
    assert disagreeing() is None


class Ring:
    """A session with a ring that has some of the tables' columns; it notes what changes it."""

    def __init__(self, columns: dict, version: int | None = None) -> None:
        self.columns = columns
        self.changes = []
        self.row = None if version is None else {"value": str(version), "nonce": "seen"}
        self.faster = None

    def execute(self, query: typing.Any, values: tuple = ()) -> typing.Any:
        """Answers what the schema asks; one new column comes to be with each ALTER. ``faster``: the version that somebody sets meanwhile."""
        if not isinstance(query, str):
            return types.SimpleNamespace(one=lambda answer=self.conditional(query, values): answer)
        if "system_schema.columns" in query:
            return [{"table_name": table, "column_name": column, "kind": "regular", "position": -1, "type": kind}
                    for table, columns in self.columns.items() for column, kind in columns.items()]
        if "system_schema.keyspaces" in query:
            return types.SimpleNamespace(one=lambda: {"replication": {"dc1": "3"}})
        if query.startswith("LIST"):
            return []
        self.changes.append(query)
        if query.startswith("ALTER"):
            table, column, kind = re.fullmatch(r'ALTER TABLE ringfleet\.(\w+) ADD IF NOT EXISTS "(\w+)" (\w+)', query).groups()
            self.columns[table][column] = kind
        return []

    def conditional(self, query: typing.Any, values: tuple) -> dict | None:
        """The version's row: read, or written if it is still what was read."""
        assert query.serial_consistency_level == (None if query.query_string.startswith("SELECT") else ConsistencyLevel.SERIAL)
        if query.query_string.startswith("SELECT"):
            assert query.consistency_level == ConsistencyLevel.SERIAL
            return self.row
        assert query.query_string.endswith(("IF NOT EXISTS", "IF nonce = %s"))
        self.changes.append(query.query_string)
        if self.faster is not None:
            self.row = {"value": str(self.faster), "nonce": "another"}
        wanted = (None, *values[1:]) if query.query_string.startswith("INSERT") else (values[3], *values[:2])
        applied = (self.row["nonce"] if self.row else None) == wanted[0]
        if applied:
            self.row = {"value": wanted[1], "nonce": wanted[2]}
        return {"[applied]": applied}


def columns_of_the_tables() -> dict:
    return {table.name: dict(table.columns) for table in TABLES}


def ensured(ring: Ring, monkeypatch) -> dict:
    """What the command schema answers on a ring."""
    monkeypatch.setattr(schema, "connect", lambda *given: contextlib.nullcontext(ring))
    return schema.ensure(config.load(io.StringIO(json.dumps(GIVEN))))


def test_a_whole_schema_is_left_as_it_is(monkeypatch) -> None:
    ring = Ring(columns_of_the_tables(), SCHEMA_VERSION)
    assert ensured(ring, monkeypatch)["changed"] is False
    assert not [query for query in ring.changes if not query.startswith("GRANT")]


def test_what_an_older_version_lacks_is_added_once(monkeypatch) -> None:
    ring = Ring(columns_of_the_tables())
    for table, column in (("hosts", "facts"), ("containers", "moved_at"), ("decisions", "rules")):
        del ring.columns[table][column]
    ring.columns["hosts"]["of_a_newer_version"] = "text"
    assert ensured(ring, monkeypatch)["changed"] is True
    assert [query for query in ring.changes if query.startswith("ALTER")] == [
        'ALTER TABLE ringfleet.containers ADD IF NOT EXISTS "moved_at" bigint',
        'ALTER TABLE ringfleet.hosts ADD IF NOT EXISTS "facts" text',
        'ALTER TABLE ringfleet.decisions ADD IF NOT EXISTS "rules" text']
    assert not any("DROP" in query for query in ring.changes)
    ring.changes.clear()
    assert ensured(ring, monkeypatch)["changed"] is False
    assert not any("ALTER" in query for query in ring.changes)


def test_a_table_that_is_not_there_is_made_whole(monkeypatch) -> None:
    ring = Ring({})
    ensured(ring, monkeypatch)
    assert sum(query.startswith("CREATE TABLE") for query in ring.changes) == len(TABLES)
    assert not any("ALTER" in query for query in ring.changes)


def test_what_cannot_be_mended_is_named_and_nothing_is_changed(monkeypatch) -> None:
    ring = Ring(columns_of_the_tables())
    ring.columns["hosts"]["facts"] = "map<text, text>"
    del ring.columns["loads"]["name"]
    with pytest.raises(config.RingAdminError) as caught:
        ensured(ring, monkeypatch)
    assert "column facts of table ringfleet.hosts is map<text, text> and must be text" in str(caught.value)
    assert "table ringfleet.loads has no column name in its key" in str(caught.value)
    assert ring.changes == []


@pytest.mark.parametrize("version", [None, 3])
def test_the_version_is_set_once_behind_the_migration(monkeypatch, version: int | None) -> None:
    ring = Ring(columns_of_the_tables(), version)
    del ring.columns["beats"]["repaired_at"]
    told = ensured(ring, monkeypatch)
    assert (told["changed"], told["before"], told["version"], ring.row["value"]) == (True, version or 0, SCHEMA_VERSION, str(SCHEMA_VERSION))
    written = [number for number, query in enumerate(ring.changes) if "ringfleet.fleet " in query and "CREATE" not in query]
    assert len(written) == 1 and written[0] > max(number for number, query in enumerate(ring.changes) if query.startswith("ALTER"))
    ring.changes.clear()
    assert ensured(ring, monkeypatch)["changed"] is False
    assert all(query.startswith("GRANT") for query in ring.changes)


def test_an_older_program_refuses_and_changes_nothing(monkeypatch) -> None:
    ring = Ring(columns_of_the_tables(), SCHEMA_VERSION + 1)
    with pytest.raises(config.RingAdminError, match="it is older than what the fleet runs. Use the newer collection; nothing was changed"):
        ensured(ring, monkeypatch)
    assert ring.changes == []


@pytest.mark.parametrize(("faster", "says"), [(SCHEMA_VERSION, ""), (SCHEMA_VERSION + 1, "it is older than what the fleet runs"), (2, "run this again")])
def test_of_two_at_once_one_sets_it(monkeypatch, faster: int, says: str) -> None:
    ring = Ring(columns_of_the_tables(), 3)
    ring.faster = faster
    if not says:
        assert ensured(ring, monkeypatch)["changed"] is False
        return
    with pytest.raises(config.RingAdminError, match=says):
        ensured(ring, monkeypatch)


def test_the_reader_may_read_the_fleet_s_tables_and_nothing_else(monkeypatch) -> None:
    ring = Ring(columns_of_the_tables())
    monkeypatch.setattr(schema, "connect", lambda *given: contextlib.nullcontext(ring))
    schema.ensure(config.load(io.StringIO(json.dumps(READING))))
    assert [query for query in ring.changes if "ringfleet_reader" in query] == ["GRANT SELECT ON KEYSPACE ringfleet TO ringfleet_reader"]
    ring.changes.clear()
    ensured(ring, monkeypatch)
    assert not any("ringfleet_reader" in query for query in ring.changes)


class Roles:
    """A session with a ring that has these roles, each with a password."""

    def __init__(self, passwords: dict) -> None:
        self.passwords = passwords

    def execute(self, query: str) -> list:
        """Lists the roles, and makes them or changes their passwords."""
        found = re.match(r"(?:CREATE ROLE IF NOT EXISTS|ALTER ROLE) (\w+) WITH LOGIN = true AND PASSWORD = '(.+)'", query)
        if found:
            self.passwords[found.group(1)] = found.group(2)
        return [{"role": name} for name in self.passwords]


@pytest.mark.parametrize(("there", "changed"), [
    ({}, True), ({"ringfleet_watcher": "planted-secret-b", "ringfleet_reader": "old"}, True),
    ({"ringfleet_watcher": "planted-secret-b", "ringfleet_reader": "planted-secret-c"}, False)])
def test_each_role_has_the_password_that_derives_from_the_secret(there: dict, changed: bool, monkeypatch) -> None:
    ring = Roles(dict(there, ringfleet_admin="planted-secret-a"))
    monkeypatch.setattr(auth, "connect", lambda *given: contextlib.nullcontext(ring))
    monkeypatch.setattr(auth, "_accepted", lambda given, user, password: ring.passwords.get(user) == password)
    assert auth.ensure(config.load(io.StringIO(json.dumps(READING)))) == {"changed": changed}
    assert ring.passwords == {"ringfleet_admin": "planted-secret-a", "ringfleet_watcher": "planted-secret-b", "ringfleet_reader": "planted-secret-c"}


@pytest.mark.parametrize("there", [True, False])
def test_the_tables_are_dropped_once(there: bool, monkeypatch) -> None:
    asked = []

    class Session:
        """With or without the keyspace."""

        def execute(self, query: str) -> typing.Any:
            """Notes what is asked."""
            asked.append(query)
            return types.SimpleNamespace(one=lambda: {"keyspace_name": "ringfleet"} if there else None)

    monkeypatch.setattr(schema, "connect", lambda *given: contextlib.nullcontext(Session()))
    assert schema.forget(config.load(io.StringIO(json.dumps(GIVEN)))) == {"changed": there}
    assert [query for query in asked if query.startswith("DROP")] == ["DROP KEYSPACE IF EXISTS ringfleet"] * there


def test_waiting_for_the_schema_of_a_dead_node_ends_before_the_request_does() -> None:
    assert session.AGREEMENT_TIMEOUT * 2 <= session.REQUEST_TIMEOUT
