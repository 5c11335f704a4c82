# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around holds (the patent's token): taking one and releasing it, through any member."""
from __future__ import annotations

from dataclasses import asdict

from ..errors import HoldRefused
from ..ring.holds import LONGEST_S, LONGEST_TEXT, Hold, check_releases, hold_of, released, taken
from ..store.tries import tried
from .lookups import row_of


class HoldMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('hold.take', self.hold_take, {'name': str, 'by': str, 'reason': str, 'for_s': int, 'check': bool}, ('check',))
        registry.add('hold.release', self.hold_release, {'name': str, 'by': str, 'force': bool, 'check': bool}, ('force', 'check'))

    def hold_take(self, name, by, reason, for_s, check=False):
        """Keep a container where it is for ``for_s`` seconds.

        :raises HoldRefused: another has a hold, it is on its way, or what is asked makes no sense.
        """
        if not 1 <= for_s <= LONGEST_S:
            raise HoldRefused('A hold of %d s' % for_s, 'It is at least 1 s and at most %d s.' % LONGEST_S)
        for what, text in (('Who holds', by), ('Why', reason)):
            if not 0 < len(text.strip()) <= LONGEST_TEXT:
                raise HoldRefused('%s %s is told in %d characters' % (what, name, len(text)), 'Say it in 1 to %d characters.' % LONGEST_TEXT)

        def change(row):
            now = self._b.clock.wall()
            return taken(row, Hold(by, reason, now + for_s * 1000, for_s), now)

        return self._changed(name, change, check)

    def hold_release(self, name, by, force=False, check=False):
        """Let a container go again. One that nobody holds, or whose hold has ended, is no change.

        :raises HoldRefused: another has it, and this is not forced.
        """
        def change(row):
            if not force:
                check_releases(row, by, self._b.clock.wall())
            # What ended is left as it is.
            return released(row) if hold_of(row, self._b.clock.wall()) is not None else row

        return self._changed(name, change, check)

    def _changed(self, name, change, check):
        """The answer; the row is read again where somebody else wrote it in between."""
        def attempt():
            before = row_of(self._b, name)
            after = change(before)
            if after != before and not check:
                self._b.store.swap(before, after)
            return {'name': name, 'changed': after != before, 'before': self._told(before), 'hold': self._told(after)}

        return tried(attempt)

    def _told(self, row):
        return asdict(hold_of(row, self._b.clock.wall()) or Hold())
