# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For any fleet, nothing that nobody asked for makes it worse, comes back, or fills a host up: CPU and memory, near and far hosts,
start-first and stop-first containers, under a steady load and under one that shifts for hours.
"""
from __future__ import annotations

import random
from dataclasses import dataclass, replace
from statistics import pstdev

from ansible_collections.ringfleet.core.plugins.module_utils.model import START_FIRST, STOP_FIRST, ContainerRow, HostLoad, MovePlan
from ansible_collections.ringfleet.core.plugins.module_utils.moves.admission import Capacity, reasons_to_decline
from ansible_collections.ringfleet.core.plugins.module_utils.placement import brakes, views
from ansible_collections.ringfleet.core.plugins.module_utils.placement.relief import Tenant, relieve
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import Weights
from hypothesis import given, settings
from hypothesis import strategies as st

MIB = 1 << 20
WEIGHTS = Weights()
WHY = ('it is used too much',)
LINE = {'cpu': 0.7, 'memory': 0.7}
ROUTES_MS = (0.2, 1.0, 4.0, 25.0)
MINUTE_MS = 60_000
# Nothing is judged on a host for so long after a move there.
QUIET_MS = 60_000


@dataclass(frozen=True)
class Box:
    """A container: where it is, what it uses, whether it goes unasked."""
    at: str
    cores: float
    memory: int
    mode: str = START_FIRST
    rebalance: bool = False

    @property
    def goes(self):
        return self.mode == START_FIRST or self.rebalance


MODES = st.sampled_from([(START_FIRST, False), (STOP_FIRST, True), (STOP_FIRST, False)])
BOXES = st.lists(st.tuples(st.floats(0.01, 1.5), st.integers(0, 500), MODES), max_size=6)
HOSTS = st.tuples(st.sampled_from([1.0, 2.0, 4.0, 8.0]), st.sampled_from([500, 1000, 4000]), BOXES)
FLEETS = st.lists(HOSTS, min_size=2, max_size=7)


class Model:
    """A fleet: {host: (cores, bytes)}, {container: Box}, {(from, to): milliseconds}."""

    def __init__(self, fleet, route=lambda _source, _target: 1.0):
        self.capacity = {'h%d' % number: (cores, memory * MIB) for number, (cores, memory, _boxes) in enumerate(fleet)}
        self.boxes = {'c%d-%d' % (number, at): Box('h%d' % number, cores, memory * MIB, *mode)
                      for number, (_cores, _memory, boxes) in enumerate(fleet) for at, (cores, memory, mode) in enumerate(boxes)}
        self.route = {(source, target): route(source, target) for source in self.capacity for target in self.capacity}

    def used(self, name):
        here = [box for box in self.boxes.values() if box.at == name]
        return {'cpu': sum(box.cores for box in here), 'memory': sum(box.memory for box in here)}

    def shares(self, name):
        used, (cores, memory) = self.used(name), self.capacity[name]
        return {'cpu': used['cpu'] / cores, 'memory': used['memory'] / memory}

    def utilisations(self, resource):
        return sorted((self.shares(name)[resource] for name in self.capacity), reverse=True)

    def lacking(self, name):
        return tuple(resource for resource, share in self.shares(name).items() if share > LINE[resource])

    def view(self, name, source):
        used, (cores, memory) = self.used(name), self.capacity[name]
        load = HostLoad(cores, used['cpu'], memory, used['memory'], contended=WHY if self.lacking(name) else ())
        return views.HostView(name, load, route_ms=self.route[(source, name)])

    def relief(self, name, cools_s=lambda _name: 0.0):
        seen = {each: self.view(each, name) for each in self.capacity}
        tenants = [Tenant(views.Need(key, name, box.cores, box.memory), mode=box.mode, rebalance=box.rebalance, cools_s=cools_s(key))
                   for key, box in sorted(self.boxes.items()) if box.at == name]
        return relieve(seen[name], tenants, list(seen.values()), WEIGHTS, self.lacking(name), WHY)

    def move(self, found):
        self.boxes[found.name] = replace(self.boxes[found.name], at=found.choice.host)


def assert_a_move_makes_nothing_worse(model, found):
    """Do it, and compare."""
    box, target, resource = model.boxes[found.name], found.choice.host, found.cause.resource
    source, before = box.at, {each: model.utilisations(each) for each in LINE}
    pair = {each: max(model.shares(source)[each], model.shares(target)[each]) for each in LINE}
    model.move(found)
    after = {each: max(model.shares(source)[each], model.shares(target)[each]) for each in LINE}
    assert box.goes
    # Compared from the greatest on: what falls makes this smaller, so nothing can come back to where it was.
    assert model.utilisations(resource) < before[resource]
    assert pair[resource] - after[resource] >= 0.05 - 1e-9
    there = model.shares(target)
    assert there[resource] < views.CALM_BELOW and there['cpu'] < views.CALM_BELOW
    # Nor is what one host lacks traded for what the other one lacks then.
    assert there['memory'] < views.CALM_BELOW or after['memory'] <= pair['memory'] + 1e-9


@settings(max_examples=150, deadline=None)
@given(FLEETS, st.randoms(use_true_random=False))
def test_no_sequence_of_automatic_moves_worsens_the_balance_and_every_one_ends(fleet, chance):
    model, moves = Model(fleet, lambda _source, _target: chance.choice(ROUTES_MS)), 0
    while True:
        hot = [name for name in model.capacity if model.lacking(name)]
        chance.shuffle(hot)
        found = next((each for each in map(model.relief, hot) if each.name), None)
        if found is None:
            break
        assert_a_move_makes_nothing_worse(model, found)
        moves += 1
        assert moves <= 200


@settings(max_examples=150, deadline=None)
@given(FLEETS, st.randoms(use_true_random=False))
def test_many_hot_hosts_at_once_do_not_fill_one_target(fleet, chance):
    model = Model(fleet, lambda _source, _target: chance.choice(ROUTES_MS))
    decided = [(name, each) for name, each in ((name, model.relief(name)) for name in model.capacity if model.lacking(name)) if each.name]
    promised = {name: [0.0, 0] for name in model.capacity}
    for name, found in decided:
        target, box = found.choice.host, model.boxes[found.name]
        used, (cores, memory) = model.used(target), model.capacity[target]
        # Nobody saw another's promise when it decided: the target, asked by one after the other, knows them all.
        request = MovePlan('m', found.name, name, target, trigger='contention', cpu=box.cores, memory=box.memory)
        here = Capacity(disk_free=1, cpu_used=used['cpu'] + promised[target][0], cpu_capacity=cores,
                        memory_free=max(0, int(memory - used['memory'] - promised[target][1])))
        if not reasons_to_decline(request, here):
            promised[target][0] += box.cores
            promised[target][1] += box.memory
    for target, (cores, memory) in promised.items():
        used = model.used(target)
        assert not cores or (used['cpu'] + cores) / model.capacity[target][0] < 0.7
        assert not memory or used['memory'] + memory <= model.capacity[target][1]


# -- hours under a load that shifts -----------------------------------------------------------------------------------

PHASE_MIN = 20
PHASES = 9
KINDS = ((START_FIRST, False), (START_FIRST, False), (STOP_FIRST, True), (STOP_FIRST, False))


class Hours(Model):
    """A small fleet of equal hosts over hours: what each container asks for changes from phase to phase; rows are as the ring has them."""

    def __init__(self, chance):
        boxes = [[(chance.uniform(0.05, 0.6), chance.randint(10, 300), chance.choice(KINDS)) for _box in range(chance.randint(1, 3))]
                 for _host in range(chance.randint(3, 4))]
        super().__init__([(2.0, 1000, each) for each in boxes], lambda _source, _target: chance.choice(ROUTES_MS))
        self.rows = {name: ContainerRow(name) for name in self.boxes}
        self.quiet_until = dict.fromkeys(self.capacity, 0)
        self.base = dict(self.boxes)
        self.moves = []
        self._chance = chance

    def shift(self):
        """Another phase of the load: some sleep, some have their hour."""
        for name, box in self.boxes.items():
            base = self.base[name]
            self.boxes[name] = replace(box, cores=base.cores * self._chance.choice((0.1, 0.5, 1.0, 2.5)),
                                       memory=int(base.memory * self._chance.choice((0.5, 1.0, 1.5))))

    def minute(self, now):
        hosts = [name for name in self.capacity if self.lacking(name)]
        self._chance.shuffle(hosts)
        for name in hosts:
            found = self.relief(name, lambda key: brakes.cools_s(self.rows[key], now)) if now >= self.quiet_until[name] and self.lacking(name) else None
            if found is None or not found.name or now < self.quiet_until[found.choice.host]:
                continue
            before, resource = pstdev(self.utilisations(found.cause.resource)), found.cause.resource
            assert_a_move_makes_nothing_worse(self, found)
            assert pstdev(self.utilisations(resource)) <= before + 1e-9
            self.note(found, name, now)

    def note(self, found, source, now):
        row = self.rows[found.name]
        self.moves.append((found.name, source, found.choice.host, now, row))
        self.rows[found.name] = replace(row, moved_at=now, unrest=brakes.unrest_after(row, found.cause.trigger, now))
        self.quiet_until[source] = self.quiet_until[found.choice.host] = now + QUIET_MS


@settings(max_examples=35, deadline=None)
@given(st.integers(0, 1 << 32))
def test_over_hours_of_a_shifting_load_nothing_comes_back_within_its_cooldown_and_no_move_worsens_the_balance(seed):
    # Plain dice: those of hypothesis lean to what is small and alike, and such a fleet is calm.
    hours, now = Hours(random.Random(seed)), 10 ** 12
    for _phase in range(PHASES):
        hours.shift()
        for _minute in range(PHASE_MIN):
            now += MINUTE_MS
            hours.minute(now)
    by_name = {}
    for name, source, target, at, _row in hours.moves:
        by_name.setdefault(name, []).append((source, target, at))
    for its in by_name.values():
        # The first ten minutes, then twice as long each time up to four hours, whatever the load does: told here by itself, not by the brakes.
        for number, ((_from, _to, at), (source, _target, again)) in enumerate(zip(its, its[1:], strict=False)):
            assert source == _to
            assert again - at >= min(600 * 2 ** number, 4 * 3600) * 1000
