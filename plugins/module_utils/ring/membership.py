# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's own row: it registers at start, says how to reach it, broadcasts that it joined (node state Start), and says when it
goes away in order.
"""
from __future__ import annotations

from dataclasses import replace

from ..errors import Conflict, StateRefused, UnknownHost
from ..model import HostRow
from ..names import RESERVED_FACTS
from ..store.days import time_of
from ..store.tries import tried
from .broadcast import AWAY, BACK, JOINED
from .broadcast import LEAVING as TOLD_LEAVING
from .states import DRAINED, JOINING, LEAVING, LEFT, LOST, MEMBERS, NORMAL, PERSON, WATCHER, moved, remedy, told

# The longest absence: a death behind it is seen only when that is over.
LONGEST_AWAY_S = 86400


class Membership:
    """Registers this host and knows the others.

    :param me: a HostRow with what this host says of itself: name, address, boot id, keys. :param drains: ring.drains.Drains.
    """

    def __init__(self, store, clock, broadcaster, me, drains):
        self._store = store
        self._drains = drains
        self._clock = clock
        self._broadcaster = broadcaster
        self._me = me
        self._hosts = {}
        self._lives = {}
        self._absences = {}
        self._said = None
        self._returned = False

    def register(self, facts):
        """Make the own row say what is so; a first or returned host is ``joining``, then ``normal`` in a new generation and broadcasts it.

        Whoever is leaving or drained stays it, also behind a loss: the wish to drain it stands until a join takes it back.

        :param facts: {name: text} for HostRow.facts; a built-in one that is not known just now stays as the row has it.
        :return: True when the host joined just now.
        :raises StateRefused: it has left: only the playbook join makes it a member again.
        :raises StoreUnavailable, OutcomeUnknown: try again in the next cycle.
        """
        before = self._store.read(HostRow, self._me.host)
        if before is not None and before.state == LEFT:
            raise StateRefused('Host %s has %s' % (before.host, told(before)), remedy(before))
        joins = before is None or before.state in ('', LOST)
        completes = before is not None and before.state == JOINING
        kept = {name: text for name, text in (before.facts if before else {}).items() if name in RESERVED_FACTS}
        # All else stays: its lease, and its coordinator: a failover that is under way is brought to its end, also while the host is back.
        after = replace(before or self._me, address=self._me.address, boot_id=self._me.boot_id, ssh_port=self._me.ssh_port,
                        ssh_host_key=self._me.ssh_host_key, ssh_user_key=self._me.ssh_user_key, facts=dict(kept, **facts))
        if self._said is None:
            # Whoever starts is here again. Learning a fact later is no return.
            after = replace(after, away_until=0, away_for_s=0)
        if joins:
            lost = before is not None and before.state == LOST
            state = LEAVING if lost and self._drains.of(self._me.host).started_at else JOINING
            after = replace(self._moved(after, state, WATCHER), generation=after.generation + 1)
        try:
            if after != before:
                after = self._store.swap(before, after)
            if after.state == JOINING:
                after = self._store.swap(after, self._moved(after, NORMAL, WATCHER))
        except Conflict:
            # Somebody settled or changed our row in between; the next cycle reads it anew.
            return False
        self._said = dict(facts)
        self._returned = joins and before is not None and before.state == LOST
        if joins or completes:
            self._broadcaster.send(JOINED if after.state == NORMAL else TOLD_LEAVING, detail='generation %d at %s' % (after.generation, after.address))
        elif before.away_until and not after.away_until:
            self._broadcaster.send(BACK)
        return joins or completes

    def _moved(self, row, state, kind):
        return moved(row, state, kind, self._me.host, self._clock.wall())

    def join_again(self, by):
        """Undo this host's leaving, its drain or that it left, as the playbook join does; elsewhere it is no change.

        :return: whether it changed anything. :raises Conflict: others wrote the row again and again.
        """
        return tried(lambda: self._join_again(by))

    def _join_again(self, by):
        before, now = self._store.read(HostRow, self._me.host), self._clock.wall()
        if before is None or before.state not in (LEAVING, DRAINED, LEFT):
            return False
        # First the wish: behind the other order a loss would find it standing without its state.
        self._drains.forget(self._me.host)
        if before.state == LEFT:
            self._store.swap(before, replace(moved(before, JOINING, PERSON, by, now), generation=before.generation + 1))
            self._said = None
        else:
            self._store.swap(before, moved(before, NORMAL, PERSON, by, now))
            self._broadcaster.send(JOINED, detail='it stays, generation %d' % before.generation)
        return True

    def go_away(self, until_of):
        """Say in the own row until when this host's silence is no death, and broadcast it.

        :param until_of: the deadline that stands (wall-clock milliseconds of this host, 0 for none) to the new one.
        :return: the row as it is then.
        :raises UnknownHost: this host is no member. :raises Conflict: others wrote the row again and again.
        """
        return tried(lambda: self._go_away(until_of))

    def _go_away(self, until_of):
        before = self._store.read(HostRow, self._me.host)
        if before is None or before.state not in MEMBERS:
            raise UnknownHost('Host %s is no member of the fleet' % self._me.host, 'Look at it with host_info.')
        until = until_of(before.away_until)
        if until == before.away_until:
            return before
        for_s = min(LONGEST_AWAY_S, max(0, until - self._clock.wall()) // 1000)
        after = self._store.swap(before, replace(before, away_until=until, away_for_s=for_s))
        self._broadcaster.send(AWAY if until else BACK, detail='until %s' % time_of(until) if until else '')
        return after

    @property
    def registered(self):
        """Whether the own row was made to say what is so since this watcher started."""
        return self._said is not None

    def returned(self):
        """True once after a ``register`` by which this host came back although it was declared lost."""
        returned, self._returned = self._returned, False
        return returned

    def says(self, facts):
        """Whether ``register`` made the own row say these facts."""
        return self._said == facts

    def refresh(self):
        """Read the hosts anew. One that finds itself declared lost is back, and has to register again;
        one that finds itself left has no part in the fleet any more."""
        self._hosts = {row.host: row for row in self._store.scan(HostRow) if row.state}
        now = self._clock.monotonic()
        for row in self._hosts.values():
            life = (row.generation, row.boot_id)
            if self._lives.get(row.host, (None, None))[0] != life:
                self._lives[row.host] = (life, now)
            if self._absences.get(row.host, (0, None))[0] != row.away_until:
                self._absences[row.host] = (row.away_until, now)
        own = self._hosts.get(self._me.host)
        if own is not None and own.state in (LOST, LEFT):
            self._said = None
        return list(self._hosts.values())

    def away(self):
        """HostRows of those that are away in order, by name."""
        return [row for row in self.hosts() if row.state in MEMBERS and self.away_left_s(row) > 0]

    def away_left_s(self, row):
        """Seconds that are left of a host's absence, 0.0 where there is none: by this host's clock, and no more than it was told for since
        this watcher first read of it, so that a clock that is far ahead hides no death.
        """
        left = (row.away_until - self._clock.wall()) / 1000.0
        until, since = self._absences.get(row.host, (None, None))
        if until == row.away_until and left > 0:
            left = min(left, (row.away_for_s or LONGEST_AWAY_S) - (self._clock.monotonic() - since))
        return max(0.0, left)

    def own(self):
        """This host's HostRow as last read, or None."""
        return self._hosts.get(self._me.host)

    def listed(self, host):
        """The monotonic second at which this watcher first read of the present life of a host: its generation and boot."""
        return self._lives[host][1]

    def hosts(self):
        """HostRows of the fleet as last read, by name."""
        return [row for _name, row in sorted(self._hosts.items())]
