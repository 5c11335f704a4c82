# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual time: moves only when it is told to."""
from __future__ import annotations


class VirtualClock:
    """One host's clocks; ``skew_ms`` is how far its wall clock is from the others'."""

    def __init__(self, time, skew_ms=0):
        self._time = time
        self._skew_ms = skew_ms
        self.jumps = 0
        # Another origin than that of monotonic(), so that whoever takes one clock for the other is seen.
        self._booted_at = -50_000.0

    def monotonic(self):
        return self._time.now

    def boottime(self):
        return self._time.now - self._booted_at

    def boot(self):
        """The machine starts anew: seconds since the boot begin again."""
        self._booted_at = self._time.now

    def wall(self):
        return 1_750_000_000_000 + int(self._time.now * 1000) + self._skew_ms

    def jump(self, by_ms):
        """Set the wall clock; the monotonic one never notices."""
        self._skew_ms += by_ms
        self.jumps += 1


class VirtualTime:
    """The one time of a simulation, in seconds."""

    def __init__(self):
        self.now = 1000.0

    def pass_(self, seconds):
        self.now += seconds
