# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is killed: how long until it is declared lost, and until all that it ran runs elsewhere; ringfleet and Docker Swarm in turns.

Nine containers, three a host, one image, one stop signal, on the same hosts. The ring and the watchers stay up in the swarm's turns."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable

from bench import fleet, swarm

COUNT = 9
ROUNDS = 3
LIMIT_S = 240


def run(hosts: list[str]) -> list[str]:
    """Three rounds of each; the ratios are of the medians."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for number in range(1, ROUNDS + 1):
        ours.append(_ringfleet(hosts, number))
        theirs.append(_swarm(hosts))
        print(f"  round {number}: ringfleet lost {ours[-1][0]:.1f} s, all running {ours[-1][1]:.1f} s; "
              f"Swarm down {theirs[-1][0]:.1f} s, all running {theirs[-1][1]:.1f} s", flush=True)
    lines = []
    for place, what in enumerate(("killed to declared lost", "killed to all nine running")):
        mine, other = (statistics.median(each[place] for each in rounds) for rounds in (ours, theirs))
        lines.append(f"{what:<28}ringfleet {mine:5.1f} s   Swarm {other:5.1f} s   ratio {mine / other:.2f}")
    return lines


def _ringfleet(hosts: list[str], turn: int) -> tuple[float, float]:
    asked, victim = hosts[0], hosts[-1]
    # Names of its own for each turn: those of the last one are still held for half a minute.
    names = {host: [f"{fleet.PREFIX}-{turn}-{place}-{number}" for number in range(1, COUNT // len(hosts) + 1)] for place, host in enumerate(hosts)}
    for host in hosts:
        fleet.remove(host)
    try:
        for host, mine in names.items():
            for name in mine:
                fleet.on(host, "docker", "run", "-d", "--name", name, "--label", "ringfleet.managed=true", "--stop-signal", "SIGKILL", fleet.IMAGE)
        everything = {name for mine in names.values() for name in mine}
        fleet.until("the fleet to keep their specs", lambda: everything <= {
            each["name"] for each in fleet.module(asked, "container_info")["containers"] if each["holder"] and each["spec_hash"]}, LIMIT_S)
        begun, ran = _kill(victim, hosts, fleet.PREFIX, lambda: False)
        told = fleet.module(asked, "broadcast_info", since=int(time.time() - begun) + 2, kind="lost")["broadcasts"]
        lost = min(each["sent_at"] / 1000 for each in told if each["detail"].startswith(victim))
        fleet.until("the moves to end", lambda: not any(each["move"] for each in fleet.module(asked, "container_info")["containers"]), LIMIT_S)
        return lost - begun, ran - begun
    finally:
        _revive(victim)
        for host in hosts:
            fleet.remove(host)
        fleet.until(f"{victim} to be back", lambda: _well(asked, victim), LIMIT_S)


def _swarm(hosts: list[str]) -> tuple[float, float]:
    asked, victim = hosts[0], hosts[-1]
    with swarm.services(hosts, COUNT):
        seen: list[float] = []

        def note() -> bool:
            if not seen and swarm.is_down(asked, victim):
                seen.append(time.time())
            return bool(seen)

        try:
            begun, ran = _kill(victim, hosts, swarm.NAME, note)
        finally:
            _revive(victim)
        return seen[0] - begun, ran - begun


def _kill(victim: str, hosts: list[str], prefix: str, note: Callable[[], bool]) -> tuple[float, float]:
    """(when its power was cut, when nine ran on the others)."""
    begun = time.time()
    fleet.run("docker", "kill", victim)

    def all_run() -> bool:
        note()
        return sum(len(fleet.running(host, prefix)) for host in hosts if host != victim) == COUNT

    fleet.until("all nine to run elsewhere", all_run, LIMIT_S)
    ran = time.time()
    return begun, ran


def _revive(victim: str) -> None:
    """Its power is back; its engine answers."""
    fleet.run("docker", "start", victim)
    fleet.until(f"the engine of {victim}", lambda: subprocess.run(
        ["docker", "exec", victim, "docker", "version"], capture_output=True, check=False).returncode == 0, LIMIT_S)


def _well(asked: str, victim: str) -> bool:
    found = {each["host"]: each for each in fleet.module(asked, "host_info")["hosts"]}
    return found[victim]["state"] == "normal" and all(each["signs"] == "alive" for each in found.values())
