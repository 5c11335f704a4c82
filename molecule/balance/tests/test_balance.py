# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contention on one host: its own watcher decides, one container leaves, those that may not or should not go stay."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from outside import eventually, inspect, rows
from testinfra.host import Host

MOVER, STAYS, CHOKED = "balance-cruncher", "balance-ledger", "balance-choked"


def row_of(host: Host, name: str) -> dict[str, Any]:
    """The container's row, the one authority."""
    found = rows(host, f"SELECT * FROM ringfleet.containers WHERE name = '{name}'")
    return found[0] if found else {}


def decision_of(host: Host, decider: str, name: str) -> dict[str, Any]:
    """The newest decision that moved a container."""
    days = {time.strftime("%Y-%m-%d", time.gmtime(time.time() - back)) for back in (0, 3600)}
    found = [row for day in days for row in rows(
        host, f"SELECT * FROM ringfleet.decisions WHERE host = '{decider}' AND day = '{day}'") if row["name"] == name]
    return max(found, key=lambda row: row["decided_at"])


@pytest.fixture(scope="session")
def asked(members: dict[str, Host]) -> Host:
    """Who is asked for rows: not the host whose load is looked at."""
    return members[sorted(members)[-1]]


@pytest.fixture(scope="session")
def moved(asked: Host, hot: str) -> dict[str, Any]:
    """The mover's row, once its move is over."""

    def look() -> dict[str, Any] | None:
        row = row_of(asked, MOVER)
        return row if row.get("holder") not in (None, "", hot) and not row["move"] else None

    return eventually(f"{MOVER} to leave {hot}", look, 300)


def test_the_watcher_moved_it_and_nobody_asked(members: dict[str, Host], hot: str, moved: dict[str, Any]) -> None:
    assert (moved["previous"], moved["moved_for"], moved["unrest"]) == (hot, "contention", 1)
    copy = inspect(members[moved["holder"]], MOVER)
    assert copy is not None and copy["State"]["Running"] and copy["Id"] == moved["instance"]
    assert inspect(members[hot], MOVER) is None


def test_it_answers_where_it_is(members: dict[str, Host], moved: dict[str, Any]) -> None:
    said = members[moved["holder"]].run("wget -q -O - http://127.0.0.1:8085/cgi-bin/where || curl -s http://127.0.0.1:8085/cgi-bin/where")
    assert said.stdout.strip() == moved["instance"][:12]


def test_its_decision_says_why_and_can_be_computed_again(asked: Host, hot: str, moved: dict[str, Any]) -> None:
    decision = decision_of(asked, hot, MOVER)
    assert (decision["trigger"], decision["choice"]) == ("contention", moved["holder"])
    assert f"host {hot} is contended (CPU is used to" in decision["sentence"]
    weights = json.loads(decision["weights"])
    for each in json.loads(decision["candidates"]):
        if not each["excluded"]:
            again = (each["C"] * weights["alpha"] + each["M"] * weights["beta"]) / (each["T"] * weights["tau"])
            assert each["A"] == pytest.approx(again, abs=1e-5)
    assert next(each for each in json.loads(decision["candidates"]) if each["host"] == hot)["excluded"][0] == "it is there already"


def test_the_rest_stays(members: dict[str, Host], asked: Host, hot: str, moved: dict[str, Any]) -> None:
    for name in (STAYS, CHOKED):
        row = row_of(asked, name)
        assert (row["holder"], row["moved_for"] or "", row["move"] or "") == (hot, "", ""), name
        copy = inspect(members[hot], name)
        assert copy is not None and copy["State"]["Running"]


def test_own_fault_is_told(asked: Host, hot: str, moved: dict[str, Any]) -> None:
    def look() -> dict[str, Any] | None:
        reports = [json.loads(row["report"]) for row in rows(asked, f"SELECT report FROM ringfleet.loads WHERE host = '{hot}'")]
        return next((each for each in reports if each["name"] == CHOKED and each["own_fault"]), None)

    # After the move of its neighbour nothing is judged for a minute, then three rounds are needed.
    report = eventually(f"the verdict on {CHOKED}", look, 180)
    assert report["anomaly"] == "mild"
    assert any("throttled at its own limit" in reason for reason in report["reasons"])


def test_its_host_has_room_again(asked: Host, hot: str, moved: dict[str, Any]) -> None:
    def look() -> dict[str, Any] | None:
        beat = next(row for row in rows(asked, "SELECT host, load FROM ringfleet.beats WHERE shard = 0") if row["host"] == hot)
        load = json.loads(beat["load"])
        return load if load["cpu_used"] / load["cpu_capacity"] < 0.7 else None

    eventually(f"{hot} to be used less", look, 60)
