# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This host's lease (design, section 5): acquired before the first exclusive container, renewed, regained when it ran out.

    none --acquire: what runs is armed first--> held --renewals fail--> past its fence deadline --a renewal applies--> held
                                                 |                         |
                                                 |                         an observer marks it expired
                                                 |                         |
                                                 +--- regained <--- all here verified down <--- expired

Renewals are not the loop's work: a look that takes long must not cost a lease. ``tend`` is called several times a second, from
a thread of its own, and does what is due.
"""
from __future__ import annotations

import threading
from contextlib import contextmanager

from ..errors import Conflict, OutcomeUnknown, RingfleetError
from ..model import HostRow
from ..ring import leases

_TRIES = 3
# Until the guard's answer, or while what is here goes down.
_SOON_S = 0.5
# So long after the last exclusive container left, the lease is given up.
_IDLE_S = 60.0


class Lease:
    """One host's lease.

    :param settings: Settings. :param fencing: watcher.fencing.Fencing.
    :param too_few: () to why this fleet has no leases yet, '' when it has, None while that is not known.
    :param look: () lets the loop look at the containers anew.
    """

    def __init__(self, store, clock, settings, fencing, too_few, look, log):
        self._store = store
        self._clock = clock
        self._settings = settings
        self._fencing = fencing
        self._too_few = too_few
        self._look = look
        self._log = log
        self._row = None
        self._held = False
        self._until = 0.0
        self._started = None
        self._prepared = None
        self._expired = None
        self._due = 0.0
        self._wanted_until = clock.monotonic() - 1.0
        self._mine = ()
        self._holds = None
        self._doubt = False
        self._starting = 0
        # Behind a renewal of which the guard could not be told.
        self._untold = False
        self._lock = threading.Lock()
        self.trouble = ''

    # -- for whoever asks -------------------------------------------------------------------------------------------

    def want(self):
        """Something exclusive is here, or about to come."""
        fresh = self._clock.monotonic() >= self._wanted_until
        self._wanted_until = self._clock.monotonic() + _IDLE_S
        if fresh:
            self._due = 0.0

    def holds(self, idents, names):
        """What the loop found: ids of the exclusive containers here that are this host's, and names of all whose rows name this
        host, there or not. With one of them the lease is never given up.
        """
        self._mine, self._holds = tuple(idents), bool(names)
        if names:
            self.want()

    def needed(self):
        """Whether an exclusive container runs here only under a lease; None while that is not known."""
        row, few = self._row, self._too_few()
        if row is None or few is None:
            return None
        return leases.has_lease(row) or row.lease_expired or not few

    def valid(self):
        """Whether it is held, and its fence deadline is still ahead."""
        return self._held and self._clock.boottime() < self._until

    def against(self):
        """Why nothing exclusive may be started here now, or ''."""
        needed = self.needed()
        if needed is None:
            return "this host's row was not read yet"
        if not needed or self.valid():
            return ''
        if self._row.lease_expired:
            return "this host's lease ran out, and is regained once all that is exclusive here is down"
        return "this host's lease was not renewed in time" if self._held else 'this host has no lease yet'

    def fence_in_s(self):
        """Seconds until the guard ends what is exclusive, or None without a lease; negative once that is past."""
        return self._until - self._clock.boottime() if self._held else None

    def age_s(self):
        """Seconds since the last renewal was begun, or None."""
        return self._clock.boottime() - self._started if self._held else None

    def told(self):
        """The row as this host knows it, or None."""
        return self._row

    @contextmanager
    def starting(self):
        """While a start is under way the lease is not regained: it would be a start on the strength of the one before."""
        with self._lock:
            self._starting += 1
        try:
            yield
        finally:
            with self._lock:
                self._starting -= 1

    def start_under_way(self):
        """Whether something is just being started on the strength of the lease."""
        return self._starting > 0

    # -- the duty ---------------------------------------------------------------------------------------------------

    def tend(self):
        """Do what is due. Never raises what store, engine or guard's files do: it is in ``trouble``, and tried again."""
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + self._settings.lease_renew_s
        try:
            self._tend()
            self.trouble = ''
        except RingfleetError as exc:
            self.trouble = str(exc)

    def _tend(self):
        row = self._row or self._read()
        if row is None:
            self._due = self._clock.monotonic() + _SOON_S
        elif row.lease_expired:
            self._regain(row)
        elif leases.has_lease(row):
            self._keep(row)
        elif self._wanted() and self._too_few() == '':
            self._acquire(row)
        elif self._prepared is None:
            self._fencing.disarm()

    def _wanted(self):
        return bool(self._holds) or self._clock.monotonic() < self._wanted_until

    def _read(self):
        self._row = self._store.read(HostRow, self._settings.host)
        return self._row

    def _keep(self, row):
        """Renew it, or give it up when there is nothing left to be leased for."""
        self._prepared = None
        if self._untold or (self._holds and not self._fencing.any_armed()):
            # Else the ring would hear of a lease for ever under which nothing runs, and nobody would take anything over.
            self._fencing.prove()
            self._untold = False
        if self._holds is False and not self._wanted() and not self._fencing.any_armed():
            self._give_up(row)
            return
        for _try in range(_TRIES):
            start = self._clock.boottime()
            try:
                made = self._store.swap(row, leases.renewed(row, self._settings.lease_ttl_s))
            except Conflict:
                # Somebody noted something else in the row, or that the lease ran out: that is not renewed.
                row = self._read()
                if row is None or row.lease_expired or not leases.has_lease(row):
                    self._due = 0.0
                    return
                continue
            self._took(made, start)
            return

    def _took(self, made, start):
        until = leases.fence_at(start, made.lease_ttl_s)
        self._row, self._untold = made, True
        # Only what the guard was told counts: if its file cannot be written, the deadline before stands.
        self._fencing.extend(until)
        self._untold = False
        self._until, self._started, self._held = until, start, True

    def _give_up(self, row):
        self._held = False
        try:
            self._row = self._store.swap(row, leases.given_up(row))
            self._log.info('the lease is given up: nothing exclusive is here')
        except Conflict:
            self._read()

    def _acquire(self, row):
        """The first one. What runs already is armed, and that acknowledged, before anybody may take it over."""
        start = self._clock.boottime()
        if self._prepared is None or start - self._prepared > self._settings.lease_ttl_s / 3.0:
            self._prepared = start
        self._due = self._clock.monotonic() + _SOON_S
        if not self._fencing.prepare(self._mine, leases.fence_at(self._prepared, self._settings.lease_ttl_s)):
            return
        try:
            made = self._store.swap(row, leases.renewed(row, self._settings.lease_ttl_s))
        except (Conflict, OutcomeUnknown) as exc:
            # It may be there by now: then its deadline counts, and what was armed has to be.
            self._doubt, self._row = isinstance(exc, OutcomeUnknown), None
            return
        except RingfleetError:
            if not self._doubt:
                self._prepared = None
                self._fencing.disarm()
            raise
        self._doubt = False
        self._took(made, self._prepared)
        self._prepared = None
        self._due = self._clock.monotonic() + self._settings.lease_renew_s
        self._look()
        self._log.info('a lease is held: exclusive containers are guarded')

    def _regain(self, row):
        """It ran out while this host was away: first all that is exclusive here is down, then it is acquired anew."""
        if self._expired != row.renewals:
            self._held, self._prepared = False, None
            self._log.warning('the lease ran out: everything exclusive here goes down')
            self._fencing.run_out()
            self._expired = row.renewals
        self._due = self._clock.monotonic() + _SOON_S
        if self._starting or not self._fencing.all_down():
            self._look()
            return
        # Nothing could be started under a lease of which the guard cannot be told.
        self._fencing.prove()
        start = self._clock.boottime()
        try:
            made = self._store.swap(row, leases.renewed(row, self._settings.lease_ttl_s))
        except Conflict:
            self._read()
            return
        self._took(made, start)
        self._due = self._clock.monotonic() + self._settings.lease_renew_s
        self._look()
        self._log.warning('the lease is held again')
