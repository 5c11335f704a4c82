# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One day of a simulated fleet, the real rules deciding what moves; needs no host. Four fleets live through the same day.

They differ in the target only: what triggers a move, which container goes and which hosts have room is the collection's own in all.
"""

from __future__ import annotations

import math
import random

from ansible_collections.ringfleet.core.plugins.module_utils.placement.planner import Choice

from bench.day import MINUTES, Day
from bench.virtual_fleet import Fleet, Strategy, same_route

SEED, MACHINES, CONTAINERS = 1, 100, 3000


def planned(choice: Choice, _chance: random.Random) -> str:
    """The planner's own choice."""
    return choice.host


def anyone(choice: Choice, chance: random.Random) -> str:
    """Any host that the planner would have taken if there were no other."""
    return chance.choice(sorted(each.host for each in choice.scores if not each.excluded))


STRATEGIES = (
    Strategy("no moves", None),
    Strategy("random target", anyone),
    Strategy("least loaded, T = 1 for all", planned, same_route),
    Strategy("formula (1-1)", planned),
)
COLUMNS = {
    "spread": "{:.2f} %",
    "over 70 %": "{:.2f} %",
    "contended": "{:.2f} %",
    "not served": "{:.1f} h",
    "moves": "{:d}",
    "again in 1 h": "{:d}",
    "declined": "{:d}",
    "in vain": "{:d}",
    "route": "{:.2f} ms",
}
COMPARED = ("spread", "over 70 %", "contended", "not served")
LEGEND = (
    "spread: standard deviation of the hosts' utilisation, mean of the day; over 70 %, contended: share of the host-time, the latter by the",
    "verdict, which is withheld around moves; not served: core-hours asked for over capacity; declined: requests; in vain: looks of a contended",
    "host that moved nothing; route: mean between source and target",
)


def run() -> list[str]:
    """A table of the day's figures, and their ratios to those without moves."""
    day = Day(SEED, MACHINES, CONTAINERS)
    told = lived(day, STRATEGIES)
    none = told[STRATEGIES[0].name]
    cores = sum(each.cores for each in day.machines)
    lines = [
        f"simulated: {MACHINES} hosts, {cores:g} cores, {CONTAINERS} containers, a day in rounds of 10 s",
        f"{'':<28}" + "".join(f"{name:>13}" for name in COLUMNS),
    ]
    for name, figures in told.items():
        cells = [each.format(figures[key]) if not math.isnan(figures[key]) else "-" for key, each in COLUMNS.items()]
        lines.append(f"{name:<28}" + "".join(f"{cell:>13}" for cell in cells))
    lines.append("over no moves:")
    lines += [f"{name:<28}" + "".join(f"{figures[key] / none[key]:>13.3f}" for key in COMPARED) for name, figures in told.items()]
    return [*lines, *LEGEND]


def lived(day: Day, strategies: tuple[Strategy, ...]) -> dict[str, dict[str, float]]:
    """{strategy: figures} of fleets that live through the same day side by side."""
    fleets = {each.name: Fleet(each, day, SEED) for each in strategies}
    for minute in range(MINUTES):
        loads = day.loads(minute)
        for fleet in fleets.values():
            fleet.minute(minute, loads)
    return {name: fleet.figures.told() for name, fleet in fleets.items()}
