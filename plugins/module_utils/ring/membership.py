# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's own row: it registers at start, says how to reach it, and broadcasts that it joined (node state Start)."""
from __future__ import annotations

from dataclasses import replace

from ..errors import Conflict
from ..model import HostRow
from ..names import RESERVED_FACTS
from .broadcast import JOINED

NORMAL = 'normal'
LEFT = 'left'
LOST = 'lost'


class Membership:
    """Registers this host and knows the others.

    :param me: a HostRow with what this host says of itself: name, address, boot id, keys.
    """

    def __init__(self, store, clock, broadcaster, me):
        self._store = store
        self._clock = clock
        self._broadcaster = broadcaster
        self._me = me
        self._hosts = {}
        self._said = None

    def register(self, facts):
        """Make the own row say what is so; a first or returned host is ``normal`` in a new generation and broadcasts it.

        :param facts: {name: text} for HostRow.facts; a built-in one that is not known just now stays as the row has it.
        :return: True when the host joined just now.
        :raises StoreUnavailable, OutcomeUnknown: try again in the next cycle.
        """
        before = self._store.read(HostRow, self._me.host)
        joins = before is None or before.state in ('', LEFT, LOST)
        kept = {name: text for name, text in (before.facts if before else {}).items() if name in RESERVED_FACTS}
        after = replace(self._me, facts=dict(kept, **facts), nonce=before.nonce if before else '')
        if joins:
            # Its coordinator stays named: a failover that is under way is brought to its end, also while the host is back.
            if before is not None:
                after = replace(after, coordinator=before.coordinator, failover_epoch=before.failover_epoch)
            after = replace(after, state=NORMAL, generation=(before.generation if before else 0) + 1,
                            since_at=self._clock.wall(), by=self._me.host)
        else:
            after = replace(after, coordinator=before.coordinator, failover_epoch=before.failover_epoch)
            after = replace(after, state=before.state, generation=before.generation, since_at=before.since_at,
                            by=before.by)
        if after != before:
            try:
                self._store.swap(before, after)
            except Conflict:
                # Somebody settled or changed our row in between; the next cycle reads it anew.
                return False
        self._said = dict(facts)
        if joins:
            self._broadcaster.send(JOINED, detail='generation %d at %s' % (after.generation, after.address))
        return joins

    @property
    def registered(self):
        """Whether the own row was made to say what is so since this watcher started."""
        return self._said is not None

    def says(self, facts):
        """Whether ``register`` made the own row say these facts."""
        return self._said == facts

    def refresh(self):
        """Read the hosts anew. One that finds itself declared lost is back, and has to register again."""
        self._hosts = {row.host: row for row in self._store.scan(HostRow) if row.state}
        own = self._hosts.get(self._me.host)
        if own is not None and own.state == LOST:
            self._registered = False
        return list(self._hosts.values())

    def hosts(self):
        """HostRows of the fleet as last read, by name."""
        return [row for _name, row in sorted(self._hosts.items())]
