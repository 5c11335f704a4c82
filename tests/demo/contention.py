# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts decide by themselves: real contention on one of them, its watcher's decision, the move, and a host with room again."""

from __future__ import annotations

import pathlib
import typing

from lab import hosts
from lab.shell import wait_for

from . import ask, show

FILES = pathlib.Path(__file__).parent / "files"
MOVER, LEDGER, PORT = "cruncher", "ledger", 8084
ROOM = 0.7


def tell(story: typing.Any, stock: pathlib.Path, answer: typing.Callable[[str], str]) -> None:
    """All of it; LabError when something does not come within its time."""
    busy = hosts.name(1)
    mover = f"{MOVER}-{1 + len([name for name in _names(busy, stock) if name.startswith(MOVER)])}"
    story.tell(f"Real contention on {busy}: {mover} (start-first, four processes at once) beside {LEDGER} (would have to stop for a move)")
    ask.playbook(str(FILES / "calm.yml"), stock, gone=[name for name in _names(busy, stock) if name.startswith((MOVER, LEDGER))])
    ask.playbook(str(FILES / "contention.yml"), stock, busy=busy, mover=mover, port=PORT)
    found: list[dict] = []
    wait_for(f"{busy} to decide", lambda: _decided(found, busy, mover, stock), 300, 1.0)
    story.tell(f"Nobody asked. The watcher of {busy} decided:")
    print(show.decision(found[-1]))
    moves: list[dict] = []
    wait_for("the move to end", lambda: _ended(moves, busy, found[-1]["move"], stock), 120, 0.5)
    print(show.steps(moves[-1]))
    target = found[-1]["choice"]
    url = f"http://{hosts.address(int(target[len(hosts.PREFIX):]))}:{PORT}/cgi-bin/where"
    story.tell(f"{mover} answers at {url}: container {answer(url)}")
    wait_for(f"{busy} to have room again", lambda: _share(busy, stock) < ROOM, 60, 1.0)
    story.tell(f"{busy} has room again, {target} took it:")
    print(show.utilisations(ask.module("ringfleet.core.host_info", busy, stock)[busy]))


def _names(asked: str, stock: pathlib.Path) -> list[str]:
    return [each["name"] for each in ask.module("ringfleet.core.container_info", asked, stock)[asked]["containers"]]


def _decided(found: list[dict], busy: str, mover: str, stock: pathlib.Path) -> bool:
    found.extend(each for each in ask.module("ringfleet.core.decision_info", busy, stock, {"name": mover})[busy]["decisions"] if each["move"])
    return bool(found)


def _ended(moves: list[dict], asked: str, ident: str, stock: pathlib.Path) -> bool:
    moves.append(ask.module("ringfleet.core.move_info", asked, stock, {"id": ident})[asked]["moves"][0])
    return moves[-1]["outcome"] == "done"


def _share(busy: str, stock: pathlib.Path) -> float:
    load = next(each for each in ask.module("ringfleet.core.host_info", busy, stock)[busy]["hosts"] if each["host"] == busy)["load"]
    return load["cpu_used"] / load["cpu_capacity"]
