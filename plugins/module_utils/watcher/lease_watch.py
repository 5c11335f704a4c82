# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The others' leases as this host sees them: when each was last renewed, and the mark on one that ran out (design, section 5).

The lease alone decides for exclusive containers, whatever gossip says: also of a host that lives and whose watcher does not. Who
marks it coordinates what follows (watcher/coordinator.py). One conditional write is enough: it takes a quorum, and it names what
was watched.
"""
from __future__ import annotations

from ..errors import Conflict
from ..model import HostRow
from ..ring import leases
from ..ring.broadcast import EXPIRED
from ..ring.states import LEFT, LOST

# A lease that is older than this share of its ttl is looked at each second, all others with the members.
_AGED = 0.5
# Who is no observer of a host waits so long for those that are.
_SWEEP_S = 30.0
# While nothing may be marked (the fleet is paused) it is asked again so seldom.
_CALM_S = 5.0


class LeaseWatch:
    """Watches the leases of the others.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built
        self._seen = {}
        self._due = {}

    def look(self):
        """Take note of renewals; mark what ran out and is this host's to mark. Raises as the store does."""
        b, now = self._b, self._b.clock.monotonic()
        rows = {row.host: row for row in b.membership.hosts() if row.host != b.settings.host and row.state != LEFT}
        self._seen = {host: each for host, each in self._seen.items() if host in rows}
        for row in rows.values():
            if not leases.has_lease(row) or row.lease_expired:
                continue
            known = self._note(row, now)
            if leases.age_s(known, now) < row.lease_ttl_s * _AGED or now < self._due.get(row.host, 0.0):
                continue
            # The members are read each 5 s, at quorum; what decides is read anew, serially.
            row = b.store.read(HostRow, row.host)
            if row is None or not leases.has_lease(row) or row.lease_expired:
                continue
            # A read may take its time, and what it brings is seen since its end: counted from its begin, a renewal would be older than it is.
            if not self.runs_out_s(row, self._note(row, b.clock.monotonic())):
                self._expire(row, now)

    def _note(self, row, now):
        self._seen[row.host] = known = leases.seen(self._seen.get(row.host), row, now)
        return known

    def seen(self, row):
        """The leases.Seen of a host, or None."""
        return self._seen.get(row.host)

    def runs_out_s(self, row, known=None):
        """Seconds until this host would mark a lease; 0 when it would now."""
        b, now = self._b, self._b.clock.monotonic()
        known = known or leases.seen(self._seen.get(row.host), row, now)
        return leases.runs_out_s(known, row, b.settings.lease_ttl_s, b.settings.lease_margin_s, now)

    def _expire(self, row, now):
        b = self._b
        if b.coordinator.armed():
            self._due[row.host] = now + _CALM_S
            return
        # After a trouble of one's own the holder may have had the same one: it gets the time to renew first.
        if b.observer.judges_nobody() or not self._is_mine(row, now):
            return
        try:
            b.store.swap(row, leases.expired(row, b.settings.host))
        except Conflict:
            # Renewed after all, or marked by another observer.
            return
        age_s = leases.age_s(self._seen[row.host], now)
        b.broadcaster.send(EXPIRED, detail='%s: its lease was not renewed for %d s' % (row.host, age_s))
        b.coordinator.succeed(row.host, row.coordinator)
        b.membership.refresh()

    def _is_mine(self, row, now):
        """Whether it is this host's to mark: its coordinator's once it is declared lost, else its observers', and with none of
        those there, after a while, anybody's.
        """
        b, me = self._b, self._b.settings.host
        gone = b.coordinator.gone()
        late = leases.age_s(self._seen[row.host], now) >= row.lease_ttl_s + b.settings.lease_margin_s + _SWEEP_S
        if row.state == LOST and row.coordinator not in gone:
            return row.coordinator == me or late
        observers = b.observer.backups().get(row.host, ())
        return me in observers or all(each in gone for each in observers) or late
