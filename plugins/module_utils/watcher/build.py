# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts one watcher together. Clock, store, engine, cgroups and transfer come in from outside: the same watcher runs on a
host and in a simulator.
"""
from __future__ import annotations

import uuid
from dataclasses import dataclass

from ..model import HostRow
from ..monitor.host import HostSampler
from ..monitor.sampler import Sampler
from ..moves.mover import Mover
from ..moves.parts import Parts
from ..moves.specs import Keeper
from ..network.rtt import RouteTimes
from ..protocol.methods import Registry
from ..ring.broadcast import Broadcaster
from ..ring.gossip import Gossip
from ..ring.membership import Membership
from ..ring.observer import Observer
from ..ring.ownership import Ownership
from .coordinator import Coordinator
from .custody import Custody
from .facts import HostFacts
from .fleet import FleetValues
from .fleet_methods import FleetMethods
from .load import Load
from .loop import Loop
from .methods import Methods
from .move_methods import MoveMethods
from .prospects import Prospects
from .quiet import Quiet
from .reliever import Reliever
from .retirement import Retirement
from .tokens import token_of

VERSION = '1.0.0'


@dataclass(frozen=True)
class Outside:
    """What a watcher is given.

    ``me``: HostRow with what this host says of itself, but its facts. ``jobs``, ``events``: as watcher.jobs.Jobs and watcher.events.Events.
    ``free_disk()``: bytes free where images lie. ``probe(address, port)``: as network.rtt.probe; ``probes``: as ``jobs``, for
    probes alone, so that no image stream delays them.
    """
    settings: object
    key: bytes
    clock: object
    store: object
    engine: object
    cgroups: object
    transfer: object
    jobs: object
    events: object
    me: HostRow
    free_disk: object
    probe: object
    probes: object
    log: object


@dataclass
class Built:
    """The rooms of one watcher."""
    settings: object
    clock: object
    store: object
    engine: object
    transfer: object
    events: object
    membership: object
    gossip: object
    broadcaster: object
    custody: object
    retirement: object
    load: object
    mover: object
    routes: object
    observer: object
    fleet: object
    prospects: object
    facts: object
    jobs: object
    probes: object
    registry: object
    new_id: object
    version: str
    reliever: object = None
    coordinator: object = None
    loop: object = None

    def sentence(self):
        """What the last cycle found."""
        return self.loop.sentence

    def troubles(self):
        """What does not work now."""
        return self.loop.troubles


def new_id(clock):
    """An id that sorts by the wall clock of its maker and is nobody else's."""
    return '%012x-%s' % (clock.wall(), uuid.uuid4().hex[:12])


def build(outside, wake):
    """A Built with its loop.

    :param wake: called when the loop should look at once.
    """
    o = outside

    def make_id():
        return new_id(o.clock)

    registry = Registry()
    broadcaster = Broadcaster(o.store, o.clock, o.settings.host, make_id)
    membership = Membership(o.store, o.clock, broadcaster, o.me)
    owner = Ownership(o.store, broadcaster, o.settings.host)
    custody = Custody(o.store, o.engine, o.clock, owner, Keeper(o.store, o.engine, o.key), o.settings.host,
                      o.settings.recreate_s)
    quiet = Quiet(o.clock, lambda: ('a move',) if mover.active else (), o.store)
    load = Load(HostSampler(o.cgroups), Sampler(o.engine, o.cgroups, o.clock, o.settings.host), custody, o.clock, quiet)
    retirement = Retirement(o.store, o.engine, o.clock, custody, o.jobs, o.settings.host, o.settings.stale_grace_s, o.log)
    routes = RouteTimes(o.settings.guard_port, o.clock, o.probe)

    def says():
        return {'routes': routes.all(), 'suspects': observer.suspects()}

    gossip = Gossip(o.store, registry, o.clock, o.settings, o.me.boot_id, VERSION, says)
    observer = Observer(gossip, routes, membership, o.clock, o.settings, token_of)
    fleet = FleetValues(o.store)
    prospects = Prospects(o.store, membership, gossip, fleet.weights)
    parts = Parts(o.settings.host, o.settings, o.store, o.engine, o.clock, o.key, o.transfer, broadcaster, make_id,
                  load.host, o.free_disk, load.report, membership.hosts, prospects)
    mover = Mover(parts, o.jobs, o.log)
    built = Built(o.settings, o.clock, o.store, o.engine, o.transfer, o.events, membership, gossip, broadcaster, custody,
                  retirement, load, mover, routes, observer, fleet, prospects, HostFacts(o.settings, o.engine), o.jobs, o.probes, registry,
                  make_id, VERSION)

    def look_for_moves():
        built.loop.hurry('moves')
        wake()

    built.reliever = Reliever(built, look_for_moves)
    built.coordinator = Coordinator(built, look_for_moves)
    built.loop = Loop(built, o.clock, o.log)

    Methods(built).offer(registry)
    MoveMethods(built, look_for_moves).offer(registry)
    FleetMethods(built).offer(registry)
    return built
