# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of users: adopted, reported by their host, registered everywhere, and moved by a module.

The order matters, so no test here asks for testinfra's own ``host``: its parameters would reorder them."""

from __future__ import annotations

from typing import Any

from outside import answers, eventually, inspect, rows
from testinfra.host import Host

SECRET = "planted-molecule-secret"


def row_of(host: Host, name: str) -> dict[str, Any]:
    """The container's row, the one authority."""
    found = rows(host, f"SELECT * FROM ringfleet.containers WHERE name = '{name}'")
    return found[0] if found else {}


def module(host: Host, name: str, arguments: str, check: bool = False) -> dict[str, Any]:
    """The result of one of the collection's modules."""
    told = host.ansible(f"ringfleet.core.{name}", arguments, check=check)
    # A failed module's result has a message; testinfra raises for some of them only.
    assert "msg" not in told, told["msg"]
    return told


def test_labelled_containers_are_adopted_and_no_other(first: Host, home: str) -> None:
    found = eventually("adoption", lambda: {row["name"] for row in rows(first, "SELECT name FROM ringfleet.containers")} >= {"shop", "wiki"})
    assert found
    assert row_of(first, "private") == {}
    assert row_of(first, "wiki")["holder"] == home


def test_the_report_is_its_hosts_alone_the_registration_everyones(members: dict[str, Host], home: str) -> None:
    for host in members.values():
        cql = f"SELECT name FROM ringfleet.loads WHERE host = '{home}'"
        reported = eventually("the report of wiki", lambda: {row["name"] for row in rows(host, cql)} & {"shop", "wiki"})
        assert reported == {"shop", "wiki"}
        assert rows(host, "SELECT name FROM ringfleet.loads WHERE name = 'private' ALLOW FILTERING") == []


def test_check_mode_of_a_move_changes_nothing(first: Host, away: str) -> None:
    before = row_of(first, "shop")
    told = module(first, "migrate", f"name=shop host={away}", check=True)
    assert told["changed"] is True
    assert row_of(first, "shop") == before


def test_a_container_moves_and_its_host_is_cleaned_up(members: dict[str, Host], first: Host, home: str, away: str) -> None:
    old, epoch = inspect(members[home], "shop"), row_of(first, "shop")["epoch"]
    assert old is not None
    told = module(first, "migrate", f"name=shop host={away}", check=False)
    assert (told["changed"], told["source"], told["target"], told["move"]["outcome"]) == (True, home, away, "done")

    new = inspect(members[away], "shop")
    assert new is not None and new["State"]["Running"]
    assert inspect(members[home], "shop") is None
    row = row_of(first, "shop")
    assert (row["holder"], row["epoch"], row["instance"], row["move"] or "") == (away, epoch + 1, new["Id"], "")
    for key in ("Env", "Cmd", "Entrypoint", "User", "Image"):
        assert new["Config"][key] == old["Config"][key], key
    for key in ("RestartPolicy", "Memory", "NanoCpus", "PortBindings", "Tmpfs", "LogConfig"):
        assert new["HostConfig"].get(key) == old["HostConfig"].get(key), key
    was, is_now = ({name: value for name, value in copy["Config"]["Labels"].items() if name != "ringfleet.move"} for copy in (old, new))
    assert is_now == was


def test_the_move_was_told_by_both_sides(first: Host, home: str, away: str) -> None:
    told = {(row["kind"], row["name"], row["host"]) for row in rows(first, "SELECT kind, name, host FROM ringfleet.broadcasts")}
    assert {("moved", "shop", home), ("effective", "shop", away)} <= told


def test_moving_again_to_where_it_is_changes_nothing(members: dict[str, Host], away: str, third: str) -> None:
    told = module(members[third], "migrate", f"name=shop host={away}", check=False)
    assert told["changed"] is False


def test_it_moves_back_asked_for_by_a_third(members: dict[str, Host], first: Host, home: str, away: str, third: str) -> None:
    told = module(members[third], "migrate", f"name=shop host={home}", check=False)
    assert told["move"]["outcome"] == "done"
    assert inspect(members[away], "shop") is None
    assert row_of(first, "shop")["holder"] == home


def test_no_copy_is_left_over(members: dict[str, Host]) -> None:
    assert [told for told in (module(host, "cleanup", "", check=True) for host in members.values()) if told["removed"]] == []


def test_secrets_of_a_container_are_nowhere_in_clear(first: Host) -> None:
    tables = [row["table_name"] for row in rows(first, "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'ringfleet'")]
    content = dict(zip(tables, answers(first, *(f"SELECT * FROM ringfleet.{table}" for table in tables)), strict=True))
    assert [table for table, found in content.items() if SECRET in str(found) or SECRET.encode().hex() in str(found)] == []
    # The sealed request is there, of the container that moved.
    assert {row["name"] for row in content["specs"]} >= {"shop"}


def test_secrets_of_a_container_are_in_no_log_and_no_answer(members: dict[str, Host]) -> None:
    for name, host in members.items():
        assert SECRET not in host.check_output("journalctl --no-pager -u ringfleet-watcher -u ringfleet-node"), name
        assert SECRET not in str(module(host, "container_info", "")), name
