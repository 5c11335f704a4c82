# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of ringfleet: what the fleet's store offers, and what of it is atomic.

Three tables are written **only** by compare-and-swap on a row's nonce: ``containers``, ``hosts`` and ``fleet``. All other
tables are plain: each cell has one writer, so that last-write-wins loses nothing.

**Atomic** is exactly one thing: ``swap`` replaces one whole row if its nonce is still the one that was read, and gives it
a new nonce. Nothing spans two rows.

**An unknown outcome** (the answer to a conditional write is lost) is settled here, for every store alike: our nonce found
by a serial read means applied; otherwise the row's nonce is changed by a further conditional write, so that the lost one
can no longer apply, and the caller gets a Conflict. Until that succeeded ``swap`` on this row raises OutcomeUnknown, and
nobody may start anything on its strength. There is never a blind retry.
"""
from __future__ import annotations

import threading
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from ..errors import Conflict, OutcomeUnknown, SpecTooLarge
from ..model import ContainerRow, FleetRow, HostRow

SPEC_LIMIT = 1 << 20

# Row class -> (table, key column).
CONDITIONAL = {ContainerRow: ('containers', 'name'), HostRow: ('hosts', 'host'), FleetRow: ('fleet', 'key')}

_SETTLE_ROUNDS = 3


@dataclass(frozen=True)
class Endpoint:
    """A ring node as the local ring node's gossip shows it (``system_views.gossip_info`` and ``system.peers_v2``).

    Liveness is judged from the change of (generation, heartbeat) on the observer's own clock; ``status`` alone does not
    tell it: a killed node stays NORMAL with a frozen heartbeat.
    """
    address: str
    generation: int
    heartbeat: int
    status: str
    host_id: str = ''
    rack: str = ''
    tokens: tuple = ()


def new_nonce():
    """A nonce that nobody else has ever used."""
    return uuid.uuid4().hex


def check_spec_size(name, sealed):
    """:raises SpecTooLarge: when a sealed spec is over 1 MiB."""
    if len(sealed) > SPEC_LIMIT:
        raise SpecTooLarge('The creation request of container %s has %d bytes sealed; a row holds at most %d'
                           % (name, len(sealed), SPEC_LIMIT),
                           'Move large values out of its environment and labels into files or a volume.')


class Store(ABC):
    """The fleet's state. All methods raise StoreUnavailable when the store does not serve them.

    :param nonces: makes a new nonce at each call; from outside, so that a simulator can replay.
    """

    def __init__(self, nonces=new_nonce):
        self._nonces = nonces
        self._unsettled = {}
        self._unsettled_lock = threading.Lock()

    # -- conditional rows -------------------------------------------------------------------------------------------

    @abstractmethod
    def read(self, kind, key):
        """The row of class ``kind`` at ``key`` by a serial read (it sees every applied write), or None."""

    @abstractmethod
    def scan(self, kind):
        """All rows of class ``kind``, read at quorum: may be older than the last conditional write in flight."""

    @abstractmethod
    def _cas(self, row, expected):
        """Write ``row`` if the stored nonce is ``expected`` (None: if there is no row). True when applied.

        :raises OutcomeUnknown: it may or may not have been, or may yet be, applied.
        """

    def swap(self, before, after):
        """Replace ``before`` (None: no row yet) by ``after`` and return it with its new nonce.

        :raises Conflict: the row is no longer ``before``; read it again.
        :raises OutcomeUnknown: not settled yet; the next swap of this row settles it first.
        """
        kind, key = type(after), self.key_of(after)
        with self._unsettled_lock:
            pending = self._unsettled.get((kind, key))
        if pending is not None:
            self._settle(*pending)
            raise Conflict('%s %s: an earlier write was settled only now' % (CONDITIONAL[kind][0], key),
                           'Read the row again.')
        after = replace(after, nonce=self._nonces())
        try:
            applied = self._cas(after, before.nonce if before is not None else None)
        except OutcomeUnknown:
            return self._settle(before, after)
        if not applied:
            raise Conflict('%s %s was changed by another writer' % (CONDITIONAL[kind][0], key), 'Read the row again.')
        return after

    def fence(self, kind, key):
        """Change only the nonce of a row, so that no conditional write sent before can apply any more.

        :return: the row as it is now, with its new nonce. A row that does not exist comes to be, empty.
        :raises Conflict: somebody wrote in between.
        """
        before = self.read(kind, key)
        return self.swap(before, before if before is not None else self._empty(kind, key))

    def _settle(self, before, after):
        kind, key = type(after), self.key_of(after)
        with self._unsettled_lock:
            self._unsettled[(kind, key)] = (before, after)
        expected = before.nonce if before is not None else None
        for _round in range(_SETTLE_ROUNDS):
            now = self.read(kind, key)
            nonce = now.nonce if now is not None else None
            if nonce == after.nonce:
                self._forget(kind, key)
                return after
            if nonce != expected:
                self._forget(kind, key)
                raise Conflict('%s %s was changed by another writer' % (CONDITIONAL[kind][0], key),
                               'Read the row again.')
            barrier = replace(before if before is not None else self._empty(kind, key), nonce=self._nonces())
            try:
                applied = self._cas(barrier, expected)
            except OutcomeUnknown:
                continue
            if applied:
                self._forget(kind, key)
                raise Conflict('%s %s: the write was lost and can no longer apply' % (CONDITIONAL[kind][0], key),
                               'Read the row again.')
        raise OutcomeUnknown('%s %s: nobody knows yet whether the last write was applied' % (CONDITIONAL[kind][0], key),
                             'It is settled as soon as the ring has a quorum.')

    def _forget(self, kind, key):
        with self._unsettled_lock:
            self._unsettled.pop((kind, key), None)

    @staticmethod
    def key_of(row):
        """The key of a conditional row."""
        return getattr(row, CONDITIONAL[type(row)][1])

    @staticmethod
    def _empty(kind, key):
        return kind(**{CONDITIONAL[kind][1]: key})

    # -- what the local ring node knows -----------------------------------------------------------------------------

    @abstractmethod
    def gossip(self):
        """The Endpoints that the *local* ring node knows. Only this tells what this very host hears."""

    @abstractmethod
    def ring_work(self):
        """What the *local* ring node does besides serving, in words: () or some of 'streaming', 'a repair'."""

    @abstractmethod
    def copies(self):
        """How many copies the ring keeps of each row of ringfleet."""

    # -- plain rows: one writer a cell ------------------------------------------------------------------------------

    @abstractmethod
    def put_beat(self, beat):
        """Replace a host's beat; by that host alone."""

    @abstractmethod
    def beats(self):
        """All beats."""

    @abstractmethod
    def put_loads(self, host, reports, gone=()):
        """Replace the load reports of a host in one step and drop those of the names in ``gone``."""

    @abstractmethod
    def loads(self, host):
        """A host's load reports."""

    @abstractmethod
    def put_placement(self, placement):
        """Say that a container's copy is, or is about to be, on a host; written before the owner changes."""

    @abstractmethod
    def drop_placement(self, host, name):
        """Take a placement back."""

    @abstractmethod
    def placements(self, host):
        """A host's placements."""

    @abstractmethod
    def put_spec(self, name, digest, sealed):
        """Keep a sealed creation request. :raises SpecTooLarge: over 1 MiB, naming the container."""

    @abstractmethod
    def spec(self, name, digest):
        """The sealed creation request, or None."""

    @abstractmethod
    def put_move(self, ident, **columns):
        """Write columns of a MoveRow, each by its one writer; the other columns stay."""

    @abstractmethod
    def move(self, ident):
        """A MoveRow, or None."""

    @abstractmethod
    def moves(self):
        """All MoveRows still kept."""

    @abstractmethod
    def index_move(self, host, ident):
        """List a move as open at a host."""

    @abstractmethod
    def unindex_move(self, host, ident):
        """A host has no part left in a move."""

    @abstractmethod
    def open_moves(self, host):
        """Ids of the moves that are open at a host, oldest first."""

    @abstractmethod
    def put_broadcast(self, broadcast):
        """Append a hint for everybody; it vanishes by itself."""

    @abstractmethod
    def broadcasts(self, since_at):
        """Broadcasts sent at or after a wall-clock millisecond, oldest first."""

    @abstractmethod
    def put_decision(self, decision):
        """Append a decision."""

    @abstractmethod
    def decisions(self, host, day):
        """A host's decisions of one day (``YYYY-MM-DD`` in UTC), oldest first."""

    @abstractmethod
    def close(self):
        """Let go of connections."""
