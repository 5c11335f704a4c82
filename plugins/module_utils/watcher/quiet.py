# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When no verdict is made (design, section 7): while a move, a repair or streaming runs on this host and for 60 s after,
since its figures then tell of that and not of its containers; and while the ring cannot say what runs.
"""
from __future__ import annotations

from ..errors import StoreUnavailable

QUIET_S = 60.0


class Quiet:
    """Knows whether this host may be judged.

    :param clock: ``monotonic()`` seconds. :param busy: () to a tuple of words for what the watcher does here.
    :param store: whose ``ring_work`` tells what the ring node does.
    """

    def __init__(self, clock, busy, store):
        self._clock = clock
        self._busy = busy
        self._store = store
        self._ring = ()
        self._unreachable = False
        self._last = ()
        self._until = 0.0

    def note(self):
        """Take note of what the watcher does now; costs nothing."""
        self._saw(self._busy())

    def note_ring(self):
        """Take note of what the ring node of this host does now; asks it."""
        try:
            self._ring, self._unreachable = self._store.ring_work(), False
        except StoreUnavailable:
            self._ring, self._unreachable = (), True
        self._saw(self._ring)

    def _saw(self, words):
        if words:
            self._last, self._until = words, self._clock.monotonic() + QUIET_S

    def sentence(self):
        """Why no verdict is made now, or ''."""
        words = self._busy() + self._ring
        if words:
            return 'no verdict: %s %s here' % (' and '.join(words), 'runs' if len(words) == 1 else 'run')
        if self._unreachable:
            return 'no verdict: the ring is out of reach'
        if self._clock.monotonic() < self._until:
            return 'no verdict until %d s after %s' % (QUIET_S, ' and '.join(self._last))
        return ''
