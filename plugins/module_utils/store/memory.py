# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-memory twin of the store: same promises, one process, for the simulator; it passes the same contract tests.

Several MemoryStore objects on one Tables object are several hosts' clients of one ring.
"""
from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from ..model import MoveRow
from .base import CONDITIONAL, Store, check_spec_size, new_nonce
from .days import day_of


@dataclass(frozen=True)
class Tables:
    """The shared state of a twin ring."""
    rows: dict = field(default_factory=lambda: {kind: {} for kind in CONDITIONAL})
    beats: dict = field(default_factory=dict)
    loads: dict = field(default_factory=dict)
    placements: dict = field(default_factory=dict)
    specs: dict = field(default_factory=dict)
    moves: dict = field(default_factory=dict)
    open_moves: dict = field(default_factory=dict)
    broadcasts: dict = field(default_factory=dict)
    decisions: dict = field(default_factory=dict)
    endpoints: dict = field(default_factory=dict)
    ring: dict = field(default_factory=lambda: {'copies': 3})
    lock: threading.RLock = field(default_factory=threading.RLock)


class MemoryStore(Store):
    """One host's client of a twin ring; ``work`` is what its node does besides serving."""

    def __init__(self, tables, nonces=new_nonce):
        super().__init__(nonces)
        self.tables = tables
        self.work = ()

    def read(self, kind, key):
        with self.tables.lock:
            return self.tables.rows[kind].get(key)

    def scan(self, kind):
        with self.tables.lock:
            return list(self.tables.rows[kind].values())

    def _cas(self, row, expected):
        with self.tables.lock:
            rows = self.tables.rows[type(row)]
            now = rows.get(self.key_of(row))
            if (now.nonce if now is not None else None) != expected:
                return False
            rows[self.key_of(row)] = row
            return True

    def gossip(self):
        with self.tables.lock:
            return list(self.tables.endpoints.values())

    def ring_work(self):
        return self.work

    def copies(self):
        return self.tables.ring['copies']

    def put_beat(self, beat):
        with self.tables.lock:
            self.tables.beats[beat.host] = beat

    def beats(self):
        with self.tables.lock:
            return list(self.tables.beats.values())

    def put_loads(self, host, reports, gone=()):
        with self.tables.lock:
            mine = self.tables.loads.setdefault(host, {})
            mine.update({report.name: report for report in reports})
            for name in gone:
                mine.pop(name, None)

    def loads(self, host):
        with self.tables.lock:
            return [each for _name, each in sorted(self.tables.loads.get(host, {}).items())]

    def put_placement(self, placement):
        with self.tables.lock:
            self.tables.placements[(placement.host, placement.name)] = placement

    def drop_placement(self, host, name):
        with self.tables.lock:
            self.tables.placements.pop((host, name), None)

    def placements(self, host):
        with self.tables.lock:
            return [each for key, each in sorted(self.tables.placements.items()) if key[0] == host]

    def put_spec(self, name, digest, sealed):
        check_spec_size(name, sealed)
        with self.tables.lock:
            self.tables.specs[(name, digest)] = bytes(sealed)

    def spec(self, name, digest):
        with self.tables.lock:
            return self.tables.specs.get((name, digest))

    def put_move(self, ident, **columns):
        with self.tables.lock:
            self.tables.moves[ident] = replace(self.tables.moves.get(ident, MoveRow(ident)), **columns)

    def move(self, ident):
        with self.tables.lock:
            return self.tables.moves.get(ident)

    def moves(self):
        with self.tables.lock:
            return list(self.tables.moves.values())

    def index_move(self, host, ident):
        with self.tables.lock:
            self.tables.open_moves.setdefault(host, set()).add(ident)

    def unindex_move(self, host, ident):
        with self.tables.lock:
            self.tables.open_moves.get(host, set()).discard(ident)

    def open_moves(self, host):
        with self.tables.lock:
            return sorted(self.tables.open_moves.get(host, ()))

    def put_broadcast(self, broadcast):
        with self.tables.lock:
            self.tables.broadcasts[broadcast.id] = broadcast

    def broadcasts(self, since_at):
        with self.tables.lock:
            found = [each for each in self.tables.broadcasts.values() if each.sent_at >= since_at]
        return sorted(found, key=lambda each: (each.sent_at, each.id))

    def put_decision(self, decision):
        with self.tables.lock:
            self.tables.decisions[decision.id] = decision

    def decisions(self, host, day):
        with self.tables.lock:
            found = [each for each in self.tables.decisions.values()
                     if each.host == host and day_of(each.decided_at) == day]
        return sorted(found, key=lambda each: (each.decided_at, each.id))

    def close(self):
        """Nothing is held."""
