# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated world: hosts on one simulated ring, and everything that happens to them.

Everything that happens by chance comes from one ``random.Random``, so a seed replays exactly.
"""
from __future__ import annotations

import hashlib
import json
import random

from ansible_collections.ringfleet.core.plugins.module_utils.errors import RingfleetError
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, FleetRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import LEFT
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import Tables
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.fleet import PAUSE

from simulation.clock import VirtualTime
from simulation.host import QUIET, SimHost
from simulation.ledger import Ledger
from simulation.ring import Links
from simulation.sight import Sight
from simulation.tasks import Tasks
from simulation.words import short


class World:
    """Hosts h1..hN, their ring, and the one source of chance.

    :param verbose: keep every line of the trace, not only its hash.
    """

    def __init__(self, seed, size, verbose=False):
        self.chance = random.Random(seed)
        self.time = VirtualTime()
        self.tasks = Tasks(self.time, self.chance)
        self.tables = Tables()
        self.files = {}
        self.uncommitted = {}
        self.outage = 0
        self.latest_s = 10.0
        self.hosts = {}
        self.links = Links(self.hosts, seed)
        self.sight = Sight(self)
        self.ledger = Ledger(self)
        self.verbose = verbose
        self.lines = []
        self._hash = hashlib.sha256()
        self._nonces = 0
        for number in range(1, size + 1):
            name = 'h%d' % number
            self.hosts[name] = SimHost(self, name, number)
        self.by_address = {host.address: host for host in self.hosts.values()}

    def probe(self, address, port):
        """Only asked through a SimHost."""
        raise NotImplementedError

    def new_nonce(self):
        self._nonces += 1
        return 'n%d' % self._nonces

    def __getitem__(self, name):
        return self.hosts[name]

    def members(self):
        """The hosts that have not left the fleet."""
        rows = self.tables.rows[HostRow]
        return [host for host in self.hosts.values() if host.name not in rows or rows[host.name].state != LEFT]

    def cut(self, links):
        """These links go down."""
        self.sight.changes()
        self.links.sever(links)

    def mend(self, links):
        """They work again."""
        self.sight.changes()
        self.links.mend(links)

    def is_paused(self):
        """Whether a person's pause is in force."""
        row = self.tables.rows[FleetRow].get(PAUSE)
        return row is not None and json.loads(row.value or '{}').get('reason', '') != ''

    # -- the trace --------------------------------------------------------------------------------------------------

    def trace(self, who, text):
        """One line of what happened; all of them make the hash."""
        line = '%9.3f %s %s' % (self.time.now - 1000.0, who, text)
        self._hash.update(line.encode())
        if self.verbose:
            self.lines.append(line)

    def tell(self, who, name, args, columns, result):
        """The trace of one call."""
        failed = isinstance(result, RingfleetError)
        if name in QUIET and not failed:
            return
        words = [short(each) for each in args] + ['%s=%s' % (key, short(value)) for key, value in sorted((columns or {}).items())]
        said = '%s: %s' % (type(result).__name__, result.message) if failed else short(result)
        self.trace(who, '%s(%s) -> %s' % (name, ', '.join(words), said))

    def log(self, who, text):
        """What a watcher logs: only told where somebody reads it."""
        if self.verbose:
            self.lines.append('%9.3f %s   says: %s' % (self.time.now - 1000.0, who, text))

    def hash(self):
        """The hash of the whole trace so far."""
        return self._hash.hexdigest()

    # -- looking at it ----------------------------------------------------------------------------------------------

    def row(self, name):
        return self.tables.rows[ContainerRow].get(name)

    def copies(self, name):
        """[(host, box)] of every container of that name on any disk."""
        return [(host, box) for host in self.hosts.values() for box in host.engine.boxes.values() if box['Name'] == '/' + name]

    def ask(self, host, method, /, **params):
        """A person asks a watcher through its socket; what it refuses is told."""
        if not host.alive or not host.up:
            return

        def call():
            try:
                host.call(method, **params)
            except RingfleetError as exc:
                self.trace(host.name, '%s was refused: %s' % (method, exc.message))

        self.tasks.spawn(host.name, call)

    def run(self, seconds):
        self.tasks.run(self.time.now + seconds)
