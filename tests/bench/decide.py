# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the start of real contention to the verdict, the commit and the end of the move that nobody asked for."""

from __future__ import annotations

import time
from typing import Any

from bench import fleet

CHECKED = ("--health-cmd", "wget -q -O /dev/null http://127.0.0.1/", "--health-interval", "1s", "--health-timeout", "10s")
LIMIT_S = 300


def run(hosts: list[str]) -> list[str]:
    """Contention on the first host; all times on one machine's clock, shares of the whole."""
    home = hosts[0]
    begun = time.time()
    with fleet.containers(home, 1, "--label", "ringfleet.mode=start-first", *CHECKED, command=("/bin/crunch", "4", "20")) as (name,):
        try:
            # Nobody's business, so that the one above is the one that leaves.
            fleet.on(home, "docker", "run", "-d", "--name", f"{fleet.PREFIX}-beside", fleet.IMAGE, "/bin/crunch", "1", "40")
            fleet.until("the host's watcher to decide", lambda: _decision(home, name), LIMIT_S)
            move = fleet.until("the end of the move", lambda: _ended(home, _decision(home, name)["move"]), LIMIT_S)
            decided = _decision(home, name)["decided_at"] / 1000
        finally:
            for host in hosts:
                fleet.remove(host)
    steps = {each["step"]: each["at"] / 1000 for each in move["steps"]}
    whole = max(steps.values()) - begun
    marks = (("verdict and decision", decided), ("commit", steps["target committed"]), ("end of the move", max(steps.values())))
    return [f"{what:<24}{at - begun:>7.1f} s{(at - begun) / whole:>8.0%}" for what, at in marks] + [
        "of which PSI avg60 has to rise, and three rounds of 10 s make a verdict"]


def _decision(home: str, name: str) -> dict[str, Any]:
    found = [each for each in fleet.module(home, "decision_info", name=name)["decisions"] if each["move"]]
    return found[0] if found else {}


def _ended(home: str, ident: str) -> dict[str, Any]:
    move = fleet.module(home, "move_info", id=ident)["moves"][0]
    return move if move["outcome"] == "done" else {}
