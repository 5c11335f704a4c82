# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up day of a fleet: machines, containers where somebody once put them, and what each asks of a CPU, minute by minute.

The same seed gives the same day. No container's load depends on where it runs, so that fleets can be compared on one day.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

MINUTES = 24 * 60
GIB = 1 << 30
CORES = (2, 4, 4, 8, 8, 16)
MEMORY_PER_CORE = 4 * GIB
# Mean over the day and the fleet, of all cores and of all memory.
CPU_USED, MEMORY_USED = 0.50, 0.45
# Most have their peak around the same hour, the rest at any.
PEAK_MINUTE, PEAK_SPREAD, AT_ANY_HOUR = 14 * 60, 120, 0.3
NOISE = 0.10
BURSTS_A_DAY, BURST_MINUTES, BURST_FACTOR = 2, (10, 60), (2.0, 4.0)
_SINE = [math.sin(2 * math.pi * minute / MINUTES) for minute in range(MINUTES)]
_NOISES = 1 << 12


@dataclass(frozen=True)
class Machine:
    """A host: cores, bytes, and the rack that it stands in."""

    name: str
    cores: float
    memory: int
    rack: int


class Day:
    """The machines, the containers and their loads.

    ``machines``: Machines; ``names``, ``memory`` (bytes) and ``home`` (index of the machine where it starts) of each container.
    """

    def __init__(self, seed: int, machines: int, containers: int) -> None:
        chance = random.Random(seed)
        cores = [float(chance.choice(CORES)) for _machine in range(machines)]
        self.machines = [Machine(f"host-{number:03}", each, int(each) * MEMORY_PER_CORE, number % 2) for number, each in enumerate(cores)]
        self.names = [f"container-{number:04}" for number in range(containers)]
        self.home = chance.choices(range(machines), weights=cores, k=containers)
        self.memory = [int(each) for each in _shares(chance, containers, MEMORY_USED * sum(each.memory for each in self.machines), spread=0.8)]
        self._mean = _shares(chance, containers, CPU_USED * sum(cores), spread=1.0)
        self._swing = [chance.uniform(0.2, 0.8) for _container in range(containers)]
        self._shift = [_shift(chance) for _container in range(containers)]
        self._noise = [1 + chance.uniform(-NOISE, NOISE) for _index in range(_NOISES)]
        self._bursts = _bursts(chance, containers)
        self._factor = [1.0] * containers

    def loads(self, minute: int) -> list[float]:
        """Cores that each container would use in this minute if nobody else wanted them; minutes are asked for in order, from 0."""
        for container, factor in self._bursts.get(minute, ()):
            self._factor[container] = factor
        offset = minute * 2654435761
        return [
            mean * (1 + swing * _SINE[(minute + shift) % MINUTES]) * factor * self._noise[(number * 40503 + offset) >> 4 & _NOISES - 1]
            for number, (mean, swing, shift, factor) in enumerate(zip(self._mean, self._swing, self._shift, self._factor, strict=True))
        ]


def _shares(chance: random.Random, count: int, total: float, spread: float) -> list[float]:
    """Unequal parts of a total: many small ones and a few great ones, as containers are (log-normal)."""
    parts = [chance.lognormvariate(0, spread) for _part in range(count)]
    return [part * total / sum(parts) for part in parts]


def _shift(chance: random.Random) -> int:
    """What to add to a minute so that the sine has its top at the container's own peak."""
    peak = chance.uniform(0, MINUTES) if chance.random() < AT_ANY_HOUR else chance.gauss(PEAK_MINUTE, PEAK_SPREAD)
    return round(MINUTES / 4 - peak) % MINUTES


def _bursts(chance: random.Random, containers: int) -> dict[int, list[tuple[int, float]]]:
    """{minute: [(container, factor from now on)]}."""
    found: dict[int, list[tuple[int, float]]] = {}
    for container in range(containers):
        for _burst in range(BURSTS_A_DAY):
            begins = chance.randrange(MINUTES)
            found.setdefault(begins, []).append((container, chance.uniform(*BURST_FACTOR)))
            found.setdefault(begins + chance.randint(*BURST_MINUTES), []).append((container, 1.0))
    return found
