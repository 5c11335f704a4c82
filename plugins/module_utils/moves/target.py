# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target's side of a move: admits, fetches, creates, compares, commits, confirms (S2041-S2043, F9.5-F9.9, F9.13)."""
from __future__ import annotations

from dataclasses import replace

from ..containers import images
from ..containers.spec import differences, request_of
from ..errors import Conflict, EngineError, EngineUnavailable, NoSuchContainer, RingfleetError, StoreError
from ..model import FAILOVER, ContainerRow, Placement
from ..names import aside_name, container_of, is_aside
from ..placement.brakes import unrest_after
from ..ring.broadcast import EFFECTIVE
from ..ring.states import LOST, MEMBERS, PARTING
from . import steps
from .admission import reasons_to_decline
from .parts import NO_RESTART, Recorder, Watch
from .room import Room
from .specs import kept

_AGAIN_S = 30.0
# So long a claim is waited for.
_CLAIM_S = 60.0
# What cannot be made again for so long behind the commit is given up here.
_GIVE_UP_S = 180.0
_LIES = frozenset(('created', 'exited', 'dead'))
_MAY_DIFFER = ('HostConfig.RestartPolicy',)


class Target:
    """Advances the moves that come to this host."""

    def __init__(self, parts):
        self._parts = parts
        self._record = Recorder(parts, 'target')
        self._watch = Watch(parts)
        self._room = Room(parts)
        self._refused = {}
        self._tried = {}
        self._stuck = {}
        self._act = {
            steps.ADMIT: self._admit, steps.STAGE: self._stage, steps.CREATE: self._create, steps.START: self._start,
            steps.COMMIT: self._commit, steps.RECORD_HEALTHY: self._healthy,
            steps.RECORD_UNHEALTHY: self._unhealthy, steps.FAIL: self._fail, steps.FINISH: self._finish,
            steps.REMOVE_COPY: self._remove_copy, steps.GIVE_UP: self._give_up, steps.FORGO: self._forgo,
            steps.CLOSE: self._close}

    def decline(self, move, why):
        """End a request that this version does not understand."""
        self._record.step(move, steps.DECLINED, why)

    def advance(self, move, plan, waited_s):
        """Look, and do the one next thing; returns the Action that was done.

        :param waited_s: seconds for which this host has only waited in this move.
        """
        parts = self._parts
        row = parts.store.read(ContainerRow, plan.name)
        copy = self._watch.copy_of_move(plan)
        wants = copy.state == 'absent' and move.target_step in (steps.ADMITTED, steps.IMAGE_WANTED, steps.STAGED)
        there = wants and images.is_here(parts.engine, plan.image, plan.image_id, plan.image_layers)
        action = steps.target_action(plan, row, move, copy, there, move.source_step == steps.IMAGE_SENT, self._may_try_again(move),
                                     self._is_hopeless(move, copy), waited_s >= _CLAIM_S)
        act = self._act.get(action.name)
        if act is None:
            return action
        try:
            waits = act(plan, row, move, copy, action.why)
        except (StoreError, EngineUnavailable):
            # Neither says anything about this container: look again later.
            raise
        except RingfleetError as exc:
            waits = self._trouble(plan, row, move, copy, str(exc))
        return steps.Action(steps.WAIT, waits) if waits else action

    def _may_try_again(self, move):
        """Whether a stuck move may be tried again: what was missing may have come."""
        if move.target_step != steps.STUCK:
            self._tried.pop(move.id, None)
            return False
        now = self._parts.clock.monotonic()
        if now - self._tried.setdefault(move.id, now) < _AGAIN_S:
            return False
        self._tried[move.id] = now
        return True

    def _is_hopeless(self, move, copy):
        """Whether a copy that vanished behind the commit could not be made again for long."""
        if move.target_step != steps.STUCK or copy.state != 'absent':
            self._stuck.pop(move.id, None)
            return False
        now = self._parts.clock.monotonic()
        return now - self._stuck.setdefault(move.id, now) >= _GIVE_UP_S

    def _trouble(self, plan, row, move, copy, why):
        """An action failed for good: before the commit the move fails; after it a container that never ran goes back.

        Returns what is waited for, as every act.
        """
        waits = ''
        if not steps.committed(plan, row):
            self._record.step(move, steps.FAILED, why)
        elif steps.claimed(plan, row) and copy.state == 'created' and not copy.ran:
            self._refused[move.id] = why
            waits = self._parts.gate.put_down(copy.id) if plan.exclusive else ''
            if waits:
                return waits
            self._give_back(plan, row, why)
        elif move.target_step != steps.STUCK or move.target_note != why:
            self._record.step(move, steps.STUCK, why)
        return waits

    def _give_back(self, plan, row, why):
        self._parts.store.put_move(plan.id, target_note=why)
        self._swap(row, replace(row, holder=plan.source, instance=plan.instance, epoch=row.epoch + 1,
                                previous=self._parts.host, move='', move_to=''))

    def _give_up(self, plan, row, move, copy, why):
        """End a move whose copy vanished behind the commit and cannot be made again: its source gets the container back, where it has a copy
        to start, or is lost, so that its coordinator places it anew. Else it stays this host's: its user's new version, or missing.
        """
        parts = self._parts
        source = next((each.state for each in parts.hosts() if each.host == plan.source), '')
        deployed = any(each.name == plan.name for each in parts.engine.containers())
        if not deployed and (source == LOST or (source in MEMBERS and plan.mode != FAILOVER)):
            self._give_back(plan, row, 'it vanished here and could not be made again: %s' % why)
            return
        self._swap(row, replace(row, move='', move_to=''))

    def _forgo(self, plan, row, move, copy, why):
        """Leave a move that was never claimed, once a claim that may still be under way to the ring can no longer apply."""
        try:
            now = self._parts.store.fence(ContainerRow, plan.name)
        except Conflict:
            return 'its row was changed just now'
        if steps.claimed(plan, now):
            return 'the next look: it was claimed just now'
        self._record.step(move, steps.WITHDRAWN, why)
        self._forget(move)
        return ''

    def _admit(self, plan, row, move, copy, why):
        parts = self._parts
        waits = parts.gate.ready() if plan.exclusive else ''
        if waits:
            return waits
        stale = self._stale_copies(plan, row)
        state = next((each.state for each in parts.hosts() if each.host == parts.host), '')
        if state in PARTING:
            # It was chosen before its leaving was heard of.
            self._record.step(move, steps.DECLINED, 'this host is %s' % state)
            return
        against = reasons_to_decline(plan, self._room.capacity({each.id for each in stale}))
        if against:
            self._record.step(move, steps.DECLINED, '; '.join(against))
            return ''
        for each in stale:
            # Only the name is needed: it may be the last copy, and this move may fail. Before the placement by which it is known is written anew.
            parts.engine.rename(each.id, aside_name(plan.name, each.id))
        self._room.promise(plan)
        parts.store.put_placement(Placement(parts.host, plan.name, '', plan.epoch + 1))
        self._record.step(move, steps.ADMITTED)
        return ''

    def _stale_copies(self, plan, row):
        """Copies of the container that were this host's in an earlier epoch and lie still here."""
        known = self._placed(plan) - {row.instance}
        return [each for each in self._parts.engine.containers()
                if each.name == plan.name and each.id in known and each.state in _LIES]

    def _stage(self, plan, row, move, copy, why):
        parts = self._parts
        if images.is_here(parts.engine, plan.image, plan.image_id, plan.image_layers) or images.fetch(
                parts.engine, plan.image, plan.image_digest, plan.image_layers):
            self._record.step(move, steps.STAGED)
        elif move.source_step == steps.IMAGE_SENT:
            with parts.transfer.receive(plan.id, move.source_note) as stream:
                images.take(parts.engine, stream, plan.image, plan.image_id, plan.image_layers)
            parts.transfer.discard(plan.id)
            self._record.step(move, steps.STAGED, 'streamed')
        else:
            self._record.step(move, steps.IMAGE_WANTED)

    def _create(self, plan, row, move, copy, why):
        parts = self._parts
        request = kept(parts.store, parts.key, plan.name, plan.spec_hash).request
        ident = copy.id or parts.engine.create(request, plan.id, NO_RESTART)
        made = parts.engine.inspect(ident)
        differ = differences(request, request_of(made, parts.engine.image(made['Image'])), _MAY_DIFFER)
        if differ:
            raise EngineError('Recreated here, container %s differs in %s' % (plan.name, ', '.join(differ)))
        self._record.step(move, steps.CREATED, instance=ident)

    def _start(self, plan, row, move, copy, why):
        if plan.exclusive:
            if move.id in self._refused:
                # It is on its way back, and not tried again meanwhile.
                raise EngineError(self._refused[move.id])
            return self._parts.gate.start(plan.name, copy.id)
        self._parts.engine.start(copy.id)
        if not steps.committed(plan, row):
            self._record.step(move, steps.STARTED)
        return ''

    def _commit(self, plan, row, move, copy, why):
        parts, now = self._parts, self._parts.clock.wall()
        waits = parts.gate.ready() if plan.exclusive else ''
        if waits:
            return waits
        parts.store.put_placement(Placement(parts.host, plan.name, copy.id, plan.epoch + 1))
        if self._swap(row, replace(row, holder=parts.host, epoch=plan.epoch + 1, instance=copy.id,
                                   previous=plan.source, moved_at=now, moved_for=plan.trigger,
                                   unrest=unrest_after(row, plan.trigger, now))):
            self._record.step(move, steps.COMMITTED)
        return ''

    def _healthy(self, plan, row, move, copy, why):
        self._give_restart_policy(plan, copy)
        self._record.step(move, steps.HEALTHY)

    def _unhealthy(self, plan, row, move, copy, why):
        # Its process ran here, so it stays: with its own policy it goes on as it would have gone on at its source.
        if self._give_restart_policy(plan, copy) and copy.state != 'running':
            self._parts.engine.start(copy.id)
        self._record.step(move, steps.UNHEALTHY, why)

    def _give_restart_policy(self, plan, copy):
        """Give the copy its user's restart policy; True when there is one. Docker restarts nothing that is exclusive."""
        if plan.exclusive:
            return False
        parts = self._parts
        spec = kept(parts.store, parts.key, plan.name, plan.spec_hash)
        policy = spec.config['HostConfig'].get('RestartPolicy') or NO_RESTART
        if policy.get('Name') in ('', 'no', None):
            return False
        parts.engine.set_restart(copy.id, policy)
        return True

    def _fail(self, plan, row, move, copy, why):
        self._record.step(move, steps.FAILED, why)

    def _finish(self, plan, row, move, copy, why):
        parts = self._parts
        if copy.state != 'absent' and row.holder == parts.host and row.instance == copy.id:
            if plan.running:
                # Once more: a copy that was made again behind its verdict has none yet.
                self._give_restart_policy(plan, copy)
            self._clear_aside(plan)
        if steps.claimed(plan, row) and not self._swap(row, replace(row, move='', move_to='')):
            return
        parts.broadcaster.send(EFFECTIVE, plan.name, plan.id, 'on %s, epoch %d' % (parts.host, plan.epoch + 1))
        self._record.step(move, steps.DONE, move.target_note)
        self._room.arrived(move.id)
        self._forget(move)

    def _clear_aside(self, plan):
        """The container is here: what gave its name up for it is kept no longer."""
        engine = self._parts.engine
        for each in engine.containers():
            if is_aside(each.name, each.id) and container_of(each.name, each.id) == plan.name and each.state in _LIES:
                engine.remove(each.id)

    def _remove_copy(self, plan, row, move, copy, why):
        # Else its placement stays with it: stopped and kept for a while as every stale copy (watcher/retirement.py).
        if not self._was_perhaps_it(plan, row, copy):
            self._discard(plan, row, move, copy)
        self._record.step(move, steps.WITHDRAWN, move.target_note)
        self._forget(move)

    def _discard(self, plan, row, move, copy):
        """Remove a copy, unless the row names it, and what the index has of it."""
        parts = self._parts
        if copy.state != 'absent' and not (row is not None and row.holder == parts.host and row.instance == copy.id):
            try:
                if copy.state == 'running':
                    parts.engine.stop(copy.id, plan.stop_timeout)
                parts.engine.remove(copy.id)
            except NoSuchContainer:
                # Somebody removed it meanwhile: what was wanted is so.
                pass
        if row is None or row.holder != parts.host:
            self._drop_placement(plan, {copy.id, move.instance, ''})

    def _was_perhaps_it(self, plan, row, copy):
        """Whether a copy may have been the container: its commit was begun, perhaps without a word of how it ended, and the row's epoch is of a
        later move by now. Then it may be the last one.
        """
        if copy.state == 'absent' or not steps.committed(plan, row) or steps.returned(plan, row):
            return False
        return copy.id in self._placed(plan)

    def _drop_placement(self, plan, made):
        """Take back what this move put there; the placement of an earlier epoch's copy is how that one is known as stale."""
        if not made.isdisjoint(self._placed(plan)):
            self._parts.store.drop_placement(self._parts.host, plan.name)

    def _placed(self, plan):
        """Ids of the copies that this host's index has under the container's name; '' stands for one that is not made yet."""
        return {each.instance for each in self._parts.store.placements(self._parts.host) if each.name == plan.name}

    def _close(self, plan, row, move, copy, why):
        self._forget(move)

    def _forget(self, move):
        self._room.forget(move.id)
        self._refused.pop(move.id, None)
        self._tried.pop(move.id, None)
        self._stuck.pop(move.id, None)
        self._parts.transfer.discard(move.id)
        self._parts.store.unindex_move(self._parts.host, move.id)

    def _swap(self, before, after):
        try:
            self._parts.store.swap(before, after)
        except Conflict:
            # The source's abort or somebody else's write came first; the next look says which.
            return False
        return True
