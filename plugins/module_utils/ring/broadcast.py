# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broadcasts (S2043, F9.12, F9.13; node states): hints to all hosts to look now. The truth is always re-read."""
from __future__ import annotations

from ..model import BROADCAST_KINDS, Broadcast

JOINED, ADOPTED, RELEASED, MOVED, EFFECTIVE, LOST, AWAY, BACK, EXPIRED, LEAVING, DRAINED, LEFT = BROADCAST_KINDS
# What was broadcast of a host and not of a container: its row has changed.
OF_HOSTS = frozenset((JOINED, LOST, AWAY, BACK, EXPIRED, LEAVING, DRAINED, LEFT))


class Broadcaster:
    """Sends this host's broadcasts and hears everybody's, each once."""

    def __init__(self, store, clock, host, new_id):
        self._store = store
        self._clock = clock
        self._host = host
        self._new_id = new_id
        self._heard_to = clock.wall()
        self._heard = {}

    def send(self, kind, name='', move='', detail=''):
        """Tell everybody."""
        self._store.put_broadcast(Broadcast(self._new_id(), kind, self._host, name, move, detail, self._clock.wall()))

    def hear(self, overlap_ms=10000):
        """Broadcasts not heard before; looks back a little, since hosts' clocks differ."""
        since = self._heard_to - overlap_ms
        self._heard = {ident: at for ident, at in self._heard.items() if at >= since}
        fresh = [each for each in self._store.broadcasts(since) if each.id not in self._heard]
        self._heard.update((each.id, each.sent_at) for each in fresh)
        self._heard_to = max(self._heard_to, self._clock.wall())
        return fresh
