# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an observer knows of another host's two signs of life, on its own clock. Pure.

Two signals are told apart: the ring node's heartbeat (``gossip``) and the watcher's row (``beat``). Each is judged by its
change, never by another host's clock. Nothing is decided on them yet: a host is only shown as what it is.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

ALIVE = 'alive'
WATCHER_DOWN = 'watcher down'
NODE_DOWN = 'ring node down'
SILENT = 'silent'
UNSEEN = 'unseen'


@dataclass(frozen=True)
class Signal:
    """The last value of a counter and the monotonic second at which it was first seen; ``None`` before the first."""
    value: tuple = ()
    changed: float = None

    def seen(self, value, now):
        """The signal after ``value`` was read at ``now``."""
        return self if value == self.value else replace(self, value=value, changed=now)

    def age(self, now):
        """Seconds since the last change, or None when it was never seen."""
        return None if self.changed is None else max(0.0, now - self.changed)


@dataclass(frozen=True)
class Signs:
    """Both signals of one host as one observer has them."""
    beat: Signal = Signal()
    gossip: Signal = Signal()


def verdict(signs, now, silent_after_s):
    """One of the words above; a signal is silent when it did not change for ``silent_after_s``."""
    beat, gossip = signs.beat.age(now), signs.gossip.age(now)
    if beat is None or gossip is None:
        # What this observer never had cannot have stopped: a host that joins shows one sign before the other.
        return UNSEEN
    beat_on, gossip_on = beat < silent_after_s, gossip < silent_after_s
    if beat_on and gossip_on:
        return ALIVE
    if gossip_on:
        return WATCHER_DOWN
    return NODE_DOWN if beat_on else SILENT
