# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ring as far as ringadmin and nodetool see one when its copies become more or fewer, with the one row that is worst off: how many of its
copies have what was acknowledged, where none dies. In a file: ``python copies.py FOLDER nodetool HOST ...`` and
``python copies.py FOLDER ringadmin COMMAND --config -``."""

from __future__ import annotations

import contextlib
import functools
import json
import pathlib
import re
import sys
import types

from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import main as ringadmin
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import replication

NTS = "org.apache.cassandra.locator.NetworkTopologyStrategy"
KEYSPACES = (*replication.DATA, *replication.HISTORY)


class Cut(Exception):
    """The run ends here."""


def address(host: str) -> str:
    """Of a host h1, h2 ..."""
    return f"10.0.0.{host[1:]}"


class Ring:
    """``nodes``: addresses; ``dead`` ones among them; ``copies`` of each keyspace; ``has``: how many of ringfleet's at least have the worst-off row;
    ``repaired``: by whom, in full and Paxos, since the last change; ``seen``: what was done, in order; ``missed``: whether some majority did not have that
    row at any time; ``cut``: how many more steps are done before the run is cut short, None for all of them."""

    def __init__(self, state: dict, folder: pathlib.Path | None = None) -> None:
        self.state, self.folder = state, folder
        # Whom the driver of this session was told to be dead.
        self.given_up: set[str] = set()

    @classmethod
    def read(cls, folder: pathlib.Path) -> Ring:
        """The one in this folder."""
        return cls(json.loads((folder / "ring.json").read_text(encoding="utf-8")), folder)

    @classmethod
    def made(cls, hosts: list[str], copies: int, folder: pathlib.Path | None = None, dead: tuple[str, ...] = (), has: int = 0) -> Ring:
        """A new one, whose row was acknowledged by a majority, or that many."""
        ring = cls({"nodes": [address(each) for each in hosts], "dead": [address(each) for each in dead], "copies": dict.fromkeys(KEYSPACES, copies),
                    "has": has or copies // 2 + 1, "repaired": {}, "seen": [], "missed": False, "cut": None}, folder)
        ring.save()
        return ring

    def copies(self) -> int:
        """Of the fleet's own keyspace."""
        return self.state["copies"]["ringfleet"]

    def rests(self) -> bool:
        """Whether no repair is due and all keyspaces have as many copies."""
        return len(set(self.state["copies"].values())) == 1

    def owes(self) -> bool:
        """Whether a repair is due, by the ring's own note."""
        return min(self.state["copies"][each] for each in replication.HISTORY) < max(self.state["copies"][each] for each in replication.DATA)

    def save(self, *seen: str) -> None:
        """Look whether every majority of the copies has the row."""
        self.state["missed"] = self.state["missed"] or self.state["has"] + self.copies() // 2 + 1 <= self.copies()
        self.state["seen"].extend(seen)
        if self.folder:
            (self.folder / "ring.json").write_text(json.dumps(self.state), encoding="utf-8")

    def step(self) -> None:
        """One more is done, unless the run is cut short before it; the next run is whole."""
        if self.state["cut"] is not None:
            self.state["cut"] -= 1
            if self.state["cut"] < 0:
                self.state["cut"] = None
                self.save()
                raise Cut("cut short")

    def execute(self, statement: str) -> object:
        """A statement of ringadmin's."""
        state = self.state
        if statement.startswith("SELECT peer"):
            return [{"peer": each, "host_id": f"id-{each}"} for each in state["nodes"]]
        if statement.startswith("SELECT keyspace_name"):
            return [{"keyspace_name": name, "replication": {"class": NTS, "dc1": str(value)}} for name, value in state["copies"].items()]
        # The driver waits for what each node that it takes for up knows of the schema.
        assert set(state["dead"]) <= self.given_up
        self.step()
        name, value = re.match(r"ALTER KEYSPACE (\w+) .*'dc1': (\d)", statement).groups()
        if name == "ringfleet":
            # At worst the copies that go are those that had it, and those that come are empty.
            state["has"] = max(0, state["has"] - max(0, self.copies() - int(value)))
            state["repaired"] = {}
        state["copies"][name] = int(value)
        self.save(*[f"{value} copies"] * (name == "ringfleet"))
        return []

    def session(self) -> types.SimpleNamespace:
        """As ringadmin has one; the driver knows a host for each node."""
        self.given_up = set()
        hosts = [types.SimpleNamespace(address=each, set_down=functools.partial(self.given_up.add, each)) for each in self.state["nodes"]]
        return types.SimpleNamespace(execute=self.execute, cluster=types.SimpleNamespace(metadata=types.SimpleNamespace(all_hosts=lambda: hosts)))

    def nodetool(self, host: str, words: list[str]) -> int:
        """The exit status of one."""
        state, what = self.state, " ".join(words)
        self.step()
        if words[0] == "repair":
            if state["dead"]:
                return 1
            if words[-1] == "ringfleet":
                self._repaired(address(host), words)
        elif words[0] == "decommission":
            if max(state["copies"].values()) >= len(state["nodes"]):
                return 1
            self._gone(address(host))
        else:
            self._gone(words[1][3:])
        self.save(f"{host}: {what}")
        return 0

    def _gone(self, node: str) -> None:
        self.state["nodes"].remove(node)
        self.state["dead"] = [each for each in self.state["dead"] if each != node]
        self.state["repaired"] = {}

    def _repaired(self, node: str, words: list[str]) -> None:
        kind = "paxos" if "-paxos-only" in words else "full"
        by = self.state["repaired"].setdefault(kind, [])
        everything = "-pr" not in words and self.copies() >= len(self.state["nodes"])
        by.extend(self.state["nodes"] if everything else [node])
        if all(set(self.state["repaired"].get(each, ())) == set(self.state["nodes"]) for each in ("full", "paxos")):
            # All have it; but a majority alone has what is acknowledged from now on.
            self.state["has"] = self.copies() // 2 + 1


def main(folder: str, tool: str, *words: str) -> int:
    """Called by the playbook."""
    ring = Ring.read(pathlib.Path(folder))
    if tool == "nodetool":
        return ring.nodetool(words[0], list(words[1:]))
    replication.connect = lambda *_given: contextlib.nullcontext(ring.session())
    return ringadmin.main(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
