# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log monitoring (S103, F8.5-F8.7; S201): what a container logs, held against the standard its owner set.

Opt-in by the label ``ringfleet.log.errors``; containers without it are never read.
"""
from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LINES_A_ROUND = 2000
# More matches than these are not counted, as long as that is more than the standard allows: a storm of errors is one, whatever its size.
_COUNTED = 1000


@dataclass(frozen=True)
class LogFinding:
    """Matching lines within the standard's window, and whether they are more than it allows."""
    standard: str
    errors: int
    over: bool


class LogWatch:
    """Follows one container's log against one LogStandard."""

    def __init__(self, standard, since_ns):
        self._standard = standard
        self._since_ns = since_ns
        self._matches = deque(maxlen=max(_COUNTED, standard.count + 1))

    def look(self, engine, ref, now_ns):
        """Read what is new and judge the window that ends at ``now_ns`` (wall clock, as Docker's own stamps).

        :raises EngineError: as the engine's; nothing is lost, the next look reads from the same place.
        """
        lines = engine.log_lines(ref, self._since_ns, LINES_A_ROUND)
        for at_ns, text in lines:
            if self._standard.pattern.search(text):
                self._matches.append(at_ns)
        if lines:
            self._since_ns = lines[-1][0]
        oldest = now_ns - int(self._standard.window_s * 10 ** 9)
        while self._matches and self._matches[0] <= oldest:
            self._matches.popleft()
        return LogFinding(self._standard.text, len(self._matches), len(self._matches) > self._standard.count)
