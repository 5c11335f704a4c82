# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A free container's move there and back, start-first and stop-first, step by step; aim: under 5 s."""

from __future__ import annotations

from typing import Any

from bench import fleet

AIM_S = 5
# With a health check, else the time that a container must live to be trusted would be most of what is measured.
CHECKED = ("--health-cmd", "wget -q -O /dev/null http://127.0.0.1/", "--health-interval", "250ms")


def run(hosts: list[str]) -> list[str]:
    """Move between the first two hosts; steps are told on each side's own clock, in one lab the same one."""
    home, away = hosts[:2]
    lines = []
    for mode in ("start-first", "stop-first"):
        with fleet.containers(home, 1, "--label", f"ringfleet.mode={mode}", *CHECKED) as (name,):
            adopted(home, name)
            try:
                for target in (away, home):
                    lines += told(mode, fleet.module(home, "migrate", name=name, host=target)["move"])
            finally:
                fleet.remove(away)
    return [*lines, f"aim: under {AIM_S} s"]


def adopted(host: str, name: str) -> None:
    """Wait until the watcher of the host has registered the container."""
    fleet.until(f"{name} to be adopted", lambda: name in str(fleet.module(host, "container_info")["containers"]))


def told(mode: str, move: dict[str, Any]) -> list[str]:
    """A move's steps: seconds since it was planned, and since the step before."""
    steps = sorted(move["steps"], key=lambda step: step["at"])
    begun = before = steps[0]["at"]
    lines = [f"{mode}, {move['source']} to {move['target']}: {(steps[-1]['at'] - begun) / 1000:.2f} s"]
    for step in steps:
        lines.append(f"  {step['step']:<24}{(step['at'] - begun) / 1000:>7.2f} s{(step['at'] - before) / 1000:>+8.2f} s")
        before = step["at"]
    return lines
