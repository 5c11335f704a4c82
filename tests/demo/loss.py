# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host dies: what the others do about it, second by second, and its return."""

from __future__ import annotations

import pathlib
import time
import typing

from lab import hosts
from lab.shell import LabError, run, wait_for

from . import ask, show

ASKED = 1


def tell(story: typing.Any, stock: pathlib.Path) -> None:
    """Kill the last host, watch, start it again; LabError when something does not come within its time."""
    asked, victim = hosts.name(ASKED), hosts.name(3)
    held = sorted(each["name"] for each in _containers(asked, stock) if each["holder"] == victim)
    story.tell(f"{victim} holds {', '.join(held)}. Its power is cut:")
    at = time.time()
    run("docker", "kill", victim)
    wait_for(f"what {victim} held to run elsewhere", lambda: _settled(asked, victim, held, stock), 240, 1.0)
    told = ask.module("ringfleet.core.broadcast_info", asked, stock, {"since": int(time.time() - at) + 2})[asked]["broadcasts"]
    print(show.timeline(told, at, held))
    story.tell(f"Nobody asked {victim} for anything. Its power is back:")
    run("docker", "start", victim)
    wait_for(f"{victim} to be back", lambda: _whole(asked, stock), 240, 1.0)
    print(show.members(ask.module("ringfleet.core.host_info", asked, stock)[asked]))


def _containers(asked: str, stock: pathlib.Path) -> list[dict]:
    return ask.module("ringfleet.core.container_info", asked, stock)[asked]["containers"]


def _settled(asked: str, victim: str, held: list[str], stock: pathlib.Path) -> bool:
    try:
        rows = [each for each in _containers(asked, stock) if each["name"] in held]
    except LabError:
        # In the seconds until the ring has noticed the dead node, a read may wait for it in vain.
        return False
    return all(each["holder"] != victim and not each["move"] for each in rows)


def _whole(asked: str, stock: pathlib.Path) -> bool:
    """Whether every host is a member, alive with its ring node, and may be chosen by every other: its route was measured."""
    found = ask.module("ringfleet.core.host_info", asked, stock)[asked]["hosts"]
    names = {each["host"] for each in found}
    return all(each["state"] == "normal" and each["signs"] == each["liveness"]["word"] == "alive" and set(each["routes"]) | {each["host"]} >= names
               for each in found)
