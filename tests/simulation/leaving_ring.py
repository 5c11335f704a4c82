# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ring in a file, as far as ringadmin and nodetool see one, with the one row that is worst off: how many of its copies have what was
acknowledged, where none dies. ``python leaving_ring.py FOLDER nodetool HOST ...`` and ``python leaving_ring.py FOLDER ringadmin COMMAND --config -``."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import sys
import types

from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import main as ringadmin
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import replication

NTS = "org.apache.cassandra.locator.NetworkTopologyStrategy"


def address(host: str) -> str:
    """Of a host h1, h2 ..."""
    return f"10.0.0.{host[1:]}"


class Ring:
    """``nodes``: addresses; ``dead`` ones among them; ``copies``; ``has``: how many of them at least have the worst-off row;
    ``seen``: what was done, in order; ``missed``: whether some majority did not have that row at any time."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.path = folder / "ring.json"
        self.state = json.loads(self.path.read_text(encoding="utf-8"))

    @classmethod
    def made(cls, folder: pathlib.Path, hosts: list[str], copies: int, dead: tuple[str, ...] = (), has: int = 0) -> Ring:
        """A new one, whose row was acknowledged by a majority, or that many."""
        state = {"nodes": [address(each) for each in hosts], "dead": [address(each) for each in dead], "copies": copies,
                 "has": has or copies // 2 + 1, "seen": [], "missed": False}
        (folder / "ring.json").write_text(json.dumps(state), encoding="utf-8")
        return cls(folder)

    def save(self, *seen: str) -> None:
        """Look whether every majority of the replicas has the row."""
        state = self.state
        state["missed"] = state["missed"] or state["has"] + state["copies"] // 2 + 1 <= state["copies"]
        state["seen"].extend(seen)
        self.path.write_text(json.dumps(state), encoding="utf-8")

    def execute(self, statement: str) -> object:
        """A statement of ringadmin's."""
        state = self.state
        if statement.startswith("SELECT peer"):
            return [{"peer": each, "host_id": f"id-{each}"} for each in state["nodes"]]
        if statement.startswith("SELECT keyspace_name"):
            return [{"keyspace_name": name, "replication": {"class": NTS, "dc1": str(state["copies"])}} for name in replication.KEYSPACES]
        altered = int(re.search(r"'dc1': (\d)", statement)[1])
        if altered < state["copies"]:
            # At worst the copies that go are those that had it.
            state["has"] = max(0, state["has"] - (state["copies"] - altered))
            state["copies"] = altered
            self.save(f"{altered} copies")
        return []

    def nodetool(self, host: str, words: list[str]) -> int:
        """The exit status of one."""
        state, what = self.state, " ".join(words)
        if words[0] == "repair":
            if state["dead"]:
                return 1
            if words[-1] == "ringfleet" and "-full" in words:
                state["has"] = min(state["copies"], len(state["nodes"]))
        elif words[0] == "decommission":
            if state["copies"] >= len(state["nodes"]):
                return 1
            state["nodes"].remove(address(host))
        else:
            gone = words[1][3:]
            state["nodes"].remove(gone)
            state["dead"].remove(gone)
        self.save(f"{host}: {what}")
        return 0


def main(folder: str, tool: str, *words: str) -> int:
    """Called by the playbook."""
    ring = Ring(pathlib.Path(folder))
    if tool == "nodetool":
        return ring.nodetool(words[0], list(words[1:]))
    replication.connect = lambda *_given: contextlib.nullcontext(types.SimpleNamespace(execute=ring.execute))
    return ringadmin.main(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
