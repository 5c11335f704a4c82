# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a fleet host: CPU seconds of one round of samples, and of one ``docker stats --no-stream``, the engine's share included."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from ringfleet.containers.docker_engine import DockerEngine
from ringfleet.monitor.cgroup import Cgroups
from ringfleet.monitor.sampler import Sampler

ROUNDS, STATS = 100, 5
DAEMONS = ("dockerd", "containerd")
TICK = os.sysconf("SC_CLK_TCK")


class Clock:
    """The clock as the watcher's loop has it."""

    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def wall() -> int:
        return time.time_ns() // 10**6


def daemons() -> float:
    """CPU seconds that the engine's daemons have used so far."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, stat = (folder / "comm").read_text().strip(), (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended between listing and reading
        if name in DAEMONS:
            fields = stat.rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def own() -> float:
    """CPU seconds of this process and of the children that it waited for."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def cost(action, times: int) -> dict[str, float]:
    """CPU and wall seconds of one action, mean of so many."""
    action()
    mine, engines, begun = own(), daemons(), time.monotonic()
    for _time in range(times):
        action()
    wall = time.monotonic() - begun
    return {"own": (own() - mine) / times, "engine": (daemons() - engines) / times, "wall": wall / times}


engine = DockerEngine("unix:///var/run/docker.sock")
sampler = Sampler(engine, Cgroups(), Clock(), "bench")
managed = [each for each in engine.containers() if each.labels.get("ringfleet.managed") == "true"]
ids = [each.id for each in managed]
result = {
    "containers": len(ids),
    "round": cost(lambda: sampler.round(managed), ROUNDS),
    "round_listed": cost(lambda: sampler.round([each for each in engine.containers() if each.id in ids]), ROUNDS),
    "stats": cost(lambda: subprocess.run(["docker", "stats", "--no-stream", *ids], check=True, capture_output=True), STATS),
}
json.dump(result, sys.stdout)
