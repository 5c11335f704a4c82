# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops and removals of containers seen live, kept until it is known what they say: a stop that the engine outlives is its user's; a
removal that is not followed by the same name is one for good, unless a prune took along what had ended by itself.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

# dockerd going down stops every container too; only a stop that the engine outlives is the user's.
_STOP_CONFIRMED_S = 10.0


@dataclass(frozen=True)
class Removal:
    """A destroy of instance ``ident``, confirmed at ``due``; ``by_hand``: somebody had ended it; ``pruned``: a prune was seen behind it."""
    ident: str
    due: float
    by_hand: bool = False
    pruned: bool = False


class Endings:
    """What waits to be confirmed.

    :param clock: ``monotonic()`` seconds. :param recreate_s: seconds within which a removed container's name may come back.
    """

    def __init__(self, clock, recreate_s):
        self._clock = clock
        self._recreate_s = recreate_s
        self._halted = set()
        self._stops = {}
        self._removals = {}

    def halted(self, event):
        """Somebody, and not this host, told the engine to end it: a ``kill`` or a ``stop``."""
        self._halted.add(event.id)
        if event.action == 'stop':
            self._stops[event.name] = (event.id, self._clock.monotonic() + _STOP_CONFIRMED_S)

    def started(self, event):
        """It runs again."""
        self._halted.discard(event.id)
        self._stops.pop(event.name, None)

    def destroyed(self, event):
        """It was removed."""
        self._removals[event.name] = Removal(event.id, self._clock.monotonic() + self._recreate_s, event.id in self._halted)
        self._halted.discard(event.id)

    def pruned(self):
        """A prune came to its end: what it removed was removed just before."""
        self._removals = {name: replace(each, pruned=True) for name, each in self._removals.items()}

    def broke(self):
        """The engine went away: the stops just seen may have been its own."""
        self._stops.clear()
        self._halted.clear()

    def stopping(self, name):
        """Whether a stop was just seen, and is not confirmed yet."""
        return name in self._stops

    def removing(self, name):
        """Whether a removal was just seen, and is not confirmed yet."""
        return name in self._removals

    def stops(self):
        """[(name, instance)] of the stops that are confirmed by now, until they are dropped."""
        now = self._clock.monotonic()
        return [(name, ident) for name, (ident, due) in self._stops.items() if due <= now]

    def drop_stop(self, name):
        """A stop was dealt with."""
        self._stops.pop(name, None)

    def removals(self):
        """[(name, Removal)] of what is gone for long enough, until it is dropped."""
        now = self._clock.monotonic()
        return [(name, each) for name, each in self._removals.items() if each.due <= now]

    def drop(self, name):
        """A removal was dealt with."""
        del self._removals[name]

    def pending(self):
        """Whether something is due."""
        now = self._clock.monotonic()
        return any(due <= now for _ident, due in self._stops.values()) or any(each.due <= now for each in self._removals.values())
