# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wish that a host is drained, and what stands in its way: two rows of the table ``fleet`` a host, so that a drain outlives whoever
asked for it, a restart of the host's watcher, and its reboot.

The wish stands until the playbook join takes it back or the host has left.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from ..model import FromDict
from .values import put_value, value_at

DRAIN = 'drain:%s'
BLOCKERS = 'blockers of %s'


@dataclass(frozen=True)
class Drain(FromDict):
    """``by`` whom, begun at ``started_at``, no new move after ``deadline_at`` (both wall-clock milliseconds of who was asked);
    with ``partial`` it was begun although the fleet would not carry all; nothing goes to the hosts in ``avoid``, which are emptied next.
    ``started_at`` 0: there is none.
    """
    by: str = ''
    started_at: int = 0
    deadline_at: int = 0
    partial: bool = False
    avoid: tuple = ()


@dataclass(frozen=True)
class Blockers(FromDict):
    """{container: [why, remedy]} of what stays on a leaving host, as its own watcher has it."""
    why: dict = field(default_factory=dict)


class Drains:
    """Reads and writes them, each by one conditional write."""

    def __init__(self, store):
        self._store = store

    def of(self, host):
        """The Drain of a host."""
        return value_at(self._store, DRAIN % host, Drain)

    def blockers(self, host):
        """The Blockers of a host's drain."""
        return value_at(self._store, BLOCKERS % host, Blockers)

    def wish(self, host, drain):
        """Note that a host shall be drained. :raises Conflict: somebody else wrote first."""
        put_value(self._store, DRAIN % host, drain)

    def tell(self, host, blockers):
        """Note what is in the way. :raises Conflict: somebody else wrote first."""
        if self.blockers(host) != blockers:
            put_value(self._store, BLOCKERS % host, blockers)

    def forget(self, host):
        """Take the wish back. :raises Conflict: somebody else wrote first."""
        for key, nothing in ((DRAIN % host, Drain()), (BLOCKERS % host, Blockers())):
            if value_at(self._store, key, type(nothing)) != nothing:
                put_value(self._store, key, nothing)
