# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target's side of a move: admits, fetches, creates, compares, commits, confirms (S2041-S2043, F9.5-F9.9, F9.13)."""
from __future__ import annotations

from dataclasses import replace

from ..containers import images
from ..containers.engine import architecture_of
from ..containers.spec import differences, request_of
from ..errors import Conflict, EngineError, EngineUnavailable, NoSuchContainer, RingfleetError, StoreError
from ..model import ContainerRow, Placement
from ..placement.brakes import unrest_after
from ..ring.broadcast import EFFECTIVE
from . import steps
from .admission import Capacity, reasons_to_decline
from .parts import NO_RESTART, Recorder, Watch
from .specs import kept

_MAY_DIFFER = ('HostConfig.RestartPolicy',)


class Target:
    """Advances the moves that come to this host."""

    def __init__(self, parts):
        self._parts = parts
        self._record = Recorder(parts, 'target')
        self._watch = Watch(parts)
        self._promised = {}
        self._arrived = {}
        self._act = {
            steps.ADMIT: self._admit, steps.STAGE: self._stage, steps.CREATE: self._create, steps.START: self._start,
            steps.COMMIT: self._commit, steps.RECORD_HEALTHY: self._healthy,
            steps.RECORD_UNHEALTHY: self._unhealthy, steps.FAIL: self._fail, steps.FINISH: self._finish,
            steps.REMOVE_COPY: self._remove_copy, steps.CLOSE: self._close}

    def decline(self, move, why):
        """End a request that this version does not understand."""
        self._record.step(move, steps.DECLINED, why)

    def advance(self, move, plan):
        """Look, and do the one next thing; returns the Action that was done."""
        parts = self._parts
        row = parts.store.read(ContainerRow, plan.name)
        copy = self._watch.copy_of_move(plan)
        wants = copy.state == 'absent' and move.target_step in (steps.ADMITTED, steps.IMAGE_WANTED, steps.STAGED)
        there = wants and images.is_here(parts.engine, plan.image, plan.image_id, plan.image_layers)
        action = steps.target_action(plan, row, move, copy, there, move.source_step == steps.IMAGE_SENT)
        act = self._act.get(action.name)
        if act is None:
            return action
        try:
            act(plan, row, move, copy, action.why)
        except (StoreError, EngineUnavailable):
            # Neither says anything about this container: look again later.
            raise
        except RingfleetError as exc:
            self._trouble(plan, row, move, copy, str(exc))
        return action

    def _trouble(self, plan, row, move, copy, why):
        """An action failed for good: before the commit the move fails; after it a container that never ran goes back."""
        if not steps.committed(plan, row):
            self._record.step(move, steps.FAILED, why)
        elif steps.claimed(plan, row) and copy.state == 'created' and not copy.ran:
            self._parts.store.put_move(move.id, target_note=why)
            self._swap(row, replace(row, holder=plan.source, instance=plan.instance, epoch=row.epoch + 1,
                                    previous=self._parts.host, move='', move_to=''))
        elif move.target_step != steps.STUCK or move.target_note != why:
            self._record.step(move, steps.STUCK, why)

    def _admit(self, plan, row, move, copy, why):
        against = reasons_to_decline(plan, self._capacity())
        if against:
            self._record.step(move, steps.DECLINED, '; '.join(against))
            return
        self._promised[plan.id] = (plan.cpu, plan.memory)
        self._parts.store.put_placement(Placement(self._parts.host, plan.name, '', plan.epoch + 1))
        self._record.step(move, steps.ADMITTED)

    def _capacity(self):
        parts, ports, load = self._parts, set(), self._parts.host_load()
        promised = self._still_promised()
        summaries = parts.engine.containers()
        for summary in summaries:
            if summary.state == 'running':
                bound = (parts.engine.inspect(summary.id).get('NetworkSettings') or {}).get('Ports') or {}
                for port, bindings in bound.items():
                    ports.update('%s:%s/%s' % (each.get('HostIp') or '0.0.0.0', each['HostPort'],
                                               port.partition('/')[2]) for each in bindings or [])
        return Capacity(
            architecture=architecture_of(parts.engine),
            names=frozenset(each.name for each in summaries), ports=frozenset(ports),
            cpu_used=load.cpu_used + sum(cpu for cpu, _memory in promised), cpu_capacity=load.cpu_capacity,
            memory_free=load.memory_free - sum(memory for _cpu, memory in promised), disk_free=parts.free_disk(),
            disk_reserve=parts.settings.disk_reserve)

    def _still_promised(self):
        """(cores, bytes) of what was admitted and does not show in this host's own figures yet."""
        now, shows_s = self._parts.clock.monotonic(), 2 * self._parts.settings.sample_s
        self._arrived = {ident: each for ident, each in self._arrived.items() if now - each[0] < shows_s}
        return [*self._promised.values(), *(need for _at, need in self._arrived.values())]

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
        self._parts.engine.start(copy.id)
        if not steps.committed(plan, row):
            self._record.step(move, steps.STARTED)

    def _commit(self, plan, row, move, copy, why):
        parts, now = self._parts, self._parts.clock.wall()
        parts.store.put_placement(Placement(parts.host, plan.name, copy.id, plan.epoch + 1))
        if self._swap(row, replace(row, holder=parts.host, epoch=plan.epoch + 1, instance=copy.id,
                                   previous=plan.source, moved_at=now, moved_for=plan.trigger,
                                   unrest=unrest_after(row, plan.trigger, now))):
            self._record.step(move, steps.COMMITTED)

    def _healthy(self, plan, row, move, copy, why):
        self._give_restart_policy(plan, copy)
        self._record.step(move, steps.HEALTHY)

    def _unhealthy(self, plan, row, move, copy, why):
        # Its process ran here, so it stays: with its own policy it goes on as it would have gone on at its source.
        if self._give_restart_policy(plan, copy) and copy.state != 'running':
            self._parts.engine.start(copy.id)
        self._record.step(move, steps.UNHEALTHY, why)

    def _give_restart_policy(self, plan, copy):
        """Give the copy its user's restart policy; True when there is one."""
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
        if steps.claimed(plan, row) and not self._swap(row, replace(row, move='', move_to='')):
            return
        parts.broadcaster.send(EFFECTIVE, plan.name, plan.id, 'on %s, epoch %d' % (parts.host, plan.epoch + 1))
        self._record.step(move, steps.DONE, move.target_note)
        if move.id in self._promised:
            self._arrived[move.id] = (parts.clock.monotonic(), self._promised[move.id])
        self._forget(move)

    def _remove_copy(self, plan, row, move, copy, why):
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
            parts.store.drop_placement(parts.host, plan.name)
        self._record.step(move, steps.WITHDRAWN, move.target_note)
        self._forget(move)

    def _close(self, plan, row, move, copy, why):
        self._forget(move)

    def _forget(self, move):
        self._promised.pop(move.id, None)
        self._parts.transfer.discard(move.id)
        self._parts.store.unindex_move(self._parts.host, move.id)

    def _swap(self, before, after):
        try:
            self._parts.store.swap(before, after)
        except Conflict:
            # The source's abort or somebody else's write came first; the next look says which.
            return False
        return True
