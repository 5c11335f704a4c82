# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard is told about this host's exclusive containers, and what it answered (design, section 5, fencing).

A container that may run is **armed**: it has the lease's fence deadline. One that must not run (a copy of a move before its
commit, one behind it, a stale one, all while the lease is run out) is **held down**: its deadline is always past. The file
outlives the watcher, so it is where a new one learns what is armed. Any thread may call.
"""
from __future__ import annotations

import threading

from ..errors import EngineError
from ..guard.orders import NEVER, Orders

_LOOK = 'Look at: systemctl status ringfleet-guard; journalctl -u ringfleet-guard.'
# An answer that takes longer is none.
_SILENT_S = 5.0


class Fencing:
    """The guard's orders.

    :param post: as guard.orders.Post. :param boot_id: this kernel's. :param clock: ``monotonic()`` seconds.
    """

    def __init__(self, post, boot_id, clock):
        self._post = post
        self._boot_id = boot_id
        self._clock = clock
        self._lock = threading.RLock()
        self._armed = {}
        self._down = {}
        self._touched = set()
        self._deadline = NEVER
        self._sequence = 0
        self._given_at = None
        self._down_at = clock.monotonic()
        self._looked_at = None
        self._running = frozenset()
        # Counts the times that a lease ran out: what was allowed under an earlier one is not allowed any more.
        self.term = 0
        self._load()

    def _load(self):
        try:
            orders = self._post.orders()
        except (OSError, ValueError):
            # Not readable: written anew with the first order; what ran is not armed until it was looked at.
            orders = None
        if orders is None:
            return
        self._sequence = orders.sequence
        if orders.boot_id != self._boot_id:
            return
        for ident, at in orders.deadlines.items():
            (self._armed if at > NEVER else self._down)[ident] = orders.sequence
            self._deadline = max(self._deadline, at)

    def _give(self):
        deadlines = dict({ident: self._deadline for ident in self._armed}, **{ident: NEVER for ident in self._down})
        try:
            self._post.give(Orders(self._boot_id, self._sequence + 1, deadlines))
        except OSError as exc:
            raise EngineError("The guard's orders cannot be written: %s" % exc, _LOOK) from exc
        self._sequence += 1
        if self._given_at is None:
            self._given_at = self._clock.monotonic()

    def _answer(self):
        """The guard's Receipt; its sequence is 0 where it counts for another kernel."""
        receipt = self._post.receipt()
        if receipt.boot_id == self._boot_id and receipt.sequence >= self._sequence:
            self._given_at = None
        return receipt

    def _taken(self, receipt, sequence):
        return receipt.boot_id == self._boot_id and receipt.sequence >= sequence

    # -- armed ------------------------------------------------------------------------------------------------------

    def extend(self, deadline):
        """A renewal: the deadline of all that is armed moves."""
        with self._lock:
            before, self._deadline = self._deadline, deadline
            try:
                if self._armed:
                    self._give()
            except EngineError:
                self._deadline = before
                raise

    def prove(self):
        """Give the orders that stand once more. :raises EngineError: where orders cannot be written."""
        with self._lock:
            self._give()

    def arm(self, ident, term):
        """Put a container under the deadline, unless the lease ran out since ``term``; True once the guard acknowledged it."""
        with self._lock:
            if term != self.term:
                return False
            if ident not in self._armed:
                before = self._down.pop(ident, None)
                self._armed[ident] = self._sequence + 1
                try:
                    self._give()
                except EngineError:
                    del self._armed[ident]
                    if before is not None:
                        self._down[ident] = before
                    raise
            return self._taken(self._answer(), self._armed[ident])

    def prepare(self, idents, deadline):
        """Arm all that runs here before the first lease is acquired; True once the guard acknowledged it."""
        with self._lock:
            fresh = [ident for ident in idents if ident not in self._armed and ident not in self._down]
            if fresh or self._deadline != deadline:
                self._deadline = deadline
                self._armed.update((ident, self._sequence + 1) for ident in fresh)
                if self._armed:
                    self._give()
            return not self._armed or self._taken(self._answer(), self._sequence)

    def disarm(self):
        """There is no lease, so there is no deadline."""
        with self._lock:
            if self._armed:
                self._armed = {}
                self._give()

    def any_armed(self):
        """Whether anything is under the deadline."""
        return bool(self._armed)

    def is_held_down(self, ident):
        """Whether the guard is ordered to hold a container down."""
        return ident in self._down

    def is_armed(self, ident):
        """Whether a container is under the deadline."""
        return ident in self._armed

    def touch(self, ident, term):
        """Note that the container's row was changed by this host under the lease of ``term``."""
        with self._lock:
            if term == self.term:
                self._touched.add(ident)

    def is_touched(self, ident):
        """Whether its row was changed by this host since the lease was last acquired, or this watcher was started."""
        return ident in self._touched

    # -- held down --------------------------------------------------------------------------------------------------

    def hold_down(self, ident):
        """Order that a container must not run; True once the guard found it so."""
        with self._lock:
            if ident not in self._down:
                self._armed.pop(ident, None)
                self._touched.discard(ident)
                self._down[ident] = self._sequence + 1
                self._give()
            receipt = self._answer()
            return self._taken(receipt, self._down[ident]) and ident in receipt.down

    def let_go(self, ident):
        """Where no lease is needed: the guard has nothing to do with this container; True once it acknowledged that."""
        with self._lock:
            if self._down.pop(ident, None) is not None or self._armed.pop(ident, None) is not None:
                self._give()
            return not self.known() or self._taken(self._answer(), self._sequence)

    def run_out(self):
        """The lease ran out: a new term begins, in which nothing is armed yet and nothing may run."""
        with self._lock:
            self.term += 1
            self._down.update((ident, self._sequence + 1) for ident in self._armed)
            self._armed, self._touched = {}, set()
            self._down_at = self._clock.monotonic()
            if self._down:
                self._give()

    def all_down(self):
        """Whether guard and engine found nothing exclusive running here since the lease ran out."""
        with self._lock:
            receipt = self._answer()
            verified = all(self._taken(receipt, sequence) and ident in receipt.down for ident, sequence in self._down.items())
            looked = self._looked_at is not None and self._looked_at > self._down_at
            return verified and looked and not self._armed and not self._running & set(self._down)

    # -- what is here -----------------------------------------------------------------------------------------------

    def sync(self, foreign, running, looked_at):
        """What a look at this host found.

        :param foreign: ids of copies that must not run; those that are armed are left to whoever asks their row.
        :param running: ids of the exclusive containers that run. :param looked_at: the monotonic second of the look's begin.
        """
        with self._lock:
            self._running, self._looked_at = frozenset(running), looked_at
            fresh = [ident for ident in foreign if ident not in self._down and ident not in self._armed]
            if fresh:
                self._down.update((ident, self._sequence + 1) for ident in fresh)
                self._give()

    def forget(self, ident):
        """The engine has no such container any more."""
        with self._lock:
            self._touched.discard(ident)
            if self._armed.pop(ident, None) is not None or self._down.pop(ident, None) is not None:
                self._give()

    def known(self):
        """Ids of all that is armed or held down."""
        with self._lock:
            return set(self._armed) | set(self._down)

    def fenced(self):
        """{id: second of CLOCK_BOOTTIME at which the guard last signalled it}."""
        receipt = self._answer()
        return receipt.fenced if receipt.boot_id == self._boot_id else {}

    def trouble(self):
        """What is wrong with the guard, or ''."""
        self._answer()
        if self._given_at is None or self._clock.monotonic() - self._given_at <= _SILENT_S:
            return ''
        return 'the guard has not acknowledged its orders for %d s. %s' % (_SILENT_S, _LOOK)
