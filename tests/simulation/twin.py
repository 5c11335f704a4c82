# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet in one process: the real watcher on virtual time, the in-memory store and fake engines."""
from __future__ import annotations

import functools
import hashlib
import io
import itertools
import json
import logging

from ansible_collections.ringfleet.core.plugins.module_utils import settings as settings_room
from ansible_collections.ringfleet.core.plugins.module_utils.errors import EngineError
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.cgroup import Counters, read_text
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import Probe
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import Endpoint
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import MemoryStore, Tables
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.build import Outside, build
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.tokens import token_of

from simulation.clock import VirtualClock, VirtualTime
from simulation.engine import FakeEngine
from simulation.faults import Crash, Fuse, Guarded, guarded_store
from simulation.guard import TwinGuard

KEY = b'k' * 32
TICK_S = 0.2


class InlineJobs:
    """Runs each job at once, in the caller."""

    def start(self, key, call):
        call()
        return True


class FakeCgroups:
    """Control groups of a host with half a core: its own ``cores``, and on top those of each container labelled
    ``twin.cores`` (``twin.memory``: its bytes); what is not labelled uses as much as the host. From 70 % on its tasks wait for
    the CPU, unless ``folder``, the host's own top group, has pressure files.
    """

    CAPACITY = 0.5

    def __init__(self, clock, engine):
        self._clock = clock
        self._engine = engine
        self._sums = {}
        self.cores = 0.1
        self.memory = 10 << 20
        self.full = {'memory': 0.0, 'io': 0.0}
        self.memory_limit = 0
        self.folder = 'top'

    def of_process(self, pid):
        return {'': str(pid)}

    def top(self):
        return {'': self.folder}

    def _label_of(self, pid, label, otherwise):
        for box in self._engine.boxes.values():
            if str(box['State']['Pid']) == pid:
                return float(box['Config']['Labels'].get(label, otherwise))
        return 0.0

    def wanted(self):
        """Cores that are asked for on this host."""
        return self.cores + sum(float(box['Config']['Labels'].get('twin.cores', 0)) for box in self._engine.boxes.values()
                                if box['State']['Status'] == 'running')

    def text(self, path):
        if self.folder != 'top':
            return read_text(path)
        if path.endswith('cpu.pressure'):
            return 'some avg10=0 avg60=%d avg300=0' % (40 if self.wanted() > 0.7 * self.CAPACITY else 0)
        return 'full avg10=0 avg60=%.1f avg300=0' % self.full['memory' if 'memory' in path else 'io']

    def read(self, folders):
        who, now = folders[''], self._clock.monotonic()
        then, total = self._sums.get(who, (0.0, 0.0))
        rate = min(self.CAPACITY, self.wanted()) if who == self.folder else self._label_of(who, 'twin.cores', self.cores)
        self._sums[who] = (now, total + (now - then) * rate)
        if who == self.folder:
            return Counters(cpu_s=self._sums[who][1], cpu_limit=self.CAPACITY, memory=100 << 20, memory_limit=512 << 20)
        return Counters(cpu_s=self._sums[who][1], memory=int(self._label_of(who, 'twin.memory', self.memory)), memory_limit=self.memory_limit)


class FakeTransfer:
    """Streams through a dictionary that all hosts share."""

    def __init__(self, files):
        self.files = files
        self.refuses = False

    def send(self, row, move, chunks):
        if self.refuses:
            raise EngineError('The image could not be sent to %s' % row.host)
        self.files[(row.host, move)] = data = b''.join(chunks)
        return hashlib.sha256(data).hexdigest()

    def receive(self, move, sha256):
        for (_target, ident), data in self.files.items():
            if ident == move and hashlib.sha256(data).hexdigest() == sha256:
                return io.BytesIO(data)
        raise EngineError('The image of move %s is not here' % move)

    def discard(self, move):
        for key in [key for key in self.files if key[1] == move]:
            del self.files[key]

    def admit(self, rows):
        """Nobody is kept out of a dictionary."""


class FakeCommand:
    """A user's command: keeps what it was told, and ends as ``says`` has it ('' for well)."""

    def __init__(self):
        self.runs = []
        self.says = ''

    def run(self, argv, text, environment, timeout_s):
        self.runs.append((argv, json.loads(text), environment))
        return self.says


class FakeEvents:
    """Hands the fake engine's events to the loop."""

    def __init__(self, engine):
        self._engine = engine
        self._at = len(engine.queue)

    def take(self):
        found = self._engine.queue[self._at:]
        self._at = len(self._engine.queue)
        return found


@functools.lru_cache(maxsize=None)
def tokens_of(number):
    """Four tokens of the ring node of host h``number``, as texts."""
    return tuple(str(token_of('node %d token %d' % (number, each))) for each in range(4))


class TwinHost:
    """One host, dead when not ``alive``, its watcher stopped when not ``up``: what outlives a crash (engine, tables) and what does not (the watcher)."""

    def __init__(self, fleet, name, number):
        self.fleet = fleet
        self.name = name
        self.number = number
        self.address = '10.0.0.%d' % number
        self.clock = VirtualClock(fleet.time, skew_ms=number * 37)
        self.engine = FakeEngine(name, self.clock)
        self.cgroups = FakeCgroups(self.clock, self.engine)
        self.transfer = FakeTransfer(fleet.files)
        self.fuse = Fuse()
        self._ids = itertools.count(1)
        self.crashes = 0
        self.up = True
        self.alive = True
        self.route_ms = 0.5
        self.disk = 10 << 30
        self.settings = {}
        self.boot_id = 'boot'
        self.guard = TwinGuard(self)
        self.hook = FakeCommand()
        self.boot()

    def boot(self):
        """Start the watcher anew, with an empty memory; ``settings`` has further keys of its configuration."""
        settings = settings_room.from_dict(dict({
            'host': self.name, 'address': self.address, 'contact_points': [self.address], 'settle_s': 2.0,
            'disk_reserve': 0, 'stage_s': 0}, **self.settings))
        self.store = self.make_store()
        self.watcher = build(self.outside(settings), self.wake)

    def make_store(self):
        """A client of the ring."""
        return guarded_store(MemoryStore(self.fleet.tables), self.fuse)

    def outside(self, settings):
        """What the watcher is given."""
        return Outside(
            settings, KEY, self.clock, self.store, Guarded(self.engine, self.fuse), self.cgroups,
            Guarded(self.transfer, self.fuse), InlineJobs(), FakeEvents(self.engine),
            HostRow(host=self.name, address=self.address, boot_id=self.boot_id), lambda: self.disk, self.fleet.probe, InlineJobs(),
            Guarded(self.guard.letters, self.fuse), logging.getLogger('twin.%s' % self.name), self.hook.run, InlineJobs(),
            self.new_id)

    def new_id(self, clock):
        """As watcher.idents.new_id, the same in every process: of two of one millisecond the order decides what happens first."""
        return '%012x-%012x' % (clock.wall(), self.number << 32 | next(self._ids))

    def wake(self):
        """The watcher wants a turn; it gets one each tick."""

    def cycle(self):
        """One turn of the loop; a crash costs the watcher its memory and nothing else."""
        self.guard.step()
        if not self.up or not self.alive:
            return
        try:
            self.watcher.lease.tend()
            self.watcher.loop.cycle()
        except Crash:
            self.crashes += 1
            self.boot()

    def call(self, method, /, **params):
        """As a module on this host would."""
        return self.watcher.registry.call(method, **params)


class Fleet:
    """Hosts h1..hN on one twin ring."""

    def __init__(self, size=3):
        self.time = VirtualTime()
        self.tables = Tables()
        self.files = {}
        self.hosts = {}
        for number in range(1, size + 1):
            name = 'h%d' % number
            self.hosts[name] = TwinHost(self, name, number)

    def probe(self, address, port):
        """As network.rtt.probe: every living host's guard answers in its own time, whatever its watcher does."""
        for host in self.hosts.values():
            if host.address == address and host.alive:
                return Probe(host.route_ms, host.name, 'boot')
        return Probe(error='no answer')

    def __getitem__(self, name):
        return self.hosts[name]

    def run(self, seconds):
        """Let virtual time pass, every host turning."""
        for _tick in range(int(seconds / TICK_S)):
            self.time.pass_(TICK_S)
            for number, host in enumerate(self.hosts.values(), 1):
                if host.alive:
                    self.tables.endpoints[host.address] = Endpoint(host.address, 1, int(self.time.now), 'NORMAL', 'id-%d' % number,
                                                                   tokens=tokens_of(number))
                host.cycle()

    def run_until(self, condition, limit_s=300):
        """Let time pass until ``condition()``; an AssertionError with the hosts' sentences when it never holds."""
        began = self.time.now
        while not condition():
            if self.time.now - began > limit_s:
                raise AssertionError('never came true; %s' % {
                    name: host.watcher.loop.sentence for name, host in self.hosts.items()})
            self.run(TICK_S)

    def row(self, name):
        """The container's row."""
        return self.tables.rows[ContainerRow].get(name)

    def copies(self, name):
        """[(host, state, id)] of every copy of a container in the fleet."""
        return [(host.name, each.state, each.id) for host in self.hosts.values()
                for each in host.engine.containers() if each.name == name]

    def open_moves(self):
        """Every (host, move) still listed as open."""
        return [(host, ident) for host, idents in self.tables.open_moves.items() for ident in idents]
