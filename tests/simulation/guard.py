# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a twin host: the real decisions (guard/fence.py) on the fake engine's containers, on virtual time."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.guard.fence import KILL, Fence
from ansible_collections.ringfleet.core.plugins.module_utils.guard.orders import Receipt


class Letters:
    """The files between watcher and guard, as guard.orders.Post; they outlive both."""

    def __init__(self):
        self._orders = None
        self._receipt = Receipt()

    def give(self, orders):
        self._orders = orders

    def orders(self):
        return self._orders

    def acknowledge(self, receipt):
        self._receipt = receipt

    def receipt(self):
        return self._receipt


class Boxes:
    """The fake engine's containers as processes. One labelled ``twin.term=ignore`` does not heed SIGTERM."""

    def __init__(self, engine):
        self._engine = engine

    def of(self, idents):
        return {ident: (ident,) for ident in idents if ident in self._engine.boxes and self._engine.boxes[ident]['State']['Status'] == 'running'}

    def signal(self, ident, pid, number):
        box = self._engine.boxes[ident]
        if number == KILL or box['Config']['Labels'].get('twin.term') != 'ignore':
            end(self._engine, ident, 128 + number)


def end(engine, ident, code=0):
    """The container's process ends, and nobody stopped it."""
    box = engine.boxes[ident]
    box['State'].update(Status='exited', Pid=0, ExitCode=code)
    engine._tell('die', box)


class TwinGuard:
    """One host's guard process; dead when not ``up``."""

    def __init__(self, host):
        self._host = host
        self.letters = Letters()
        self.up = True
        self.boot()

    def boot(self):
        """Start it anew: it remembers nothing, and reads its orders again."""
        self._fence = Fence(self._host.boot_id, Boxes(self._host.engine))

    def step(self):
        """One turn."""
        if self.up and self._host.alive:
            self.letters.acknowledge(self._fence.step(self.letters.orders(), self._host.clock.boottime()))
