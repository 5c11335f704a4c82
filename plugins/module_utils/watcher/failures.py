# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a container could not be brought, by the moves that were asked for on this host: such a target is left out for a while, longer
each time. The choice by formula is the same each time; without this a host on which the container cannot start is chosen for ever,
and one that is moved stop-first is stopped for it each time.

What a target declined is not meant: it says so before anything was done, and the next best is asked at once (moves/source.py).
"""
from __future__ import annotations

from dataclasses import dataclass

from ..moves import steps
from ..moves.planning import readable_plan

_FIRST_S, _MOST_S = 60.0, 3600.0


@dataclass(frozen=True)
class _Failure:
    """The last ``move`` that came to nothing; its target is left out for ``pause_s`` seconds, up to ``until``."""
    move: str
    until: float
    pause_s: float


class Failures:
    """Keeps them by container and target.

    :param clock: ``monotonic()`` seconds.
    """

    def __init__(self, clock):
        self._clock = clock
        self._found = {}

    def note(self, move):
        """Take note of the MoveRow of what was asked for, at each look; only one that was claimed and aborted counts, and once."""
        plan = readable_plan(move)
        if plan is None or move.source_step != steps.ABORTED or steps.CLAIMED not in move.source_times or steps.DECLINED in move.target_times:
            return
        known = self._found.setdefault(plan.name, {}).get(plan.target)
        if known is not None and known.move == move.id:
            return
        pause_s = min(2 * known.pause_s, _MOST_S) if known is not None else _FIRST_S
        self._found[plan.name][plan.target] = _Failure(move.id, self._clock.monotonic() + pause_s, pause_s)

    def hosts(self, name):
        """Names of the hosts that are left out for a container now, sorted."""
        now = self._clock.monotonic()
        return tuple(sorted(host for host, failure in self._found.get(name, {}).items() if now < failure.until))

    def tidy(self):
        """Forget those of long ago."""
        now = self._clock.monotonic()
        found = {name: {host: each for host, each in hosts.items() if now < each.until + _MOST_S} for name, hosts in self._found.items()}
        self._found = {name: hosts for name, hosts in found.items() if hosts}

    def clear(self):
        """Forget all."""
        self._found = {}
