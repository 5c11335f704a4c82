# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for open moves of this host and advances each on its own job, off the loop."""
from __future__ import annotations

from ..errors import ProtocolError, RingfleetError
from ..model import FAILOVER
from . import steps
from .errands import is_errand
from .planning import plan_of
from .source import Source
from .target import Target

# One job takes at most so many steps in a row before the loop looks again.
_STEPS_A_JOB = 12
# One that only waited for so long is stuck, on a host that is away or on somebody to look: it makes no load any more.
STUCK_S = 180.0


class Mover:
    """Both sides of this host's moves.

    ``errands``: ids of what else is asked of this host, when last looked.

    :param jobs: ``start(key, call)`` runs a call unless one of that key is under way.
    """

    def __init__(self, parts, jobs, log):
        self._parts = parts
        self._jobs = jobs
        self._log = log
        self._source = Source(parts)
        self._target = Target(parts)
        self._open = ()
        self.errands = ()
        self._waiting = {}
        self._acted = {}

    @property
    def open(self):
        """Ids of the moves open here when last looked."""
        return self._open

    @property
    def active(self):
        """Ids of the open moves that did something here within the last three minutes."""
        return tuple(ident for ident in self._open if not self.stuck(ident))

    def stuck(self, ident):
        """Whether an open move has only waited here for three minutes."""
        return self.waited_s(ident) > STUCK_S

    def waited_s(self, ident):
        """Seconds for which an open move has only waited here; 0 for one that is not open here."""
        now = self._parts.clock.monotonic()
        return now - self._acted.get(ident, now)

    def waiting(self, ident):
        """What a move waits for here, in words, or ''."""
        return self._waiting.get(ident, '')

    def poll(self):
        """Look for open moves and start a job for each that has none."""
        listed = self._parts.store.open_moves(self._parts.host)
        self._open = tuple(each for each in listed if not is_errand(each))
        self.errands = tuple(each for each in listed if is_errand(each))
        self._waiting = {ident: what for ident, what in self._waiting.items() if ident in self._open}
        now = self._parts.clock.monotonic()
        self._acted = {ident: self._acted.get(ident, now) for ident in self._open}
        for ident in self._open:
            self._jobs.start('move ' + ident, lambda ident=ident: self.advance(ident))
        return self._open

    def advance(self, ident):
        """Take the steps of one move that can be taken now. Safe to be called again after a crash anywhere in it."""
        for _step in range(_STEPS_A_JOB):
            try:
                action = self._one(ident)
            except RingfleetError as exc:
                # Also what the engine refuses: the next look finds what is there now.
                self._waiting[ident] = str(exc)
                self._log.warning('move %s: %s', ident, exc)
                return
            if action.name == steps.WAIT:
                self._waiting[ident] = action.why
                return
            self._acted[ident] = self._parts.clock.monotonic()
            self._log.info('move %s: %s%s', ident, action.name, ': ' + action.why if action.why else '')
            if action.name == steps.CLOSE:
                return

    def _one(self, ident):
        move = self._parts.store.move(ident)
        if move is None:
            # Its record expired: nothing is left to be done.
            self._parts.store.unindex_move(self._parts.host, ident)
            return steps.Action(steps.CLOSE, 'its record expired')
        if move.source_step in steps.SOURCE_ENDS and not move.request:
            self._parts.store.unindex_move(self._parts.host, ident)
            return steps.Action(steps.CLOSE, move.source_note)
        try:
            plan = plan_of(move)
        except ProtocolError as exc:
            if not move.target_step:
                self._target.decline(move, str(exc))
            return steps.Action(steps.WAIT, str(exc))
        if plan is None:
            self._source.begin(move)
            return steps.Action('begin')
        if plan.source == self._parts.host:
            return self._source.advance(move, plan)
        if plan.mode == FAILOVER and self._coordinates(plan.source):
            # The source's part first: behind its abort the target's leaves, and this host may have both.
            action = self._source.advance(move, plan)
            if plan.target != self._parts.host or action.name not in (steps.WAIT, steps.CLOSE):
                return action
            move = self._parts.store.move(ident)
        if plan.target != self._parts.host:
            # It was this host's to coordinate, and is another's now.
            self._parts.store.unindex_move(self._parts.host, ident)
            return steps.Action(steps.CLOSE, 'another host coordinates it')
        return self._target.advance(move, plan, self.waited_s(ident))

    def _coordinates(self, lost):
        """Whether this host coordinates the failover of a lost one."""
        return any(row.host == lost and row.coordinator == self._parts.host for row in self._parts.hosts())
