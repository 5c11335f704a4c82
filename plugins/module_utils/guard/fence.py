# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard decides: which containers must not run now, whom to ask (SIGTERM), whom to kill, and what is verified.

It knows no clock and no process by itself: a simulator drives the very same decisions.

    deadline                2 s                            new orders
    ---|--TERM-------------|--KILL until none is left------|
       id must not run      verified: in Receipt.down; whatever runs under this id now is killed at once

Two seconds behind its deadline nothing is asked any more, also when that is the first look, as on a machine that stood still: its
lease may have been taken for run out meanwhile, and another copy run elsewhere.
"""
from __future__ import annotations

from .orders import Receipt

# SIGTERM and SIGKILL, as Linux numbers them everywhere.
TERM, KILL = 15, 9
# From SIGTERM to SIGKILL, in seconds.
GRACE_S = 2.0
# How often it is looked for processes of a container that was verified to have none.
HOLD_S = 1.0


class Fence:
    """Brings down what is past its deadline, and holds it down.

    :param boot_id: of this kernel; orders for another one fence nothing.
    :param processes: ``of(ids)`` to {id: process ids}, without zombies; ``signal(id, pid, number)``.
    """

    def __init__(self, boot_id, processes):
        self._boot_id = boot_id
        self._processes = processes
        self._begun = {}
        self._verified = {}
        self._fenced = {}

    def step(self, orders, now):
        """Do what is due at ``now`` (CLOCK_BOOTTIME) by these Orders (None: none). Never blocks. Returns the Receipt."""
        ours = orders is not None and orders.boot_id == self._boot_id
        deadlines = orders.deadlines if ours else {}
        past = {ident for ident, at in deadlines.items() if at <= now}
        self._verified = {ident: at for ident, at in self._verified.items() if ident in past}
        # A fence that was begun is brought to its end also if the deadline was moved meanwhile: half a container is none.
        due = past | set(self._begun)
        looked = {ident for ident in due if ident not in self._verified or now - self._verified[ident] >= HOLD_S}
        running = self._processes.of(looked) if looked else {}
        for ident in looked:
            self._one(ident, running.get(ident, ()), now, ident in past, deadlines.get(ident, now))
        self._fenced = {ident: at for ident, at in self._fenced.items() if ident in deadlines}
        return Receipt(self._boot_id, orders.sequence if ours else 0, tuple(sorted(self._verified)), dict(self._fenced))

    def _one(self, ident, pids, now, past, deadline):
        if not pids:
            self._begun.pop(ident, None)
            if past:
                self._verified[ident] = now
            return
        was_down = self._verified.pop(ident, None) is not None
        if was_down or now - deadline >= GRACE_S:
            # This start came late, or from somebody who may not; or this machine stood still, and another one runs elsewhere by now.
            self._begun[ident] = now - GRACE_S
        began = self._begun.get(ident)
        if began is None:
            self._begun[ident] = now
            number = TERM
        elif now - began >= GRACE_S:
            number = KILL
        else:
            return
        self._fenced[ident] = now
        for pid in pids:
            self._processes.signal(ident, pid, number)
