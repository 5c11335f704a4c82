# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source's plan (S202-S204; F9.1-F9.3): the decision, the sealed spec and the claim, in this order.

Nothing that another host acts on exists before the claim, the conditional write of ``move`` on the container's row; so a
crash before it leaves only a record that the source closes itself.
"""
from __future__ import annotations

from dataclasses import replace

from ..containers.health import failed_start, grace_s
from ..containers.labels import parse
from ..containers.spec import ports_of, reasons_against
from ..errors import Conflict, MoveRefused, NoSuchContainer, NotMovable, ProtocolError, UnknownHost
from ..model import FAILOVER, RUNNING, START_FIRST, STOP_FIRST, ContainerRow, Decision, HostRow, MovePlan
from ..placement.brakes import DRAIN, LOST, REBALANCE, cools_s
from ..placement.planner import plan as choose_target
from ..placement.rules import Rules
from ..placement.views import Need
from ..protocol import envelope
from ..ring.holds import hold_of
from ..ring.replacing import in_words, is_down, is_replacing
from ..ring.states import LEAVING
from ..ring.states import LOST as LOST_HOST
from . import steps
from .considered import Considered
from .parts import Recorder
from .specs import keep, kept, spec_of
from .wishes import problems

RECEIVE = 'container.receive'

_STOP_TIMEOUT_S = 10
_CLAIM_TRIES = 3


def sharers_of(ref, name, summaries):
    """Names of containers that live in this one's network namespace."""
    return [each.name for each in summaries if each.network_mode in ('container:%s' % ref, 'container:%s' % name)]


def immovable(engine, inspected, summaries):
    """Why a container of this host cannot move; empty when it can. Costs a look at its writable layer."""
    sharers = sharers_of(inspected['Id'], inspected['Name'].lstrip('/'), summaries)
    wrong = problems(inspected['Config'].get('Labels') or {})
    return wrong + reasons_against(inspected, engine.layer_size(inspected['Id']), sharers)


class Planner:
    """Makes plans on the host that holds the container."""

    def __init__(self, parts):
        self._parts = parts
        self._record = Recorder(parts, 'source')

    def plan(self, move, ask):
        """Decide, store, claim.

        :param move: MoveRow that asked for it. :param ask: the Ask in it.
        :return: the MovePlan.
        :raises RingfleetError: why not; nothing but this move's own record was written, and that is the caller's to end.
        """
        if ask.trigger == LOST:
            return self._plan_failover(move, ask)
        parts, name = self._parts, ask.name
        row = parts.store.read(ContainerRow, name)
        self._check_row(row, name)
        self._check_others(move, name)
        if ask.trigger == DRAIN and not any(each.host == parts.host and each.state == LEAVING for each in parts.hosts()):
            raise MoveRefused('Host %s is not drained any more' % parts.host, 'Container %s stays there.' % name)
        cools = cools_s(row, parts.clock.wall()) if ask.trigger == REBALANCE else 0.0
        if cools > 0:
            raise MoveRefused('Container %s moved lately and is left alone for %d s more' % (name, round(cools)))
        try:
            inspected = parts.engine.inspect(row.instance)
        except NoSuchContainer as exc:
            raise MoveRefused('Container %s is missing on its holder %s' % (name, parts.host),
                              'Start it again there, under its name.') from exc
        against = immovable(parts.engine, inspected, parts.engine.containers())
        if against:
            raise NotMovable('Container %s cannot move: %s' % (name, '; '.join(against)),
                             'It stays on %s and is not touched.' % parts.host)
        target, decision = self._decide(move, ask, need_of(parts.report(name), name, parts.host))
        spec = spec_of(parts.engine, parts.key, inspected)
        # What runs goes on to run, whatever the row says: its user may have started it a moment ago. What is exclusive may be down
        # for a moment only, for its lease, and runs there as its user wants; so does what the engine here could not start.
        running = (inspected.get('State') or {}).get('Status') == 'running' or (
            row.intent == RUNNING and (row.exclusive or bool(failed_start(inspected))))
        plan = plan_from(spec, row, parts.report(name), id=move.id, source=parts.host, target=target, trigger=ask.trigger,
                         running=running, planned_at=parts.clock.wall())
        keep(parts.store, parts.key, name, spec)
        return self._claim(move, ask, row, plan, decision)

    def _plan_failover(self, move, ask):
        """The same for a container of a lost host: its spec is kept, its need is what was last reported."""
        parts, name = self._parts, ask.name
        row = parts.store.read(ContainerRow, name)
        if row is None or row.holder != ask.source:
            raise MoveRefused('Container %s is not held by %s any more' % (name, ask.source))
        self._check_loss(row)
        used = parts.prospects.report(name, ask.source)
        if used is not None and used.immovable:
            raise NotMovable('Container %s cannot run elsewhere: %s' % (name, '; '.join(used.immovable)),
                             'It waits for %s.' % ask.source)
        hold = hold_of(row, parts.clock.wall())
        if hold is not None:
            # There is nothing left to be kept where it is; who has the hold finds it standing at the new place.
            ask = replace(ask, reasons=ask.reasons + ('it is %s, which the loss overrides' % hold,))
        target, decision = self._decide(move, ask, need_of(used, name, ask.source))
        spec = kept(parts.store, parts.key, name, row.spec_hash)
        plan = plan_from(spec, row, used, id=move.id, source=ask.source, target=target, trigger=ask.trigger,
                         mode=FAILOVER, running=True, planned_at=parts.clock.wall())
        return self._claim(move, ask, row, plan, decision)

    def _decide(self, move, ask, need):
        """(target, Decision) for what is asked. :raises MoveRefused: when nobody can take it."""
        parts = self._parts
        weights = parts.prospects.weights()
        # For a named target too, so that its record shows the alternatives.
        choice = choice_for(ask, need, parts.prospects.views(ask.source), weights)
        target, considered = ask.target or choice.host, Considered(choice, weights, need)
        if not target:
            raise MoveRefused(choice.sentence, 'It stays on %s.' % ask.source, considered)
        self._check_target(ask.name, ask.source, target)
        if ask.target and ask.cause.automatic:
            # Whoever chose saw the hosts a while ago; what nobody asked for keeps to the brakes now.
            against = next((each.excluded for each in choice.scores if each.host == target), ('nothing is known of it',))
            if against:
                raise MoveRefused('Container %s stays: %s would not do any more (%s)' % (ask.name, target, '; '.join(against)), considered=considered)
        return target, Decision(
            parts.new_id(), parts.host, ask.trigger, ask.name, move.id, target, self._sentence(ask, choice), brakes=ask.brakes,
            decided_at=parts.clock.wall(), **considered.columns())

    def _claim(self, move, ask, row, plan, decision):
        """Store the decision and the request, then claim the container's row for the move."""
        parts, target = self._parts, plan.target
        parts.store.put_decision(decision)
        move = self._record.step(move, steps.PLANNED, 'asked for by %s' % ask.by,
                                 request=envelope.request(RECEIVE, plan.to_dict(), move.id))
        parts.store.index_move(target, move.id)
        self._swap(row, move=move.id, move_to=target, spec_hash=plan.spec_hash, image=plan.image)
        self._record.step(move, steps.CLAIMED, 'asked for by %s' % ask.by)
        return plan

    def _swap(self, row, **changes):
        """Claim the row. What else was noted in it meanwhile (a stop, a start, a kept spec) is no reason against the move."""
        store = self._parts.store
        for _try in range(_CLAIM_TRIES):
            try:
                return store.swap(row, replace(row, **changes))
            except Conflict:
                now = store.read(ContainerRow, row.name)
                if now is not None and now.holder == self._parts.host:
                    self._check_held(now)
                if now is None or (now.holder, now.epoch, now.instance, now.move) != (row.holder, row.epoch, row.instance, row.move):
                    break
                if row.holder != self._parts.host:
                    self._check_lease(now)
                row = now
        raise MoveRefused('Container %s was changed while its move was planned' % row.name, 'Start it again.')

    @staticmethod
    def _sentence(ask, choice):
        what = choice.sentence
        if ask.target:
            what = 'container %s goes from %s to %s' % (ask.name, ask.source, ask.target)
        return ask.sentence(what)

    def _check_row(self, row, name):
        parts = self._parts
        if row is None or row.holder != parts.host:
            raise MoveRefused('Container %s is not held by %s' % (name, parts.host),
                              'It is held by %s.' % ((row and row.holder) or 'nobody'))
        if row.move:
            raise MoveRefused('Container %s is in move %s already' % (name, row.move), 'Look at it with move_info.')
        self._check_held(row)

    def _check_held(self, row):
        hold = hold_of(row, self._parts.clock.wall())
        if hold is not None:
            raise MoveRefused('Container %s is %s' % (row.name, hold), 'Wait for its end, or release it with container_hold.')

    def _check_loss(self, row):
        """Whether its container may be taken from the host that holds it."""
        if is_replacing(row) and not is_down(self._parts.store.read(HostRow, row.previous)):
            # Else the copy made elsewhere would run beside the one that was about to be replaced.
            raise MoveRefused('Container %s is not started elsewhere: %s' % (row.name, in_words(row)), 'It waits for %s.' % row.previous)
        if row.exclusive:
            self._check_lease(row)
            return
        host = self._parts.store.read(HostRow, row.holder)
        if host is None or host.state != LOST_HOST:
            # This host may have slept since it was asked.
            raise MoveRefused('Host %s is back' % row.holder, 'Container %s stays there.' % row.name)

    def _check_lease(self, row):
        """Whether what is exclusive may be taken from its holder; read behind the row whose nonce the claim will name, since a
        holder that is back changes that row before it starts its copy (watcher/gate.py has the whole proof).
        """
        if not row.exclusive:
            return
        host = self._parts.store.read(HostRow, row.holder)
        if host is None or not host.lease_expired:
            raise MoveRefused("Container %s is exclusive, and %s's lease is not expired" % (row.name, row.holder),
                              'It is not taken over before.')

    def _check_others(self, move, name):
        """An aborted move may not have started its copy again yet, nor one that brought it here: this one would take it for one that lies still."""
        store, host = self._parts.store, self._parts.host
        for ident in store.open_moves(host):
            other = store.move(ident) if ident != move.id else None
            plan = readable_plan(other) if other is not None and other.request else None
            if plan is None or plan.name != name:
                continue
            leaves = plan.source == host and other.source_step not in steps.SOURCE_ENDS
            comes = plan.target == host and steps.COMMITTED in other.target_times and other.target_step not in steps.TARGET_ENDS
            if leaves or comes:
                raise MoveRefused('Container %s is in move %s still' % (name, ident), 'Start it again.')

    def _check_target(self, name, source, target):
        parts = self._parts
        if target == source:
            raise MoveRefused('Container %s is on %s already' % (name, target))
        if not any(each.host == target and each.state == 'normal' for each in parts.hosts()):
            raise UnknownHost('No host %s in state normal' % target,
                              'Hosts: %s.' % ', '.join(sorted(each.host for each in parts.hosts())))


def choice_for(ask, need, views, weights):
    """The Choice by formula (1-1) for what is asked.

    :param views: HostViews as the source has them; those that the Ask leaves out are excluded, with the reason.
    """
    against = {}
    for hosts, why in ((ask.declined, 'it declined just now'), (ask.failed, 'its move there came to nothing lately'), (ask.avoid, 'it is emptied next')):
        for host in hosts:
            against[host] = (*against.get(host, ()), why)
    views = [replace(view, wrong=(*view.wrong, *against.get(view.host, ()))) for view in views]
    return choose_target(need, views, weights, ask.cause)


def plan_from(spec, row, used, **more):
    """The MovePlan of a container by its Spec alone, so that a host that never ran it can make it too.

    :param used: its last LoadReport, or None. :param more: id, source, target, trigger, running, planned_at.
    """
    config = spec.config
    timeout = config.get('StopTimeout')
    mode = START_FIRST if parse(config.get('Labels') or {}).mode == START_FIRST and more['running'] else STOP_FIRST
    return MovePlan(
        name=row.name, exclusive=row.exclusive, epoch=row.epoch, instance=row.instance, spec_hash=spec.digest, image=config['Image'],
        image_id=spec.image.id, image_digest=spec.image.digest, image_layers=spec.image.layers, image_size=spec.image.size,
        architecture=spec.image.architecture, stop_timeout=_STOP_TIMEOUT_S if timeout is None else timeout,
        health_grace=grace_s({'Config': config}), ports=ports_of(spec.request),
        memory=max(config['HostConfig'].get('MemoryReservation') or 0, used.memory_used if used else 0),
        cpu=used.cpu_used if used else 0.0, **dict({'mode': mode}, **more))


def need_of(report, name, source):
    """The Need of a container by its last LoadReport; nothing where there is none yet."""
    if report is None:
        return Need(name, source)
    return Need(name, source, report.cpu_used, report.memory_used, Rules.from_texts(report.rules) if report.rules else None)


def readable_plan(move):
    """The MovePlan in a MoveRow, or None where there is none, no row, or one that this version does not understand."""
    try:
        return plan_of(move) if move is not None else None
    except ProtocolError:
        return None


def plan_of(move):
    """The MovePlan in a MoveRow, or None while it is only asked for.

    :raises ProtocolError: when this version does not understand it.
    """
    if not move.request:
        return None
    _ident, _method, params = envelope.parse_request(move.request)
    return MovePlan.from_dict(params)
