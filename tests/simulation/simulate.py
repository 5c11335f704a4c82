# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One seed from its scenario to its outcome."""
from __future__ import annotations

import traceback
from dataclasses import dataclass
from unittest import mock

from ansible_collections.ringfleet.core.plugins.module_utils.moves import source
from ansible_collections.ringfleet.core.plugins.module_utils.watcher import placing

from simulation.acts import Acts
from simulation.ledger import Violation
from simulation.patience import Patience
from simulation.rest import unrest
from simulation.scenario import CALM_S, KINDS
from simulation.troubles import scenario_of
from simulation.world import World

# All must be at rest within so many virtual seconds after the last fault, and stay so for a while.
REST_WITHIN_S = 240.0
REST_FOR_S = 12
# What the source waits for another host in virtual seconds: short, so that whoever sleeps is given up in the middle of it.
_SOURCE_WAITS = {'_ADMISSION_S': 6.0, '_CREATION_S': 8.0, '_COMMIT_S': 6.0, '_MARGIN_S': 4.0}


@dataclass(frozen=True)
class Outcome:
    """What became of a seed. ``problem`` is '' when every invariant held; ``counts``: how often what happened."""
    seed: int
    problem: str
    hash: str
    seconds: float
    counts: tuple
    lines: tuple = ()


def simulate(seed, verbose=False, about=()):
    """Run a seed; the Outcome. The same seed has the same Outcome on every machine.

    :param about: as troubles.scenario_of takes it.
    """
    with mock.patch.multiple(source, **_SOURCE_WAITS), mock.patch.multiple(placing, _AGAIN_S=8.0):
        return _simulated(scenario_of(seed, about), verbose)


def _simulated(scenario, verbose):
    seed = scenario.seed
    world = World(seed, scenario.size, verbose)
    acts = Acts(world, scenario)
    world.trace('--', 'seed %d: %d hosts; %s' % (seed, scenario.size, ', '.join(
        '%s (%s) on %s' % (each.name, each.kind, each.host) for each in scenario.containers)))
    begun = world.time.now
    try:
        _live(world, acts, scenario)
        problem = ''
    except Violation as exc:
        problem = str(exc)
    except Exception as exc:  # pylint: disable=broad-except
        # A bug of the product, or of the simulator: it fails the seed with its place.
        problem = '%s: %s (%s)' % (type(exc).__name__, exc, traceback.extract_tb(exc.__traceback__)[-1])
    if problem:
        world.trace('--', problem)
    seconds = world.time.now - begun
    world.tasks.end()
    counts = (('moves', world.ledger.moves), ('failovers', world.ledger.failovers), ('leases that ran out', world.ledger.takeovers),
              ('crashes', sum(host.crashes for host in world.hosts.values())))
    return Outcome(seed, problem, world.hash(), seconds, counts, tuple(world.lines))


def _live(world, acts, scenario):
    for host in world.hosts.values():
        world.tasks.at(world.time.now + world.chance.random(), host.boot)
    for container in scenario.containers:
        world.tasks.at(world.time.now + 1 + world.chance.random() * 3, lambda container=container: acts.run(container))
    for event in scenario.events:
        world.tasks.at(world.time.now + CALM_S + event.at, lambda event=event: acts.do(event))
    _suffer(world, CALM_S + scenario.seconds)
    acts.heal()
    kinds = {each.name: KINDS[each.kind] for each in scenario.containers}
    _come_to_rest(world, kinds)
    if acts.revive():
        _come_to_rest(world, kinds)


def _come_to_rest(world, kinds):
    quiet, why = 0, []
    for _second in range(int(REST_WITHIN_S)):
        world.run(1.0)
        why = unrest(world, kinds)
        quiet = 0 if why else quiet + 1
        if quiet >= REST_FOR_S:
            return
    raise Violation('no rest within %d s: %s' % (REST_WITHIN_S, '; '.join(why) or 'it comes and goes'))


def _suffer(world, seconds):
    patience, end = Patience(world), world.time.now + seconds
    while world.time.now < end:
        world.run(min(1.0, end - world.time.now))
        patience.look()
