# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's events, read in a thread of their own and handed to the loop in order; a break in the stream is told too."""
from __future__ import annotations

import queue
import threading

from ..errors import EngineError

_AGAIN_S = 2.0


class Events:
    """Follows an engine. ``take`` never blocks; None in its answer marks a break of the stream."""

    def __init__(self, engine, clock, on_event, log):
        self._engine = engine
        self._clock = clock
        self._on_event = on_event
        self._log = log
        self._queue = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name='events', daemon=True)

    def start(self):
        """Begin to follow."""
        self._thread.start()

    def stop(self):
        """Follow no longer; the thread ends with its connection or the process."""
        self._stop.set()

    def take(self):
        """All that came since the last call."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

    def _follow(self):
        since = self._clock.wall() // 1000
        while not self._stop.is_set():
            try:
                for event in self._engine.events(since):
                    since = max(since, event.at)
                    self._queue.put(event)
                    self._on_event()
                    if self._stop.is_set():
                        return
            except EngineError as exc:
                self._log.warning('the events of the engine broke off: %s', exc)
            self._queue.put(None)
            self._on_event()
            self._stop.wait(_AGAIN_S)
