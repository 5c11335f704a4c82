# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host left and joined again: a member in its next generation, its containers run once where they went."""

from __future__ import annotations

from outside import inspect, rows
from testinfra.host import Host

NAMES = ("exit-1", "exit-2", "exit-3")


def test_it_is_a_member_again_in_its_next_generation(members: dict[str, Host]) -> None:
    (row,) = rows(members[min(members)], f"SELECT * FROM ringfleet.hosts WHERE host = '{max(members)}'")
    assert (row["state"], row["generation"] >= 2) == ("normal", True)


def test_its_old_ring_node_is_kept_aside(members: dict[str, Host]) -> None:
    assert members[max(members)].file("/var/lib/ringfleet/node.left/joined").exists


def test_each_runs_once(members: dict[str, Host]) -> None:
    for name in NAMES:
        (row,) = rows(members[min(members)], f"SELECT * FROM ringfleet.containers WHERE name = '{name}'")
        found = {at: inspect(host, name) for at, host in members.items()}
        assert [(at, copy["Id"]) for at, copy in found.items() if copy and copy["State"]["Running"]] == [(row["holder"], row["instance"])]
