# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ring as its members see it: membership, gossip, beats, tables, accounts."""

from __future__ import annotations

from outside import eventually, rows, run_cql
from testinfra.host import Host

TABLES = {
    "beats", "broadcasts", "containers", "decisions", "fleet", "hosts", "loads", "moves", "moves_by_host", "placements", "specs",
}


def test_each_node_knows_all_the_others(host: Host, addresses: dict[str, str]) -> None:
    peers = {row["peer"] for row in rows(host, "SELECT peer FROM system.peers_v2")}
    own = {row["broadcast_address"] for row in rows(host, "SELECT broadcast_address FROM system.local")}
    assert peers | own == set(addresses.values())
    assert len(own) == 1


def test_gossip_says_normal_of_everyone(host: Host, addresses: dict[str, str]) -> None:
    states = {row["address"]: row["status_with_port"] for row in rows(host, "SELECT address, status_with_port FROM system_views.gossip_info")}
    assert set(states) == set(addresses.values())
    assert all(state.startswith("NORMAL") for state in states.values()), states


def test_one_schema(host: Host) -> None:
    versions = {row["schema_version"] for table in ("local", "peers_v2") for row in rows(host, f"SELECT schema_version FROM system.{table}")}
    assert len(versions) == 1


def test_tables_exist_with_the_nodes_replication(first: Host, members: dict[str, Host]) -> None:
    found = {row["table_name"] for row in rows(first, "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'ringfleet'")}
    assert TABLES <= found
    for keyspace in ("ringfleet", "system_auth"):
        (row,) = rows(first, f"SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '{keyspace}'")
        factor = {1: 1, 2: 2, 3: 3, 4: 3}.get(len(members), 5)
        assert f"'{factor}'" in str(row["replication"]), row


def test_every_host_is_a_member(first: Host, members: dict[str, Host], addresses: dict[str, str]) -> None:
    found = {row["host"]: row for row in rows(first, "SELECT host, state, address, generation FROM ringfleet.hosts")}
    assert set(found) == set(members)
    assert {row["state"] for row in found.values()} == {"normal"}
    assert {name: row["address"] for name, row in found.items()} == addresses


def test_every_beat_goes_on(first: Host, members: dict[str, Host]) -> None:
    def counters() -> dict[str, int]:
        return {row["host"]: row["counter"] for row in rows(first, "SELECT host, counter FROM ringfleet.beats")}

    before = counters()
    assert set(before) == set(members)
    eventually("each beat to advance", lambda: all(now > before[name] for name, now in counters().items()))


def test_joining_was_broadcast(first: Host) -> None:
    kinds = {row["kind"] for row in rows(first, "SELECT kind FROM ringfleet.broadcasts")}
    assert "joined" in kinds


def test_the_default_superuser_is_gone(members: dict[str, Host]) -> None:
    for name, host in members.items():
        done = run_cql(host, "SELECT cluster_name FROM system.local", user="cassandra", password="cassandra")
        assert done.rc != 0, name
        assert "AuthenticationFailed" in done.stderr, (name, done.stderr)
