# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds (the patent's token: it makes the access to a container unique): while somebody has one, nobody else moves or removes the
container. It ends at its deadline by itself.

It stands in the container's row, as who wrote it set the deadline, and is taken and released by one conditional write.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import HoldRefused
from ..store.days import time_of

LONGEST_S = 7 * 86400
LONGEST_TEXT = 200
# Taken again by the same taker it stays as it is while so much of the time asked for is left.
_STILL_GOOD = 0.9


@dataclass(frozen=True)
class Hold:
    """``by`` whom, for which ``reason``, ``until`` which wall-clock millisecond; ``left_s`` whole seconds that are left."""
    by: str = ''
    reason: str = ''
    until: int = 0
    left_s: int = 0

    def __str__(self):
        return 'held by %s (%s) until %s' % (self.by, self.reason, time_of(self.until))


def hold_of(row, now):
    """The Hold that stands in a ContainerRow at wall-clock millisecond ``now``, or None."""
    if not row.hold_by or row.hold_until <= now:
        return None
    return Hold(row.hold_by, row.hold_for, row.hold_until, (row.hold_until - now) // 1000)


def taken(row, hold, now):
    """The ContainerRow with a Hold in it; the very same row where that stands already and is not extended.

    :param hold: the Hold wanted, its ``left_s`` the whole time asked for. :param now: wall-clock millisecond.
    :raises HoldRefused: another has one, or the container is on its way or held by no host.
    """
    before = hold_of(row, now)
    if before is not None and before.by != hold.by:
        raise HoldRefused('Container %s is %s, for %d s more' % (row.name, before, before.left_s), 'Wait for its end, or ask %s.' % before.by)
    if before is None and row.move:
        raise HoldRefused('Container %s is in move %s' % (row.name, row.move), 'Wait for it; see move_info.')
    if not row.holder:
        raise HoldRefused('Container %s is on no host' % row.name, 'Start it on a host of the fleet first.')
    until = hold.until
    if before is not None and before.until - now >= _STILL_GOOD * hold.left_s * 1000:
        until = before.until
    return replace(row, hold_by=hold.by, hold_for=hold.reason, hold_until=until)


def released(row):
    """The ContainerRow without a hold."""
    return replace(row, hold_by='', hold_for='', hold_until=0)


def check_releases(row, by, now):
    """:raises HoldRefused: when the hold that stands is another's than ``by``."""
    before = hold_of(row, now)
    if before is not None and before.by != by:
        raise HoldRefused('Container %s is %s, which is not %s' % (row.name, before, by), 'Ask %s, or release it with force.' % before.by)
