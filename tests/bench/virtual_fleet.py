# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that lives through a bench.day.Day: its hosts are figures, what triggers a move, what goes and who admits it is the collection's own.

Verdicts each 10 s. While a container moves (30 s) its target has it promised; at both ends there is no verdict until 60 s after.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from ansible_collections.ringfleet.core.plugins.module_utils.model import START_FIRST, ContainerRow, HostLoad, MovePlan
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.anomaly import ROUND_S, Trend, heat, next_trend
from ansible_collections.ringfleet.core.plugins.module_utils.moves.admission import Capacity, reasons_to_decline
from ansible_collections.ringfleet.core.plugins.module_utils.placement import brakes, planner
from ansible_collections.ringfleet.core.plugins.module_utils.placement.relief import Relief, Tenant, relieve
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Weights
from ansible_collections.ringfleet.core.plugins.module_utils.placement.views import HostView, Need

from bench.day import Day, Machine

STEP_S = int(ROUND_S)
MOVE_S, QUIET_S, AGAIN_S = 30, 60, 3600
WITHIN_MS, BETWEEN_MS = 1.0, 4.0
BUSY, FULL_PRESSURE = 0.70, 2.0
# Rows have wall-clock milliseconds, and 0 means never.
BEGUN_MS = 10**12
WEIGHTS = Weights()


def same_route(_machine: Machine, _other: Machine) -> float:
    """Nobody is nearer."""
    return WITHIN_MS


def route(machine: Machine, other: Machine) -> float:
    """Milliseconds between two machines."""
    return WITHIN_MS if machine.rack == other.rack else BETWEEN_MS


def stall(utilisation: float) -> float:
    """CPU pressure in percent of a demand in shares of the capacity: none up to 70 %, all of the time at twice the capacity."""
    return 100 * min(1.0, max(0.0, utilisation - BUSY) / (FULL_PRESSURE - BUSY))


@dataclass(frozen=True)
class Strategy:
    """How a fleet chooses targets: the route times that it plans with, and ``pick(choice, chance)``; None moves nothing."""

    name: str
    pick: Callable[[planner.Choice, random.Random], str] | None
    routes: Callable[[Machine, Machine], float] = route


@dataclass
class Host:
    """A machine of one fleet, now: cores asked for, bytes in use; no verdict before second ``quiet_until``."""

    demand: float = 0.0
    memory: int = 0
    pressure: float = 0.0
    trend: Trend = Trend()
    quiet_until: int = 0
    promised_cpu: float = 0.0
    promised_memory: int = 0


@dataclass(frozen=True)
class Journey:
    """A container under way until second ``ends``; ``cpu`` is what is promised for it."""

    container: int
    source: int
    target: int
    ends: int
    cpu: float


class Figures:
    """What one fleet's day came to, added up as it goes."""

    def __init__(self) -> None:
        self.spreads: list[float] = []
        self.routes: list[float] = []
        self.host_rounds = self.busy = self.contended = self.again = self.declined = self.in_vain = 0
        self.short_s = 0.0

    def told(self) -> dict[str, float]:
        """By name: percent of the capacity, percent of the host-time twice, core-hours, four counts, milliseconds (NaN without moves)."""
        return {
            "spread": 100 * sum(self.spreads) / len(self.spreads),
            "over 70 %": 100 * self.busy / self.host_rounds,
            "contended": 100 * self.contended / self.host_rounds,
            "not served": self.short_s / 3600,
            "moves": len(self.routes),
            "again in 1 h": self.again,
            "declined": self.declined,
            "in vain": self.in_vain,
            "route": sum(self.routes) / len(self.routes) if self.routes else math.nan,
        }


class Fleet:
    """One strategy's fleet; ``seed`` is that of its own dice."""

    def __init__(self, strategy: Strategy, day: Day, seed: int) -> None:
        self.figures = Figures()
        self.where = list(day.home)
        self.hosts = [Host() for _machine in day.machines]
        self._strategy = strategy
        self._day = day
        self._chance = random.Random(seed)
        self._loads: list[float] = []
        self._index = {each.name: number for number, each in enumerate(day.machines)}
        self._rows: dict[int, ContainerRow] = {}
        self._under_way: list[Journey] = []
        for host, memory in zip(self.where, day.memory, strict=True):
            self.hosts[host].memory += memory

    def minute(self, minute: int, loads: list[float]) -> None:
        """Live through a minute in which the containers ask for so many cores each."""
        self._loads = loads
        demand = [0.0] * len(self.hosts)
        for number, load in zip(self.where, loads, strict=True):
            demand[number] += load
        for host, cores in zip(self.hosts, demand, strict=True):
            host.demand = cores
        for second in range(minute * 60, minute * 60 + 60, STEP_S):
            self.arrive(second)
            contended = self._judge(second)
            if contended and self._strategy.pick is not None:
                self._relieve(contended, second)
        used = [min(1.0, host.demand / machine.cores) for host, machine in zip(self.hosts, self._day.machines, strict=True)]
        mean = sum(used) / len(used)
        self.figures.spreads.append(math.sqrt(sum((each - mean) ** 2 for each in used) / len(used)))

    def _judge(self, second: int) -> list[int]:
        """A round: every host's verdict on itself; indexes of the contended ones."""
        figures, found, keep = self.figures, [], math.exp(-STEP_S / 60)
        for number, (host, machine) in enumerate(zip(self.hosts, self._day.machines, strict=True)):
            use = host.demand / machine.cores
            host.pressure = host.pressure * keep + (stall(use) * (1 - keep) if use > BUSY else 0.0)
            if use > BUSY:
                figures.busy += 1
                figures.short_s += max(0.0, host.demand - machine.cores) * STEP_S
            if second < host.quiet_until:
                host.trend = Trend()
            elif host.pressure >= 0.01 or host.trend.contended:
                host.trend = next_trend(host.trend, self.load(number))
            elif host.trend.rounds:
                # Without pressure next_trend would say no, and again until three rounds with pressure came: so would an empty one.
                host.trend = Trend()
            if host.trend.contended:
                found.append(number)
        figures.host_rounds += len(self.hosts)
        figures.contended += len(found)
        return found

    def load(self, number: int) -> HostLoad:
        """What the host's beat says; of a demand it shows only what is served."""
        host, machine = self.hosts[number], self._day.machines[number]
        return HostLoad(
            machine.cores,
            min(machine.cores, host.demand),
            machine.memory,
            host.memory,
            cpu_some60=round(host.pressure, 2),
            contended=host.trend.reasons if host.trend.contended else (),
        )

    def _relieve(self, contended: list[int], second: int) -> None:
        """Each contended host looks at the same beats and lets one container go at most; the targets admit one after the other."""
        loads = [self.load(number) for number in range(len(self.hosts))]
        promised = [(host.promised_cpu, host.promised_memory) for host in self.hosts]
        for number in contended:
            lacking = heat(loads[number])
            if not lacking:
                continue
            here = self._day.machines[number]
            views = [
                HostView(machine.name, load, *already, self._strategy.routes(here, machine))
                for machine, load, already in zip(self._day.machines, loads, promised, strict=True)
            ]
            reasons = tuple(sentence for _figure, sentence in lacking.values())
            tenants = self.tenants(number, second)
            relief = relieve(views[number], tenants, views, WEIGHTS, tuple(lacking), reasons)
            if relief is not None and relief.name:
                (need,) = [each.need for each in tenants if each.need.name == relief.name]
                self._send(need, relief, views, second)
            else:
                self.figures.in_vain += 1

    def tenants(self, number: int, second: int) -> list[Tenant]:
        """A host's containers, all of which may go unasked; short of CPU, each shows the same share of what it asks for."""
        host, machine, now = self.hosts[number], self._day.machines[number], BEGUN_MS + second * 1000
        served = min(1.0, machine.cores / host.demand) if host.demand else 1.0
        return [
            Tenant(
                Need(self._day.names[each], machine.name, self._loads[each] * served, self._day.memory[each]),
                mode=START_FIRST,
                cools_s=brakes.cools_s(self._row(each), now),
            )
            for each, at in enumerate(self.where)
            if at == number
        ]

    def _row(self, container: int) -> ContainerRow:
        return self._rows.get(container) or ContainerRow(self._day.names[container])

    def _send(self, need: Need, relief: Relief, views: list[HostView], second: int) -> None:
        """Ask the chosen host, and the next best when it declines, as moves.source does."""
        choice = relief.choice
        while choice.host:
            name = self._strategy.pick(choice, self._chance)
            target = self._index[name]
            plan = MovePlan(id="", name=need.name, source=need.source, target=name, trigger=relief.cause.trigger, memory=need.memory, cpu=need.cpu)
            if not reasons_to_decline(plan, self._capacity(target)):
                self._begin(Journey(self._day.names.index(need.name), self._index[need.source], target, second + MOVE_S, need.cpu))
                return
            self.figures.declined += 1
            views = [replace(view, wrong=(*view.wrong, "it declined just now")) if view.host == name else view for view in views]
            choice = planner.plan(need, views, WEIGHTS, relief.cause)

    def _capacity(self, number: int) -> Capacity:
        host, load = self.hosts[number], self.load(number)
        return Capacity(memory_free=load.memory_free - host.promised_memory, cpu_used=load.cpu_used + host.promised_cpu, cpu_capacity=load.cpu_capacity)

    def _begin(self, journey: Journey) -> None:
        source, target = self.hosts[journey.source], self.hosts[journey.target]
        target.promised_cpu += journey.cpu
        target.promised_memory += self._day.memory[journey.container]
        source.quiet_until = target.quiet_until = journey.ends + QUIET_S
        self._under_way.append(journey)

    def arrive(self, second: int) -> None:
        """End the moves that are over by now."""
        now = BEGUN_MS + second * 1000
        for each in [journey for journey in self._under_way if journey.ends <= second]:
            self._under_way.remove(each)
            source, target = self.hosts[each.source], self.hosts[each.target]
            memory, load = self._day.memory[each.container], self._loads[each.container]
            source.demand, target.demand = source.demand - load, target.demand + load
            source.memory, target.memory = source.memory - memory, target.memory + memory
            target.promised_cpu, target.promised_memory = target.promised_cpu - each.cpu, target.promised_memory - memory
            self.where[each.container] = each.target
            row = self._row(each.container)
            self.figures.again += bool(row.moved_at) and now - row.moved_at < AGAIN_S * 1000
            self.figures.routes.append(route(self._day.machines[each.source], self._day.machines[each.target]))
            self._rows[each.container] = replace(row, moved_at=now, unrest=brakes.unrest_after(row, brakes.CONTENTION, now))
