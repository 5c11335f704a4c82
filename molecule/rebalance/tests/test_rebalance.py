# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet was levelled: some of the crowded host's containers left it, each runs once, where its row names it."""

from __future__ import annotations

from typing import Any

import pytest
from outside import inspect, rows
from testinfra.host import Host

NAMES = ("rebalance-1", "rebalance-2", "rebalance-3")


@pytest.fixture(scope="session")
def known(members: dict[str, Host]) -> dict[str, dict[str, Any]]:
    """Their rows by name."""
    found = rows(members[max(members)], "SELECT * FROM ringfleet.containers")
    return {row["name"]: row for row in found if row["name"] in NAMES}


def test_some_left_and_not_all_went_to_one_place(members: dict[str, Host], known: dict[str, dict[str, Any]]) -> None:
    moved = [row for row in known.values() if row["holder"] != min(members)]
    assert len(moved) >= 1
    assert {(row["moved_for"], row["previous"], row["move"] or "") for row in moved} == {("rebalance", min(members), "")}


def test_each_runs_once_where_its_row_names_it(members: dict[str, Host], known: dict[str, dict[str, Any]]) -> None:
    assert sorted(known) == sorted(NAMES)
    for name, row in known.items():
        found = {at: inspect(host, name) for at, host in members.items()}
        assert [(at, copy["Id"]) for at, copy in found.items() if copy and copy["State"]["Running"]] == [(row["holder"], row["instance"])]
