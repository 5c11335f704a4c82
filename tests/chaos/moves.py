# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of which one side dies: its host loses its power at a step, or its watcher is killed before or after the write of a step."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab import crashing, inventory
from lab.shell import run

from chaos.world import World

Fault = Callable[[World, str], None]
# What each side writes, in order; start-first moves have "started" and none of "stopped".
SOURCE_STEPS = ("planned", "claimed", "stopped", "cleaned")
TARGET_STEPS = ("admitted", "staged", "created", "started", "committed", "healthy", "done")
OF_ONE_MODE = {"stopped": "exclusive", "started": "free"}


def kinds_of(step: str) -> tuple[str, ...]:
    """The kinds of container whose moves have this step: one exclusive, and one that is free and moves start-first."""
    return (OF_ONE_MODE[step],) if step in OF_ONE_MODE else ("exclusive", "free")


def _chosen(world: World, host: str, kind: str) -> tuple[str, str, str]:
    """(container of that kind, its host, another one); one of ``host`` where it has one."""
    rows = world.containers()
    name = min(world.exclusive if kind == "exclusive" else world.start_first, key=lambda each: (rows[each]["holder"] != host, each))
    source = rows[name]["holder"]
    return name, source, next(each for each in world.hosts if each != source)


def _ask(name: str, target: str) -> None:
    run("ansible", target, "-i", str(inventory.FILE), "-m", "ringfleet.core.migrate", "-a", f"name={name} host={target} wait=false")


def _power_cut(side: str, step: str, kind: str) -> Fault:
    def fault(world: World, host: str) -> None:
        name, source, target = world.until("what could move", lambda: _chosen(world, host, kind))
        known = set(world.ring.rows("moves", "id"))
        _ask(name, target)

        def reached() -> bool:
            rows = [row for ident, row in world.ring.rows("moves", "id").items() if ident not in known]
            return any(f'"{step}"' in (row["source_times"] or "") + (row["target_times"] or "") for row in rows)

        victim = source if side == "source" else target
        world.until(f"the move of {name} to get to {step}", reached, 60)
        run("docker", "kill", victim)
        time.sleep(20)
        run("docker", "start", victim)

    fault.__doc__ = f"The {side}'s host in a move of an {kind} container loses its power when that gets to {step}, and comes back."
    return fault


def _crash(side: str, step: str, kind: str, when: str) -> Fault:
    def fault(world: World, host: str) -> None:
        name, source, target = world.until("what could move", lambda: _chosen(world, host, kind))
        victim = source if side == "source" else target
        crashing.install(victim)
        world.settle()
        crashing.order(victim, "put_move", f"'{step}'", when)
        try:
            _ask(name, target)
            world.until(f"the watcher of {victim} to die {when} it writes {step}", lambda: crashing.is_done(victim), 90)
        finally:
            crashing.withdraw(victim)

    fault.__doc__ = f"The {side}'s watcher in a move of an {kind} container is killed {when} it writes {step}; systemd starts it again."
    return fault


def faults() -> dict[str, Fault]:
    """All of them by name, as source-killed-stopped-exclusive and target-crashed-before-committed-free."""
    steps = [("source", step) for step in SOURCE_STEPS] + [("target", step) for step in TARGET_STEPS]
    cases = [(side, step, kind) for side, step in steps for kind in kinds_of(step)]
    return {**{f"{side}-killed-{step}-{kind}": _power_cut(side, step, kind) for side, step, kind in cases},
            **{f"{side}-crashed-{when}-{step}-{kind}": _crash(side, step, kind, when) for side, step, kind in cases for when in ("before", "after")}}
