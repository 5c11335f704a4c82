# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold, whatever is broken: checked on rows and copies as anybody can read them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Copy:
    """A container of a host's engine."""

    host: str
    name: str
    id: str
    state: str


@dataclass
class History:
    """Who held which epoch of a container, over all readings."""

    holders: dict[tuple[str, int], str] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def note(self, rows: Rows) -> None:
        """Take a reading of the table ``containers``; what contradicts an earlier one is a violation."""
        for name, newest in self.newest.items():
            if name not in rows:
                self._violated(f"the row of {name} is gone, it was at epoch {newest}")
        for name, row in rows.items():
            epoch, holder = row["epoch"], row["holder"]
            if epoch < self.newest.get(name, 0):
                self._violated(f"{name} fell from epoch {self.newest[name]} to {epoch}")
            self.newest[name] = max(epoch, self.newest.get(name, 0))
            before = self.holders.setdefault((name, epoch), holder)
            if holder and before and before != holder:
                self._violated(f"epoch {epoch} of {name} had two holders, {before} and {holder}")

    def _violated(self, what: str) -> None:
        if what not in self.violations:
            self.violations.append(what)


def unsettled(names: list[str], containers: Rows, hosts: Rows, copies: list[Copy], open_moves: list[tuple[str, str]]) -> list[str]:
    """What is not yet as it shall be once nothing is broken any more; empty when all is well.

    Every container runs exactly once, where its row says; no move is open; every host is a member with its lease, if it has one.
    """
    found = [f"{host} is {row['state']}" for host, row in hosts.items() if row["state"] not in ("normal", "left")]
    found += [f"the lease of {host} is expired" for host, row in hosts.items() if row.get("lease_expired")]
    found += [f"move {ident} is open at {host}" for host, ident in open_moves]
    for name in names:
        row = containers.get(name)
        if row is None or not row["holder"]:
            found.append(f"nobody holds {name}")
            continue
        running = [(copy.host, copy.id) for copy in copies if copy.name == name and copy.state == "running"]
        if running != [(row["holder"], row["instance"])]:
            found.append(f"{name} belongs to {row['holder']} ({row['instance'][:12]}) and runs at {[(host, ident[:12]) for host, ident in running]}")
        if row["move"]:
            found.append(f"{name} is in move {row['move']}")
    return found


def moved(before: Rows, after: Rows, names: list[str]) -> list[str]:
    """Which of these changed hands between two readings, in words."""
    return [f"{name} went from {before[name]['holder']} (epoch {before[name]['epoch']}) to {after[name]['holder']} (epoch {after[name]['epoch']})"
            for name in names if (before[name]["holder"], before[name]["epoch"]) != (after[name]["holder"], after[name]["epoch"])]
