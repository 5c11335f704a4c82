# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing targets for 30 containers over 10, 100 and 1,000 hosts; needs no host. About linear: 10 and 100 times the 10 hosts'."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.ringfleet.core.plugins.module_utils.model import START_FIRST, HostLoad
from ansible_collections.ringfleet.core.plugins.module_utils.placement.planner import plan
from ansible_collections.ringfleet.core.plugins.module_utils.placement.relief import Tenant, relieve
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Weights
from ansible_collections.ringfleet.core.plugins.module_utils.placement.views import HostView, Need

COUNT = 30
HOSTS = (10, 100, 1000)
REPEATS = 7
GIB = 1 << 30
WHY = ("CPU is used to 98 % and 40 % of the time somebody waits for it",)
HOT = "host-0"


def run() -> list[str]:
    """The best of some repeats, in one process."""
    lines = [f"{COUNT} containers over ... hosts{'':<10}" + "".join(f"{hosts:>12,}" for hosts in HOSTS) + f"{'ratios':>16}"]
    jobs = {"a plan for each": planned, "a relief that moves the first": relieved, "a relief that tries all in vain": stuck}
    for name, job in jobs.items():
        best = [shortest(job, fleet(hosts)) for hosts in HOSTS]
        ratios = " and ".join(f"{each / best[0]:.1f}" for each in best[1:])
        lines.append(f"{name:<36}" + "".join(f"{each * 1000:>9.2f} ms" for each in best) + f"{ratios:>16}")
    return lines


def shortest(job: Callable[[list[HostView]], None], views: list[HostView]) -> float:
    """Seconds of the fastest of the repeats."""
    times = []
    for _repeat in range(REPEATS):
        begun = time.perf_counter()
        job(views)
        times.append(time.perf_counter() - begun)
    return min(times)


def fleet(count: int) -> list[HostView]:
    """So many hosts, the first one hot, the others used to between 10 and 80 %."""
    views = [HostView(HOT, HostLoad(4.0, 3.9, 16 * GIB, 8 * GIB, contended=WHY), route_ms=1.0)]
    for number in range(1, count):
        cores = 2 + number % 15
        used = 0.1 + 0.7 * (number * 37 % 100) / 100
        load = HostLoad(float(cores), cores * used, 4 * cores * GIB, int(4 * cores * used * GIB))
        views.append(HostView(f"host-{number}", load, route_ms=1.0 + number % 4))
    return views


def needs(cores: float) -> list[Need]:
    """What the hot host's containers use."""
    return [Need(f"container-{number}", HOT, cores, 256 << 20) for number in range(COUNT)]


def tenants(cores: float) -> list[Tenant]:
    """The hot host's containers, all free to go."""
    return [Tenant(need, mode=START_FIRST) for need in needs(cores)]


def planned(views: list[HostView]) -> None:
    """A target for each."""
    for need in needs(0.2):
        assert plan(need, views, Weights()).host


def relieved(views: list[HostView]) -> None:
    """Each is worth a move, so the first that is tried goes."""
    assert relieve(views[0], tenants(0.5), views, Weights(), ("cpu",), WHY).name


def stuck(views: list[HostView]) -> None:
    """None is worth a move, so each is tried on every host."""
    assert not relieve(views[0], tenants(0.1), views, Weights(), ("cpu",), WHY).name
