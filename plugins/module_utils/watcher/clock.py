# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system's clocks. A simulator hands in its own object of the same three methods."""
from __future__ import annotations

import time


class SystemClock:
    """``monotonic`` for everything that is judged, ``wall`` for what people read."""

    @staticmethod
    def monotonic():
        """Seconds that never go back."""
        return time.monotonic()

    @staticmethod
    def boottime():
        """Seconds since the kernel started, suspended ones included: the one clock that all processes of a host share."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    @staticmethod
    def wall():
        """Milliseconds since the epoch."""
        return int(time.time() * 1000)
