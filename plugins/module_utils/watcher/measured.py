# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store as the watcher uses it: what each call takes, what fails, and which decisions it records, for the metrics.

In front of whatever store comes from outside; it answers and raises as that does.
"""
from __future__ import annotations

from ..errors import Conflict, StoreError

# What the local ring node alone answers; its silence does not mean that the ring is out of reach.
_LOCAL = ('gossip', 'ring_work')


class MeasuredStore:
    """Passes every call on.

    :param store: Store. :param clock: ``monotonic()`` seconds. :param metrics: told of each call, as watcher.metrics.Metrics.
    """

    def __init__(self, store, clock, metrics):
        self._store = store
        self._clock = clock
        self._metrics = metrics

    def __getattr__(self, name):
        value = getattr(self._store, name)
        if not callable(value) or name == 'close':
            return value
        return lambda *args, **kwargs: self._measured(name, value, args, kwargs)

    def _measured(self, name, call, args, kwargs):
        began = self._clock.monotonic()
        try:
            result = call(*args, **kwargs)
        except StoreError as exc:
            # Losing a race is an answer.
            self._told(name, began, type(exc).__name__, isinstance(exc, Conflict))
            raise
        self._told(name, began, '', True)
        if name == 'put_decision':
            self._metrics.decided(*args)
        return result

    def _told(self, name, began, error, answered):
        self._metrics.asked_store(name, self._clock.monotonic() - began, error)
        if name not in _LOCAL:
            self._metrics.store_answers = answered
