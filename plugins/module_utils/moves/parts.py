# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both sides of a move are made of. Everything that acts comes in from outside."""
from __future__ import annotations

from dataclasses import dataclass, replace

from ..containers.health import has_check, health_of
from ..errors import NoSuchContainer
from ..names import LABEL_MOVE
from .steps import Copy

NO_RESTART = {'Name': 'no', 'MaximumRetryCount': 0}


@dataclass(frozen=True)
class Parts:
    """One host's parts.

    ``clock``: monotonic() seconds, wall() milliseconds. ``key``: the sealing key. ``transfer``: image streams, as
    ``containers.transfer.SshTransfer``. ``host_load()`` the HostLoad and ``free_disk()`` bytes of this host; ``report(name)``
    the last LoadReport of a container here, or None; ``hosts()`` the fleet's HostRows as last read; ``prospects`` the
    hosts as the planner sees them, as watcher.prospects.Prospects. ``ended(what, outcome)`` is told when the source's part of a
    move is over: ``what`` is its MovePlan, or its Ask where it has none, ``outcome`` done, unhealthy, aborted or refused.
    ``gate``: what starts an exclusive container, as watcher.gate.Gate. ``unmoved``: what records why nothing moved, as
    watcher.unmoved.Unmoved.
    """
    host: str
    settings: object
    store: object
    engine: object
    clock: object
    key: bytes
    transfer: object
    broadcaster: object
    new_id: object
    host_load: object
    free_disk: object
    report: object
    hosts: object
    prospects: object
    ended: object
    gate: object
    unmoved: object


class Recorder:
    """Writes one side's columns of a move: each step with its time."""

    def __init__(self, parts, side):
        self._parts = parts
        self._side = side

    def step(self, move, step, note='', **columns):
        """Record a step and return the MoveRow with it; ``note`` explains it or carries what the other side needs."""
        times = dict(getattr(move, self._side + '_times'), **{step: self._parts.clock.wall()})
        columns.update({self._side + '_note': note, self._side + '_times': times, self._side + '_step': step})
        self._parts.store.put_move(move.id, **columns)
        return replace(move, **columns)


class Watch:
    """Observes copies through the engine; knows since when this process saw one run."""

    def __init__(self, parts):
        self._parts = parts
        self._since = {}

    def copy(self, ref, plan):
        """The Copy of ``ref`` (an id) as it is now; absent when the engine has none."""
        if not ref:
            return Copy()
        try:
            inspected = self._parts.engine.inspect(ref)
        except NoSuchContainer:
            return Copy()
        health = health_of(inspected)
        ran = not health.started.startswith('0001-')
        state = 'running' if health.status == 'running' else 'exited' if ran else 'created'
        return Copy(inspected['Id'], state, health.check, self._well(inspected, health, plan), ran)

    def copy_of_move(self, plan):
        """The Copy that move ``plan`` made on this host, found by its label, so that a lost record does not matter."""
        for summary in self._parts.engine.containers():
            if summary.name == plan.name and summary.labels.get(LABEL_MOVE) == plan.id:
                return self.copy(summary.id, plan)
        return Copy()

    def _well(self, inspected, health, plan):
        now = self._parts.clock.monotonic()
        if health.status != 'running':
            self._since.pop(inspected['Id'], None)
            return False if not health.started.startswith('0001-') else None
        started, since = self._since.setdefault(inspected['Id'], (health.started, now))
        if started != health.started:
            started, since = self._since[inspected['Id']] = (health.started, now)
        settings = self._parts.settings
        if has_check(inspected):
            if health.check == 'healthy':
                return True
            if health.check == 'unhealthy' or now - since > settings.health_wait_s + plan.health_grace:
                return False
            return None
        return True if now - since >= settings.settle_s else None
