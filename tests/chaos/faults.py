# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults, each brought about and healed again on a real host. What must be true meanwhile is asked at once; what must be
true afterwards, of every fault alike, is the runner's."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import inventory
from lab.shell import run

from chaos import moves
from chaos.invariants import moved
from chaos.world import ChaosError, World

WATCHER = "ringfleet-watcher.service"
NODE = "ringfleet-node.service"
# For so long a stale copy may go on behind a thaw: about a second, as docs/exclusive.md says, on a loaded machine.
THAW_S = 2.5
FOLDER = f"/etc/systemd/system/{WATCHER}.d"
DROP_IN = f"{FOLDER}/chaos.conf"


def uptime() -> float:
    """The clock of the ticks."""
    return float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])


def holds(world: World, host: str) -> list[str]:
    """Names of what a host holds."""
    return sorted(name for name, row in world.containers().items() if row["holder"] == host)


def left(world: World, host: str, names: list[str]) -> bool:
    """Whether none of these is with the host any more, and none is on its way."""
    rows = world.containers()
    return all(rows[name]["holder"] != host and not rows[name]["move"] for name in names)


def claimed_by(world: World, host: str) -> str:
    """Who coordinates the failover of a host that is declared lost, or ''."""
    row = world.members()[host]
    return row["coordinator"] if row["state"] == "lost" else ""


@contextmanager
def nothing_moves(world: World, names: list[str]) -> Iterator[None]:
    """Whatever happens inside, none of these changes hands."""
    before = world.containers()
    yield
    wrong = world.until("the rows", lambda: [moved(before, world.containers(), names)])[0]
    if wrong:
        raise ChaosError(f"nothing may have moved: {'; '.join(wrong)}")


def killed(world: World, host: str) -> None:
    """Its power is cut; what it held runs elsewhere; its power is back."""
    mine = world.until("what it holds", lambda: holds(world, host) or ["nothing"])
    run("docker", "kill", host)
    try:
        world.until(f"{mine} to be elsewhere", lambda: left(world, host, [name for name in mine if name in world.names]), 180)
    finally:
        run("docker", "start", host)


def rebooted(world: World, host: str) -> None:
    """It goes down in order, for longer than a loss takes, and comes back: no free container moves."""
    with nothing_moves(world, world.free):
        run("docker", "stop", "-t", "60", host)
        time.sleep(20)
        run("docker", "start", host)
        world.until(f"{host} to be up", lambda: world.tried(host, "systemctl", "is-active", WATCHER).strip() == "active", 180)


def watcher_killed(world: World, host: str) -> None:
    """Its watcher is killed and started again by systemd: nothing moves."""
    with nothing_moves(world, world.names):
        world.on(host, "systemctl", "kill", "-s", "KILL", WATCHER)
        world.until("the watcher to be up", lambda: world.tried(host, "systemctl", "is-active", WATCHER).strip() == "active")
        time.sleep(10)


def watcher_gone(world: World, host: str) -> None:
    """Its watcher cannot start: free containers stay, exclusive ones are fenced and taken over once the lease ran out."""
    mine = [name for name in holds(world, host) if name in world.exclusive]
    with nothing_moves(world, world.free):
        world.on(host, "mkdir", "-p", FOLDER)
        world.on(host, "sh", "-c", f"printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > {DROP_IN}; systemctl daemon-reload")
        try:
            world.on(host, "systemctl", "kill", "-s", "KILL", WATCHER)
            world.until(f"{mine} to be taken over", lambda: left(world, host, mine), 180)
        finally:
            world.on(host, "sh", "-c", f"rm -f {DROP_IN}; rmdir --ignore-fail-on-non-empty {FOLDER}; systemctl daemon-reload; systemctl restart {WATCHER}")


def watcher_stopped(world: World, host: str) -> None:
    """Its watcher stands still for half a minute and goes on, unless systemd's watchdog has started another one: free containers stay."""
    with nothing_moves(world, world.free):
        world.on(host, "systemctl", "kill", "-s", "STOP", "--kill-whom=main", WATCHER)
        time.sleep(30)
        world.tried(host, "systemctl", "kill", "-s", "CONT", "--kill-whom=main", WATCHER)
        time.sleep(10)


def node_killed(world: World, host: str) -> None:
    """Its ring node dies and stays down for half a minute: nothing moves."""
    with nothing_moves(world, world.names):
        world.on(host, "systemctl", "kill", "-s", "KILL", NODE)
        world.on(host, "systemctl", "stop", NODE)
        time.sleep(30)
        world.on(host, "systemctl", "start", NODE)
        time.sleep(10)


def cut(world: World, host: str) -> None:
    """No packet in or out; what it held runs elsewhere; then it is reachable again."""
    mine = holds(world, host)
    for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
        world.on(host, "iptables", "-I", chain, "1", way, "eth0", "-j", "DROP")
    try:
        world.until(f"{mine} to be elsewhere", lambda: left(world, host, mine), 180)
    finally:
        for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
            world.on(host, "iptables", "-D", chain, way, "eth0", "-j", "DROP")


def frozen(world: World, host: str) -> None:
    """The whole machine stands still until what it held runs elsewhere, and goes on: a stale copy may run for a second or two."""
    mine = holds(world, host)
    run("docker", "pause", host)
    try:
        world.until(f"{mine} to be elsewhere", lambda: left(world, host, mine), 180)
    finally:
        thawed = uptime()
        run("docker", "unpause", host)
        world.thaws.append((host, thawed, thawed + THAW_S))


def engine_restarted(world: World, host: str) -> None:
    """Its dockerd is restarted, and all containers with it: nothing moves, everything runs again."""
    with nothing_moves(world, world.names):
        world.on(host, "systemctl", "restart", "docker.service")
        world.until("the engine", lambda: bool(world.tried(host, "docker", "version")))
        time.sleep(10)


def coordinator_killed(world: World, host: str) -> None:
    """A host dies, and the watcher that coordinates its failover is killed as soon as it claimed it."""
    mine = holds(world, host)
    run("docker", "kill", host)
    try:
        coordinator = world.until("somebody to claim it", lambda: claimed_by(world, host), 120)
        world.on(coordinator, "systemctl", "kill", "-s", "KILL", WATCHER)
        world.until(f"{mine} to be elsewhere", lambda: left(world, host, mine), 180)
    finally:
        run("docker", "start", host)


def reimaged(world: World, host: str) -> None:
    """It is gone with its disks; what it held runs elsewhere; a new machine of its name and address joins."""
    mine = holds(world, host)
    run("docker", "rm", "-f", "-v", host)
    try:
        world.until(f"{mine} to be elsewhere", lambda: left(world, host, mine), 180)
    finally:
        run(sys.executable, "-m", "lab", "up")
        run("ansible-playbook", "-i", str(inventory.FILE), "ringfleet.core.join")


def everything_off(world: World, _host: str) -> None:
    """All hosts lose their power at once and come back."""
    run("docker", "kill", *world.hosts)
    run("docker", "start", *world.hosts)


FAULTS: dict[str, Callable[[World, str], None]] = {
    "watcher-killed": watcher_killed, "watcher-stopped": watcher_stopped, "watcher-gone": watcher_gone, "node-killed": node_killed,
    "engine-restarted": engine_restarted, "rebooted": rebooted, "killed": killed, "cut": cut, "frozen": frozen,
    "coordinator-killed": coordinator_killed, "reimaged": reimaged, "everything-off": everything_off}
FAULTS.update(moves.faults())
