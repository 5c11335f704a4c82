# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ring of a simulation: who reaches whom, which rows have a quorum, what becomes of a write whose answer is lost."""
from __future__ import annotations

import zlib

from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict, OutcomeUnknown, StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import Endpoint
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import MemoryStore

from simulation.twin import tokens_of

# What a cut may hit: a link is (channel, from, to).
DATA, GOSSIP, PROBE = 'data', 'gossip', 'probe'
CHANNELS = (DATA, GOSSIP, PROBE)

LWT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 2.0

CONDITIONAL_WRITE = '_cas'
# Method -> table. The first argument says which partition, so which replicas; WHOLE needs a quorum of every range.
READS = {'read': 'rows', 'scan': '', 'beats': 'beats', 'loads': 'loads', 'placements': 'placements', 'spec': 'specs', 'move': 'moves', 'moves': '',
         'open_moves': 'moves_by_host', 'broadcasts': 'broadcasts', 'decisions': 'decisions'}
PLAIN_WRITES = {'put_beat': 'beats', 'put_loads': 'loads', 'put_placement': 'placements', 'drop_placement': 'placements', 'put_spec': 'specs',
                'put_move': 'moves', 'index_move': 'moves_by_host', 'unindex_move': 'moves_by_host', 'put_broadcast': 'broadcasts',
                'put_decision': 'decisions'}
WHOLE = ''
BEATS = 'beats'


def copies_of(size):
    """The replication factor of a ring of so many nodes (design, section 3)."""
    return 5 if size >= 5 else min(3, size)


class Links:
    """Which host reaches which; ``cut`` has the links that are down. ``salt``: on another ring a key has other replicas."""

    def __init__(self, hosts, salt):
        self._hosts = hosts
        self._salt = salt
        self.cut = {}

    def sever(self, links):
        for link in links:
            self.cut[link] = self.cut.get(link, 0) + 1

    def mend(self, links):
        for link in links:
            self.cut[link] -= 1
            if not self.cut[link]:
                del self.cut[link]

    def open(self, channel, here, there):
        """Whether what ``here`` sends arrives ``there``."""
        return here == there or (channel, here, there) not in self.cut

    def both(self, channel, here, there):
        return all(self.open(channel, *way) for way in ((here, there), (there, here)))

    def heard_by(self, listener):
        """Names of the nodes whose gossip gets to a listener, directly or through others."""
        up = [name for name, host in self._hosts.items() if host.node_up]
        if not self.cut:
            return up
        heard, edge = {listener}, [listener]
        while edge:
            there = edge.pop()
            for here in up:
                if here not in heard and self.open(GOSSIP, here, there):
                    heard.add(here)
                    edge.append(here)
        return [name for name in up if name in heard]

    def quorum(self, client, key):
        """(whether a write of this key gets to a quorum, whether the answers come back) for the ring client of a host; WHOLE: of all keys."""
        names = list(self._hosts)
        firsts = range(len(names)) if key == WHOLE else (zlib.crc32(('%s %s' % (self._salt, key)).encode()) % len(names),)
        found = [self._quorum_at(client, names, first) for first in firsts]
        return all(arrives for arrives, _answered in found), all(answered for _arrives, answered in found)

    def _quorum_at(self, client, names, first):
        copies = copies_of(len(names))
        replicas = [names[(first + each) % len(names)] for each in range(copies)]
        coordinator = next((each for each in [client, *names] if self._hosts[each].node_up and self.both(DATA, client, each)), None)
        if coordinator is None:
            return False, False
        up = [each for each in replicas if self._hosts[each].node_up and self.open(DATA, coordinator, each)]
        back = [each for each in up if self.open(DATA, each, coordinator)]
        return len(up) > copies // 2, len(back) > copies // 2


class RingStore(MemoryStore):
    """One host's client of the simulated ring: calls take time, may fail, and may be applied without an answer, or late."""

    def __init__(self, world, host):
        super().__init__(world.tables, world.new_nonce)
        self._world = world
        self._host = host
        for name in READS:
            setattr(self, name, self._reading(name, getattr(self, name)))
        for name in PLAIN_WRITES:
            setattr(self, name, self._writing(name, getattr(self, name)))

    def _key(self, table, args):
        """The partition of a call: a table and a host, a name or an id; WHOLE where it needs all."""
        if table in (WHOLE, BEATS, 'broadcasts'):
            return table
        first = args[1] if table == 'rows' else args[0]
        return '%s %s' % (table, first if isinstance(first, str) else first.host)

    def _fails(self, chance):
        return chance > 0 and self._world.chance.random() < chance

    def _reading(self, name, inner):
        def call(*args):
            return self._host.do(name, args, lambda: self._read_once(name, inner, args))
        return call

    def _read_once(self, name, inner, args):
        host, world = self._host, self._world
        if world.outage or self._fails(host.reads_fail) or not world.links.quorum(host.name, self._key(READS[name], args))[1]:
            host.nap(READ_TIMEOUT_S * world.chance.random())
            raise StoreUnavailable('The ring did not serve a request: %s' % name)
        if name == 'scan':
            return [world.uncommitted.get((type(row), self.key_of(row)), row) for row in inner(*args)]
        if name == 'read':
            # A serial read completes what was accepted and not committed.
            world.uncommitted.pop((args[0], args[1]), None)
        return inner(*args)

    def _writing(self, name, inner):
        def call(*args, **columns):
            return self._host.do(name, args, lambda: self._write_once(name, inner, args, columns), columns)
        return call

    def _write_once(self, name, inner, args, columns):
        host, world = self._host, self._world
        arrives, answered = world.links.quorum(host.name, self._key(PLAIN_WRITES[name], args))
        lost = self._fails(host.writes_lost)
        unanswered = world.outage or lost or not answered or self._fails(host.answers_lost)
        if arrives and not lost and not world.outage:
            inner(*args, **columns)
        if unanswered:
            host.nap(READ_TIMEOUT_S)
            raise StoreUnavailable('The ring did not serve a request: %s' % name)

    def _settle(self, before, after):
        """As Store._settle; what it says about a write is held against it."""
        try:
            return super()._settle(before, after)
        except Conflict:
            self._world.ledger.denied(after)
            raise

    def _cas(self, row, expected):
        me = self._host.name
        if isinstance(row, HostRow) and row.host != me:
            self._host.claims('host')
        elif isinstance(row, ContainerRow) and row.move and row.holder != me and row.move_to:
            self._host.claims('container')
        return self._host.do(CONDITIONAL_WRITE, (row, expected), lambda: self._cas_once(row, expected))

    def _cas_once(self, row, expected):
        host, world = self._host, self._world
        answered = world.links.quorum(host.name, 'rows %s' % self.key_of(row))[1]
        if world.outage or not answered:
            host.nap(LWT_TIMEOUT_S)
            if world.chance.random() < 0.5:
                raise StoreUnavailable('The ring has no quorum')
            raise self._unknown(row)
        if self._fails(host.writes_lost):
            host.nap(LWT_TIMEOUT_S)
            raise self._unknown(row)
        if not self._fails(host.answers_lost):
            return self.apply(row, expected)
        # The answer is lost. The write was applied, is still under way, or will never be.
        fate = world.chance.choice(('applied', 'uncommitted', 'late', 'late', 'never'))
        if fate in ('applied', 'uncommitted'):
            before = world.tables.rows[type(row)].get(self.key_of(row))
            if self.apply(row, expected) and fate == 'uncommitted' and before is not None:
                world.uncommitted[(type(row), self.key_of(row))] = before
        elif fate == 'late':
            world.tasks.at(world.time.now + LWT_TIMEOUT_S + world.chance.random() * world.latest_s, lambda: self.apply(row, expected, late=True))
        host.nap(LWT_TIMEOUT_S)
        raise self._unknown(row)

    def _unknown(self, row):
        return OutcomeUnknown('%s: the answer to a conditional write is lost' % self.key_of(row))

    def apply(self, row, expected, late=False):
        """The conditional write itself; told to the ledger."""
        world = self._world
        before = self.tables.rows[type(row)].get(self.key_of(row))
        applied = MemoryStore._cas(self, row, expected)
        if applied:
            world.uncommitted.pop((type(row), self.key_of(row)), None)
            world.ledger.wrote(self._host.name, before, row)
        if late:
            world.trace(self._host.name, 'late write of %s %s' % (self.key_of(row), 'applied' if applied else 'came to nothing'))
        return applied

    def gossip(self):
        host, world = self._host, self._world
        return host.do('gossip', (), lambda: self._gossip_once(host, world))

    @staticmethod
    def _gossip_once(host, world):
        if not host.node_up or host.reads_fail >= 1:
            raise StoreUnavailable('The ring node of this host does not answer')
        for name in world.links.heard_by(host.name):
            node = world.hosts[name]
            host.hears[name] = Endpoint(node.address, node.node_generation, int(world.time.now), 'NORMAL', 'id-%d' % node.number,
                                        tokens=tokens_of(node.number))
        return list(host.hears.values())
