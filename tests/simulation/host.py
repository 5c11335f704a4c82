# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated host: the real watcher in tasks on virtual time, whose every call takes time, may fail, and may be its last; its guard beside it."""
from __future__ import annotations

from dataclasses import replace

from ansible_collections.ringfleet.core.plugins.module_utils.errors import RingfleetError
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import TIMEOUT_S, Probe

from simulation.faults import Crash
from simulation.guard import TwinGuard
from simulation.proxies import HostEngine, HostEvents, HostJobs, HostLetters, HostTransfer, Log
from simulation.ring import DATA, PROBE, RingStore
from simulation.twin import TwinHost

# Virtual seconds that waiting takes are short where nothing is gained by waiting long.
SETTINGS = {'settle_s': 2.0, 'health_wait_s': 5.0, 'transfer_s': 20.0, 'recreate_s': 8.0, 'stale_grace_s': 60.0, 'reread_s': 30.0,
            'lease_ttl_s': 15.0}
# As guard.main and watcher.main have it.
_GUARD_POLL_S, _LEASE_POLL_S = 0.25, 0.25
# A call to the ring, usually and when it is slow; one to the engine.
_FAST_S, _SLOW_S, _SLOW_EVERY = 0.004, 0.6, 40
# However slow a host is: no client waits for longer than some seconds, a call begun while it is slow ends soon after that.
_LONGEST_S = 10.0
# What is asked every second whatever happens: no fuse burns by it.
IDLE = frozenset(('put_beat', 'put_loads', 'beats', 'gossip', 'scan', 'loads', 'open_moves', 'broadcasts', 'containers', 'probe', 'about', 'ring_work'))
# Questions: told in the trace only when they fail.
QUIET = frozenset(('put_beat', 'put_loads', 'beats', 'gossip', 'scan', 'read', 'loads', 'open_moves', 'broadcasts', 'move', 'containers',
                   'inspect', 'image', 'placements', 'spec', 'probe', 'about', 'layer_size', 'admit', 'ring_work'))


class SimHost(TwinHost):
    """A host whose calls take time and may fail; see scenario.py for what is done to it.

    ``alive``: it has power. ``frozen``: how many faults hold the whole host still, its containers and its guard too; ``held``: its
    watcher alone. ``guarded``: its guard had a turn since the host last started or thawed; ``ordered``: it was ever told
    anything, and has its turns from then on. ``leaves``: a person wants it drained; ``given_up``: a person wants it
    out of the fleet, since it never comes back.
    """

    def __init__(self, world, name, number):
        self.frozen = 0
        self.held = 0
        self.guarded = True
        self.ordered = False
        self.leaves = self.given_up = False
        self.node_down = 0
        self.node_generation = 1
        self.engine_down = 0
        self.engine_mute = 0
        self.reads_fail = self.writes_lost = self.answers_lost = 0.0
        self.slow = 1.0
        self.fuse_left = self.fuse_burns = None
        self.at_claim = {}
        self.restart_after = 1.0
        self.disturbed_at = 0.0
        self.hears = {}
        self.serving = None
        self.starts = 0
        super().__init__(world, name, number)
        self.boots = 1

    # -- what TwinHost is given -------------------------------------------------------------------------------------

    def boot(self):
        """Start the watcher anew, in a task."""
        if self.starts == 0:
            # The first start is the world's own, once all hosts are there.
            self.starts = 1
            return
        if not self.alive:
            return
        self.starts += 1
        self.fleet.tasks.kill(self.name)
        self.held = 0
        if self.frozen:
            self.fleet.tasks.freeze(self.name)
        self.up = True
        self.settings = SETTINGS
        super().boot()
        self.fleet.trace(self.name, 'its watcher starts')
        self.serving = self.fleet.tasks.spawn(self.name, self._serve, self.fleet.chance.random() * 0.5)
        self.fleet.tasks.spawn(self.name, self._tend_lease, self.fleet.chance.random() * 0.5)

    def make_store(self):
        return RingStore(self.fleet, self)

    def outside(self, settings):
        chance = self.fleet.chance
        return replace(
            super().outside(settings), engine=HostEngine(self), transfer=HostTransfer(self), jobs=HostJobs(self, 4), probes=HostJobs(self, 4),
            events=HostEvents(self), probe=self._probe, post=HostLetters(self), log=Log(self),
            new_id=lambda clock: '%012x-%012x' % (clock.wall(), chance.getrandbits(48)))

    def wake(self):
        if self.serving is not None:
            self.fleet.tasks.wake(self.serving)

    def _serve(self):
        loop = self.watcher.loop
        while True:
            pause = loop.cycle()
            self.nap(max(0.002, min(pause, 1.0)))

    def _tend_lease(self):
        lease = self.watcher.lease
        while True:
            lease.tend()
            # Before the first order nothing is due as often: it saves the simulation time.
            self.nap(_LEASE_POLL_S if self.ordered else 4 * _LEASE_POLL_S)

    def order_guard(self):
        """Its guard is told something; from the first time on it has its turns."""
        if not self.ordered:
            self.ordered = True
            self.fleet.tasks.at(self.fleet.time.now + self.fleet.chance.random() * _GUARD_POLL_S, self.tend_guard)

    def tend_guard(self):
        """The guard's turn, again and again: it is no part of the watcher, and stands still with the whole host only."""
        self.fleet.tasks.at(self.fleet.time.now + _GUARD_POLL_S, self.tend_guard)
        if self.alive and not self.frozen and self.guard.up:
            self.guard.step()
            self.guarded = True
            self.fleet.ledger.alone()

    # -- calls ------------------------------------------------------------------------------------------------------

    @property
    def node_up(self):
        """Whether the ring node of this host works."""
        return self.alive and not self.frozen and not self.node_down

    def nap(self, seconds):
        """Virtual time passes for the task that calls."""
        self.fleet.tasks.sleep(seconds)

    def do(self, name, args, call, columns=None, before_s=None, after_s=None):
        """One call to the outside: it takes time, is told in the trace, and may be the watcher's last, before or after it took effect."""
        quiet, world = name in QUIET, self.fleet
        self._burn(name)
        chance = world.chance.random
        span = min(_LONGEST_S, self.slow * (_SLOW_S * chance() if chance() * _SLOW_EVERY < 1 else _FAST_S * chance()))
        self.nap(span if before_s is None else before_s * (0.5 + chance()))
        try:
            result = call()
        except RingfleetError as exc:
            world.tell(self.name, name, args, columns, exc)
            raise
        if not quiet:
            world.tell(self.name, name, args, columns, result)
            self.nap(span if after_s is None else after_s)
            self._burn(name)
        return result

    def engine_answers(self):
        """One trouble with the answers of its engine is over."""
        self.engine_mute -= 1

    def light(self, calls, burns):
        """A fuse: at the so manieth call from now on, before or after it took effect, ``burns()`` happens to this host."""
        self.fuse_left, self.fuse_burns = calls, burns

    def _burn(self, name):
        if name not in IDLE and self.strike():
            # Frozen: it goes on from here.
            self.nap(0.0)

    def strike(self):
        """A call that counts for the fuse; True when it burned and left the watcher alive."""
        if self.fuse_left is None:
            return False
        self.fuse_left -= 1
        if self.fuse_left > 0:
            return False
        self.fuse_left = None
        self.fuse_burns()
        if not self.up:
            raise Crash(self.name)
        return True

    def claims(self, kind):
        """It is about to take something from another host by a conditional write on a row of this kind: it may fall asleep over that."""
        burns = self.at_claim.pop(kind, None)
        if burns is not None:
            burns()
            self.nap(0.0)

    def _probe(self, address, _port):
        world = self.fleet
        there = world.by_address[address]
        self.nap(self.slow * 0.001)
        if there.alive and not there.frozen and world.links.both(PROBE, self.name, there.name):
            return Probe(0.5 * self.slow, there.name, there.boot_id)
        self.nap(TIMEOUT_S)
        return Probe(error='no answer')

    def reaches(self, address):
        """Whether a stream to another host gets through."""
        there = self.fleet.by_address[address]
        return there.alive and not there.frozen and self.fleet.links.both(DATA, self.name, there.name)

    # -- what happens to it -----------------------------------------------------------------------------------------

    def crash(self):
        """SIGKILL of the watcher; systemd starts it again after a while."""
        self.fleet.trace(self.name, 'its watcher is killed')
        self.crashes += 1
        self.disturbed()
        self.up = False
        self.fleet.tasks.kill(self.name)
        self.fleet.tasks.at(self.fleet.time.now + self.restart_after, self.boot_if_down)

    def boot_if_down(self):
        if self.alive and not self.up:
            self.boot()

    def die(self):
        """The whole host is gone; its disks stay as they are."""
        if not self.alive:
            return
        self.disturbed()
        self.alive = self.up = False
        self.fleet.tasks.kill(self.name)
        self.guarded = not self.ordered
        self.engine.halt()
        self.engine.queue.clear()

    def power_on(self, disks):
        """It is back, with its 'old' disks or 're-imaged'; the kernel starts anew. Ids that were lost with the disks."""
        self.disturbed()
        self.alive = True
        self.node_generation += 1
        self.boots += 1
        self.boot_id = 'boot %d' % self.boots
        self.clock.boot()
        if disks == 're-imaged':
            lost = set(self.engine.boxes)
            self.engine.boxes.clear()
            self.engine.images.clear()
            self.guard = TwinGuard(self)
        else:
            lost = set()
            self.engine.come_up()
            self.guard.up = True
            self.guard.boot()
        return lost

    def disturbed(self):
        """A fault is about to touch it, or to end."""
        self.fleet.sight.changes()
        self.disturbed_at = self.fleet.time.now

    def freeze(self, whole):
        self.disturbed()
        self.frozen += whole
        self.guarded = self.guarded and not (whole and self.ordered)
        self.held += not whole
        self.fleet.tasks.freeze(self.name)

    def thaw(self, whole):
        self.disturbed()
        self.frozen = max(0, self.frozen - whole)
        self.held = max(0, self.held - (not whole))
        if not self.frozen and not self.held:
            self.fleet.tasks.thaw(self.name)
