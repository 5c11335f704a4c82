# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host was drained: its row says so, each of its containers runs once, elsewhere, where its row names it."""

from __future__ import annotations

from outside import inspect, rows
from testinfra.host import Host

NAMES = ("drain-1", "drain-2", "drain-3")


def test_it_is_drained(members: dict[str, Host]) -> None:
    (row,) = rows(members[min(members)], f"SELECT * FROM ringfleet.hosts WHERE host = '{max(members)}'")
    assert row["state"] == "drained"


def test_each_runs_once_elsewhere(members: dict[str, Host]) -> None:
    for name in NAMES:
        (row,) = rows(members[min(members)], f"SELECT * FROM ringfleet.containers WHERE name = '{name}'")
        found = {at: inspect(host, name) for at, host in members.items()}
        assert [(at, copy["Id"]) for at, copy in found.items() if copy and copy["State"]["Running"]] == [(row["holder"], row["instance"])]
        assert (row["holder"] != max(members), row["move"] or "", row["moved_for"]) == (True, "", "drain")
