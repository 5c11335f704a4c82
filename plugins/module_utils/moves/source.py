# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source's side of a move: asks, sends, stops, aborts, cleans up (F9.4, S301-S302, F9.10-F9.12)."""
from __future__ import annotations

from dataclasses import replace

from ..containers.images import savable
from ..errors import Conflict, EngineError, EngineUnavailable, NoSuchContainer, RingfleetError, StoreError
from ..model import FAILOVER, RUNNING, ContainerRow, HostRow
from ..ring.broadcast import MOVED
from ..ring.states import LOST
from . import steps
from .asking import ask_of, send
from .parts import NO_RESTART, Recorder, Watch
from .planning import Planner, plan_of
from .specs import kept

_ADMISSION_S = 20.0
_CREATION_S = 60.0
_COMMIT_S = 30.0
_MARGIN_S = 10.0
# Behind an abort its own copy is tried to be started for so long.
_RESTORE_S = 60.0

# What was asked for never became a plan.
REFUSED = 'refused'


class Source:
    """Advances the moves that leave this host."""

    def __init__(self, parts):
        self._parts = parts
        self._record = Recorder(parts, 'source')
        self._watch = Watch(parts)
        self._planner = Planner(parts)
        self._progress = {}
        self._restoring = {}
        self._act = {
            steps.SEND_IMAGE: self._send_image, steps.STOP: self._stop, steps.RECORD_STOPPED: self._record_stopped,
            steps.ABORT: self._abort, steps.CLEAN: self._clean, steps.WITHDRAW: self._withdraw,
            steps.CLOSE: self._close}

    def begin(self, move):
        """Turn what was asked into a plan, or end the move with the reason why not."""
        ask = None
        try:
            ask = ask_of(move)
            self._planner.plan(move, ask)
        except StoreError:
            raise
        except RingfleetError as exc:
            if plan_of(self._parts.store.move(move.id)) is None:
                if ask is not None:
                    # First, so that a crash in between tells it twice rather than never.
                    self._parts.unmoved.refuse(ask, exc.message, getattr(exc, 'considered', None))
                self._end(move, str(exc))
                if ask is not None:
                    self._parts.ended(ask, REFUSED)
            # Otherwise it was planned and not claimed: the next look withdraws it.

    def advance(self, move, plan):
        """Look, and do the one next thing; returns the Action that was done."""
        row = self._parts.store.read(ContainerRow, plan.name)
        copy = self._watch.copy(plan.instance, plan)
        action = steps.source_action(plan, row, move, copy, self._overdue(plan, move))
        act = self._act.get(action.name)
        waits = act(plan, row, move, copy, action.why) if act is not None else ''
        return steps.Action(steps.WAIT, waits) if waits else action

    def _overdue(self, plan, move):
        """Why the other side is waited for no longer: it is lost, or its deadline passed, judged on this host's clock since the
        last progress of either side.
        """
        if any(row.host == plan.target and row.state == LOST for row in self._parts.hosts()):
            return '%s is lost' % plan.target
        now, settings = self._parts.clock.monotonic(), self._parts.settings
        mark = (move.source_step, move.target_step)
        seen, since = self._progress.get(move.id, (None, now))
        if seen != mark:
            self._progress[move.id] = (mark, now)
            return ''
        what = steps.waiting_for(plan, move)
        limit = {'admission': _ADMISSION_S, 'staging': settings.transfer_s, 'creation': _CREATION_S,
                 'health': settings.health_wait_s + plan.health_grace + settings.settle_s + _MARGIN_S,
                 'commit': _COMMIT_S + plan.stop_timeout}[what]
        if now - since <= limit:
            return ''
        return '%s did not get to %s within %d s' % (plan.target, what, limit)

    def _send_image(self, plan, row, move, copy, why):
        try:
            digest = self._parts.transfer.send(self._target_row(plan), plan.id, self._parts.engine.save(savable(plan.image, plan.image_id)))
        except EngineError as exc:
            self._abort(plan, row, move, copy, str(exc))
            return
        self._record.step(move, steps.IMAGE_SENT, digest)

    def _target_row(self, plan):
        for row in self._parts.hosts():
            if row.host == plan.target:
                return row
        raise EngineError('Host %s is not in the fleet any more' % plan.target)

    def _stop(self, plan, row, move, copy, why):
        # Without this a restart of dockerd would bring an "always" container back while the other one starts.
        self._parts.engine.set_restart(plan.instance, NO_RESTART)
        if plan.exclusive:
            self._parts.gate.stop(plan.instance, plan.stop_timeout)
        else:
            self._parts.gate.note_stop(plan.instance)
            self._parts.engine.stop(plan.instance, plan.stop_timeout)
        return self._record_stopped(plan, row, move, copy, why)

    def _record_stopped(self, plan, row, move, copy, why):
        # The target starts its copy on the strength of this word, so nobody may start this one behind it, nor be about to.
        waits = self._parts.gate.put_down(plan.instance) if plan.exclusive else ''
        if not waits:
            self._record.step(move, steps.STOPPED)
        return waits

    def _abort(self, plan, row, move, copy, why):
        # The reason first: the row's change is what counts, and a crash behind it must not lose the words.
        self._parts.store.put_move(move.id, source_note=why)
        try:
            self._parts.store.swap(row, replace(row, move='', move_to=''))
        except Conflict:
            # The target committed first, or the row was re-read elsewhere: the next look says which.
            return

    def _withdraw(self, plan, row, move, copy, why):
        parts = self._parts
        if move.source_step == steps.PLANNED:
            # The claim may still be under way to the ring; after this it can no longer apply.
            try:
                row = parts.store.fence(ContainerRow, plan.name)
            except Conflict:
                return ''
            if steps.claimed(plan, row):
                return ''
        ours = row.holder == parts.host and row.instance == plan.instance
        if ours and row.move and move.source_step == steps.STOPPED:
            # This move stopped it, so it starts it again once a failover that claimed it meanwhile comes to nothing.
            return 'move %s to end' % row.move
        # Under another move it stays as that one has it: stopped, perhaps, for its target.
        ours = ours and not row.move
        # What is exclusive is started by the watcher, under the lease, once no move of it is open (watcher/exclusives.py).
        if ours and not plan.exclusive and row.intent == RUNNING and plan.running and copy.state not in ('absent', 'running'):
            against = self._restore(plan)
            if against and parts.clock.monotonic() - self._restoring.setdefault(move.id, parts.clock.monotonic()) < _RESTORE_S:
                return against
        else:
            against = ''
        note = '; '.join(each for each in (move.source_note if why == 'aborted' and move.source_note else why, against) if each)
        following = self._ask_next_best(move, plan)
        self._record.step(move, steps.ABORTED, '%s; it goes on as move %s' % (note, following) if following else note)
        self._parts.ended(plan, steps.ABORTED)
        self._leave(move, plan)
        self._progress.pop(move.id, None)
        self._restoring.pop(move.id, None)
        return ''

    def _ask_next_best(self, move, plan):
        """A host that was chosen declined: ask for the next best, in a move of its own whose id follows from this one's."""
        ask = ask_of(move)
        # Of a lost source no image can be sent: a host without it declines by that.
        missing = plan.mode == FAILOVER and steps.IMAGE_WANTED in move.target_times and steps.STAGED not in move.target_times
        declined = move.target_step == steps.DECLINED or missing
        if ask.target or not declined:
            return ''
        following = next_id(move.id)
        send(self._parts.store, following, replace(ask, declined=ask.declined + (plan.target,)), self._parts.host)
        return following

    def _restore(self, plan):
        """Start the source's own copy as its user has it; why that was refused, or ''."""
        parts = self._parts
        try:
            spec = kept(parts.store, parts.key, plan.name, plan.spec_hash)
            parts.engine.set_restart(plan.instance, spec.config['HostConfig'].get('RestartPolicy') or NO_RESTART)
            parts.engine.start(plan.instance)
        except (StoreError, EngineUnavailable):
            raise
        except RingfleetError as exc:
            return 'its own copy could not be started again: %s' % exc
        return ''

    def _clean(self, plan, row, move, copy, why):
        parts = self._parts
        ours, kept_here = row.holder == parts.host and row.instance == plan.instance, False
        if copy.state != 'absent' and not ours:
            try:
                if copy.state == 'running':
                    parts.engine.set_restart(plan.instance, NO_RESTART)
                    parts.engine.stop(plan.instance, plan.stop_timeout)
                # It was well there, and that may be long ago, or it died since: this may be the last copy. It is retired as every stale one.
                kept_here = plan.mode == FAILOVER or self._is_lost(plan.target)
                if not kept_here:
                    parts.engine.remove(plan.instance)
            except NoSuchContainer:
                # Somebody removed it meanwhile: what was wanted is so.
                pass
        if row.holder != parts.host and plan.source == parts.host and not kept_here:
            parts.store.drop_placement(parts.host, plan.name)
        parts.broadcaster.send(MOVED, plan.name, plan.id, '%s to %s' % (plan.source, plan.target))
        self._record.step(move, steps.CLEANED)
        self._parts.ended(plan, steps.UNHEALTHY if move.target_step == steps.UNHEALTHY else steps.DONE)
        self._leave(move, plan)
        self._progress.pop(move.id, None)

    def _is_lost(self, host):
        """Whether a host is lost by now: this one may have slept since it read of the others."""
        row = self._parts.store.read(HostRow, host)
        return row is None or row.state == LOST

    def _end(self, move, why):
        self._record.step(move, steps.ABORTED, why)
        self._parts.store.unindex_move(self._parts.host, move.id)
        self._progress.pop(move.id, None)

    def _close(self, plan, row, move, copy, why):
        self._leave(move, plan)

    def _leave(self, move, plan):
        """This side has no part left; a coordinator that is the target too leaves with that side, which ends later."""
        if plan.target != self._parts.host:
            self._parts.store.unindex_move(self._parts.host, move.id)


def last_of(store, ident, host):
    """The newest MoveRow of a move that was asked for at a host, and those that asked the next best after it; None where it is not kept."""
    move = store.move(ident) if ident else None
    while move is not None:
        following = store.move(next_id(move.id))
        # Its letter may have been written and no more: nobody will ever answer one that is not listed.
        if following is None or (not following.source_step and following.id not in store.open_moves(host)):
            return move
        move = following
    return None


def next_id(ident):
    """The id of the move that asks the next best host; the same however often it is asked for."""
    parts = ident.split('-')
    number = int(parts[2]) if len(parts) > 2 else 1
    return '-'.join(parts[:2] + [str(number + 1)])
