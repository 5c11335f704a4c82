# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source's plan (S202-S204; F9.1-F9.3): the decision, the sealed spec and the claim, in this order.

Nothing that another host acts on exists before the claim, the conditional write of ``move`` on the container's row; so a
crash before it leaves only a record that the source closes itself.
"""
from __future__ import annotations

from dataclasses import asdict, replace

from ..containers.health import grace_s
from ..containers.images import identity_of
from ..containers.labels import parse
from ..containers.spec import ports_of, reasons_against, request_of
from ..errors import Conflict, MoveRefused, NoSuchContainer, NotMovable, UnknownHost
from ..model import RUNNING, START_FIRST, STOP_FIRST, ContainerRow, Decision, MovePlan
from ..placement.planner import plan as choose_target
from ..placement.rules import Rules
from ..placement.views import Need
from ..protocol import envelope
from ..store.seal import seal, spec_hash
from . import steps
from .parts import Recorder
from .wishes import problems

RECEIVE = 'container.receive'

_STOP_TIMEOUT_S = 10


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
        parts, name = self._parts, ask.name
        row = parts.store.read(ContainerRow, name)
        self._check_row(row, name)
        try:
            inspected = parts.engine.inspect(row.instance)
        except NoSuchContainer as exc:
            raise MoveRefused('Container %s is missing on its holder %s' % (name, parts.host),
                              'Start it again there, under its name.') from exc
        against = immovable(parts.engine, inspected, parts.engine.containers())
        if against:
            raise NotMovable('Container %s cannot move: %s' % (name, '; '.join(against)),
                             'It stays on %s and is not touched.' % parts.host)
        weights = parts.prospects.weights()
        need = need_of(parts.report(name), name, parts.host)
        choice = self._choose(ask, need, weights)
        target = ask.target or choice.host
        if not target:
            raise MoveRefused(choice.sentence, 'It stays on %s.' % parts.host)
        self._check_target(name, target)
        image = parts.engine.image(inspected['Image'])
        request = request_of(inspected, image)
        digest = spec_hash(parts.key, request)
        plan = self._made(move, row, inspected, identity_of(image), request, digest, target, ask.trigger)
        parts.store.put_spec(name, digest, seal(parts.key, name, digest, request))
        parts.store.put_decision(Decision(
            parts.new_id(), parts.host, ask.trigger, name, move.id, target, self._sentence(ask, choice),
            asdict(weights), tuple(each.to_dict() for each in choice.scores), ask.brakes,
            {'cpu': need.cpu, 'memory': need.memory}, need.rules.to_texts() if need.rules else (), parts.clock.wall()))
        move = self._record.step(move, steps.PLANNED, 'asked for by %s' % ask.by,
                                 request=envelope.request(RECEIVE, plan.to_dict(), move.id))
        parts.store.index_move(target, move.id)
        try:
            parts.store.swap(row, replace(row, move=move.id, move_to=target, spec_hash=digest, image=plan.image))
        except Conflict as exc:
            raise MoveRefused('Container %s was changed while its move was planned' % name, 'Start it again.') from exc
        self._record.step(move, steps.CLAIMED, 'asked for by %s' % ask.by)
        return plan

    def _choose(self, ask, need, weights):
        """The Choice by formula (1-1); computed for a named target too, so that its record shows the alternatives."""
        views = [replace(view, wrong=view.wrong + ('it declined just now',)) if view.host in ask.declined else view
                 for view in self._parts.prospects.views(self._parts.host)]
        return choose_target(need, views, weights, ask.cause)

    def _sentence(self, ask, choice):
        what = choice.sentence
        if ask.target:
            what = 'container %s goes from %s to %s' % (ask.name, self._parts.host, ask.target)
        return 'asked for by %s: %s' % (ask.by, '; '.join((*ask.reasons, what)))

    def _check_row(self, row, name):
        parts = self._parts
        if row is None or row.holder != parts.host:
            raise MoveRefused('Container %s is not held by %s' % (name, parts.host),
                              'It is held by %s.' % ((row and row.holder) or 'nobody'))
        if row.move:
            raise MoveRefused('Container %s is in move %s already' % (name, row.move), 'Look at it with move_info.')

    def _check_target(self, name, target):
        parts = self._parts
        if target == parts.host:
            raise MoveRefused('Container %s is on %s already' % (name, target))
        if not any(each.host == target and each.state == 'normal' for each in parts.hosts()):
            raise UnknownHost('No host %s in state normal' % target,
                              'Hosts: %s.' % ', '.join(sorted(each.host for each in parts.hosts())))

    def _made(self, move, row, inspected, image, request, digest, target, trigger):
        config = request['config']
        mode = parse(config['Labels']).mode
        running = row.intent == RUNNING and (inspected.get('State') or {}).get('Status') == 'running'
        timeout = config.get('StopTimeout')
        used = self._parts.report(row.name)
        reserved = config['HostConfig'].get('MemoryReservation') or 0
        return MovePlan(
            id=move.id, name=row.name, source=self._parts.host, target=target, trigger=trigger,
            mode=START_FIRST if mode == START_FIRST and running else STOP_FIRST, epoch=row.epoch,
            instance=row.instance, spec_hash=digest, image=config['Image'], image_id=image.id,
            image_digest=image.digest, image_layers=image.layers, image_size=image.size,
            architecture=image.architecture, running=running,
            stop_timeout=_STOP_TIMEOUT_S if timeout is None else timeout, health_grace=grace_s(inspected),
            ports=ports_of(request), memory=max(reserved, used.memory_used if used else 0),
            cpu=used.cpu_used if used else 0.0, planned_at=self._parts.clock.wall())


def need_of(report, name, source):
    """The Need of a container by its last LoadReport; nothing where there is none yet."""
    if report is None:
        return Need(name, source)
    return Need(name, source, report.cpu_used, report.memory_used, Rules.from_texts(report.rules) if report.rules else None)


def plan_of(move):
    """The MovePlan in a MoveRow, or None while it is only asked for.

    :raises ProtocolError: when this version does not understand it.
    """
    if not move.request:
        return None
    _ident, _method, params = envelope.parse_request(move.request)
    return MovePlan.from_dict(params)
