# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts one watcher together. Clock, store, engine, cgroups and transfer come in from outside: the same watcher runs on a
host and in a simulator.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from ..model import HostRow
from ..monitor.host import HostSampler
from ..monitor.sampler import Sampler
from ..moves import steps
from ..moves.errands import Errands
from ..moves.mover import Mover
from ..moves.parts import Parts
from ..moves.specs import Keeper
from ..network.rtt import RouteTimes
from ..placement.brakes import LOST
from ..protocol.methods import Registry
from ..ring.broadcast import Broadcaster
from ..ring.drains import Drains
from ..ring.gossip import Gossip
from ..ring.losses import too_few
from ..ring.membership import Membership
from ..ring.observer import Observer
from ..ring.ownership import Ownership
from .absence import Absence
from .cleanup import Cleanup
from .coordinator import Coordinator
from .custody import Custody
from .drain_methods import DrainMethods
from .drainer import Drainer
from .elsewhere import Elsewhere
from .exclusives import Exclusives
from .exit_methods import ExitMethods
from .facts import HostFacts
from .fence_told import FenceTold
from .fencing import Fencing
from .fleet import FleetValues
from .fleet_methods import FleetMethods
from .gate import Gate
from .gauges import Gauges
from .handover import Handover
from .handover_methods import HandoverMethods
from .hold_methods import HoldMethods
from .hook import FAILOVER_DONE, Hook
from .idents import new_id
from .image_asking import ImageAsking
from .lease import Lease
from .lease_watch import LeaseWatch
from .load import Load
from .loop import Loop
from .measured import MeasuredStore
from .methods import Methods
from .metrics import Metrics
from .move_methods import MoveMethods
from .prospects import Prospects
from .quiet import Quiet
from .rebalance_methods import RebalanceMethods
from .recovery import Recovery
from .reliever import Reliever
from .repairs import repaired_at
from .replacement import Replacement
from .retirement import Retirement
from .stager import Stager
from .starting import Starting
from .tokens import token_of
from .unmoved import Unmoved
from .waiting import Waiting

VERSION = '1.0.0'


@dataclass(frozen=True)
class Outside:
    """What a watcher is given.

    ``me``: HostRow with what this host says of itself, but its facts. ``jobs``, ``events``: as watcher.jobs.Jobs and watcher.events.Events.
    ``free_disk()``: bytes free where images lie. ``probe(address, port)``: as network.rtt.probe; ``probes``: as ``jobs``, for
    probes alone, so that no image stream delays them. ``post``: the files between watcher and guard, as guard.orders.Post.
    ``run_command``: as watcher.hook.run_command; ``hooks``: as ``jobs``, for it alone. ``new_id(clock)``: as watcher.idents.new_id; a
    simulator's can be replayed.
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
    post: object
    log: object
    run_command: object
    hooks: object
    new_id: object = new_id


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
    lease: object
    fencing: object
    exclusives: object
    elsewhere: object
    retirement: object
    recovery: object
    starting: object
    replacement: object
    load: object
    mover: object
    routes: object
    observer: object
    fleet: object
    drains: object
    prospects: object
    unmoved: object
    facts: object
    jobs: object
    probes: object
    registry: object
    new_id: object
    version: str
    metrics: object
    hook: object
    gauges: object = None
    stager: object = None
    errands: object = None
    reliever: object = None
    coordinator: object = None
    drainer: object = None
    waiting: object = None
    fence_told: object = None
    leases: object = None
    loop: object = None

    def sentence(self):
        """What the last cycle found."""
        return self.loop.sentence

    def troubles(self):
        """What does not work now."""
        return self.loop.troubles

    def problems(self):
        """{container: sentence} of those here that are not as they shall be, and for whom somebody has to do something."""
        return {**self.custody.view.problems, **self.starting.problems()}


def build(outside, wake):
    """A Built with its loop.

    :param wake: called when the loop should look at once.
    """
    metrics = Metrics()
    o = replace(outside, store=MeasuredStore(outside.store, outside.clock, metrics))

    def make_id():
        return o.new_id(o.clock)

    def move_ended(what, outcome):
        metrics.move_ended(what.trigger, outcome)
        if outcome in (steps.DONE, steps.UNHEALTHY):
            unmoved.forget(what.name)
        if what.trigger == LOST and outcome in (steps.DONE, steps.UNHEALTHY):
            hook.tell(FAILOVER_DONE, what.source, what.name, what.target, outcome)

    hook = Hook(o.settings.hook_command, o.settings.host, o.clock, o.hooks, o.run_command, metrics.hook_ran, o.log)
    registry = Registry()
    broadcaster = Broadcaster(o.store, o.clock, o.settings.host, make_id)
    drains = Drains(o.store)
    membership = Membership(o.store, o.clock, broadcaster, o.me, drains)
    owner = Ownership(o.store, broadcaster, o.settings.host)
    fencing = Fencing(o.post, o.me.boot_id, o.clock)

    def few():
        return too_few(membership.hosts()) if membership.hosts() else None

    def look_again():
        custody.dirty = True
        wake()

    lease = Lease(o.store, o.clock, o.settings, fencing, few, look_again, o.log)
    gate = Gate(o.settings.host, o.store, o.engine, lease, fencing, o.log)
    replacement = Replacement(o.store, o.engine, o.clock, owner, gate, o.jobs, o.settings.host, look_again, o.log)
    custody = Custody(o.store, o.engine, o.clock, owner, Keeper(o.store, o.engine, o.key), gate, replacement, o.settings.host,
                      o.settings.recreate_s)
    exclusives = Exclusives(o.store, o.engine, o.clock, custody, lease, fencing, gate, o.jobs, o.settings.host, o.log)
    quiet = Quiet(o.clock, lambda: (*(('a move',) if mover.active else ()), *(('a transfer of images',) if built.stager.streams else ())),
                  o.store)
    load = Load(HostSampler(o.cgroups), Sampler(o.engine, o.cgroups, o.clock, o.settings.host), custody, o.clock, quiet)
    routes = RouteTimes(o.settings.guard_port, o.clock, o.probe)

    def says():
        return {'routes': routes.all(), 'suspects': observer.suspects(), 'judges_nobody': observer.judges_nobody(),
                'repaired_at': repaired_at(o.settings.repaired_file)}

    gossip = Gossip(o.store, registry, o.clock, o.settings, o.me.boot_id, VERSION, says)
    elsewhere = Elsewhere(o.store, o.engine, gossip, o.clock, o.settings.host)
    retirement = Retirement(o.store, o.engine, o.clock, custody, elsewhere, o.jobs, o.settings.host, o.settings.stale_grace_s, o.log)
    observer = Observer(gossip, routes, membership, o.clock, o.settings, token_of)
    asking = ImageAsking(o.store, o.engine, o.clock, o.transfer, membership.hosts, lambda: observer.backups().get(o.settings.host, ()), make_id, o.settings)
    recovery = Recovery(o.store, o.engine, o.clock, o.key, custody, asking, o.jobs, o.settings.host, o.settings.recreate_s, o.log)
    starting = Starting(o.store, o.engine, o.clock, custody, o.jobs, o.settings.host, o.log)
    fleet = FleetValues(o.store)
    prospects = Prospects(o.store, membership, gossip, fleet.weights)
    unmoved = Unmoved(o.store, o.clock, make_id, o.settings.host)
    parts = Parts(o.settings.host, o.settings, o.store, o.engine, o.clock, o.key, o.transfer, broadcaster, make_id,
                  load.host, o.free_disk, load.report, membership.hosts, prospects,
                  move_ended, gate, unmoved)
    mover = Mover(parts, o.jobs, o.log)
    built = Built(o.settings, o.clock, o.store, o.engine, o.transfer, o.events, membership, gossip, broadcaster, custody,
                  lease, fencing, exclusives, elsewhere, retirement, recovery, starting, replacement, load, mover, routes, observer, fleet, drains,
                  prospects, unmoved,
                  HostFacts(o.settings, o.engine), o.jobs, o.probes, registry, make_id, VERSION, metrics, hook)

    def look_for_moves():
        built.loop.hurry('moves')
        wake()

    built.reliever = Reliever(built, look_for_moves)
    built.waiting = Waiting(built)
    built.fence_told = FenceTold(custody, fencing, hook, o.clock, o.settings.host)
    built.coordinator = Coordinator(built, look_for_moves)
    built.leases = LeaseWatch(built)
    built.drainer = Drainer(built, look_for_moves)
    built.stager = Stager(built, parts, o.log)
    built.gauges = Gauges(built)
    built.loop = Loop(built, o.clock, o.log)

    Methods(built).offer(registry)
    MoveMethods(built, look_for_moves).offer(registry)
    FleetMethods(built).offer(registry)
    Absence(built).offer(registry)
    Cleanup(built).offer(registry)
    HoldMethods(built).offer(registry)
    peers = Registry()
    asking.offer(peers)
    HandoverMethods(built, Handover(o.store, o.engine, o.clock, owner, custody, exclusives, o.settings.host)).offer(registry, peers)
    built.errands = Errands(o.store, o.clock, peers, o.settings.host, o.jobs, o.log)
    DrainMethods(built).offer(registry)
    RebalanceMethods(built, look_for_moves).offer(registry)
    ExitMethods(built).offer(registry)
    return built
