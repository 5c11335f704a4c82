# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around moves: what would be chosen, asking for one, how far it is, why it was decided.

Nothing here waits: a move is asked for, and looked at again.
"""
from __future__ import annotations

from ..errors import MoveRefused, ProtocolError, UnknownMove
from ..model import ContainerRow
from ..names import check_container_name
from ..moves import steps
from ..moves.asking import ASK, Ask, ask_of, send
from ..moves.considered import Considered
from ..moves.errands import is_errand
from ..moves.mover import STUCK_S
from ..moves.planning import plan_of
from ..moves.source import next_id
from ..moves.staging import is_channel
from ..moves.wishes import wishes
from ..placement import planner
from ..placement.relief import said_of
from ..placement.views import predicted
from ..ring.holds import hold_of
from ..store.days import day_of
from .idents import made_at
from .lookups import hosts_of, reasons_of, row_of

# Of a move that no host lists as open, and that did not end: whoever asked died before it was listed.
ABANDONED = 'abandoned'
ENDED = ('done', steps.UNHEALTHY, steps.ABORTED, ABANDONED)
NOBODY = Ask('', '', by='', trigger='')


def _is_move(ident):
    """Whether a row of ``moves`` is a move: images to backups and what else hosts ask of each other go the same way."""
    return not is_channel(ident) and not is_errand(ident)


def _opened(read, otherwise):
    """(what ``read`` gives, '') or (otherwise, why not): one letter that nobody can read must not hide all moves."""
    try:
        return read(), ''
    except ProtocolError as exc:
        return otherwise, str(exc)


class MoveMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('move.check', self.move_check, {'name': str, 'target': str}, ('target',))
        registry.add(ASK, self.move_ask, {'name': str, 'target': str, 'by': str}, ('target', 'by'))
        registry.add('move.info', self.move_info, {'id': str, 'name': str, 'open': bool}, ('id', 'name', 'open'))
        registry.add('target.info', self.target_info, {'name': str})
        registry.add('decision.info', self.decision_info, {'name': str, 'host': str, 'days': int}, ('name', 'host', 'days'))

    def move_check(self, name, target=''):
        """What asking for this move would do, without doing it; without a target, what formula (1-1) would choose now.

        :raises RingfleetError: when it would be refused already here.
        """
        row = row_of(self._b, name)
        hosts_of(self._b, target)
        if not row.holder:
            raise MoveRefused('Container %s is held by nobody' % name, 'Start it on a host of the fleet first, or hand it over with container.')
        if row.move:
            raise MoveRefused('Container %s is in move %s already' % (name, row.move), 'Wait for it; see move_info.')
        reasons = list(reasons_of(self._b, row))
        if row.holder != target and reasons:
            raise MoveRefused('Container %s cannot move: %s' % (name, '; '.join(reasons)), 'It stays on %s.' % row.holder)
        hold = hold_of(row, self._b.clock.wall())
        if row.holder != target and hold is not None:
            raise MoveRefused('Container %s is %s' % (name, hold), 'Wait for its end, or release it with container_hold.')
        prospects = self._b.prospects
        need, views, weights = prospects.need(name, row.holder), prospects.views(row.holder), prospects.weights()
        choice = planner.plan(need, views, weights)
        if not target and not choice.host:
            raise MoveRefused(choice.sentence, 'It stays on %s.' % row.holder, Considered(choice, weights, need))
        target = target or choice.host
        by_host = {view.host: view for view in views}
        return {'name': name, 'source': row.holder, 'target': target, 'moves': row.holder != target,
                'mode': self._mode(name), 'epoch': row.epoch, 'sentence': choice.sentence,
                'candidates': [each.to_dict() for each in choice.scores],
                'predicted': {row.holder: predicted(by_host[row.holder], -need.cpu, -need.memory),
                              target: predicted(by_host[target], need.cpu, need.memory)}
                if row.holder != target and row.holder in by_host else {}}

    def _mode(self, name):
        for summary in self._b.custody.view.managed:
            if summary.name == name:
                return wishes(summary.labels)['mode']
        return ''

    def move_ask(self, name, target='', by='unknown'):
        """Ask the container's holder to move it; the answer's id is empty when it is there already.

        Without a target its holder chooses, by formula (1-1) and its own route times, when it gets to it.
        """
        try:
            plan = self.move_check(name, target)
        except MoveRefused as exc:
            if exc.considered is not None:
                # Hosts were looked at: a decision as any other, whose figures somebody may ask for.
                self._b.unmoved.refuse(Ask(name, exc.considered.need.source, target, by), exc.message, exc.considered)
            raise
        if not plan['moves']:
            return dict(plan, id='')
        ident = self._b.new_id()
        send(self._b.store, ident, Ask(name, plan['source'], target, by))
        self._wake()
        return dict(plan, id=ident)

    def move_info(self, id='', name='', open=False):  # pylint: disable=redefined-builtin
        """Moves by id, by container, or all; newest first."""
        if id:
            move = self._b.store.move(id) if _is_move(id) else None
            if move is None:
                raise UnknownMove('No move %s' % id, 'move_info without an id lists those still kept.')
            moves = [move]
        else:
            moves = sorted((each for each in self._b.store.moves() if _is_move(each.id)), key=lambda each: each.id, reverse=True)
        hidden = ENDED if open else ()
        found = [self._told(move, True) for move in moves] if id else self._all_told(moves)
        return {'observer': self._b.settings.host,
                'moves': [each for each in found if name in ('', each['name']) and each['outcome'] not in hidden]}

    def _all_told(self, moves):
        found = [self._told(move, False) for move in moves]
        if all(each['outcome'] in ENDED for each in found):
            return found
        listed = {ident for row in self._b.membership.hosts() for ident in self._b.store.open_moves(row.host)}
        return [each if each['outcome'] in ENDED or each['id'] in listed else self._unlisted(each) for each in found]

    def _unlisted(self, told):
        """Looked at again, since it may have ended between both looks."""
        move = self._b.store.move(told['id'])
        again = self._told(move, True) if move is not None else told
        return again if again['outcome'] in ENDED else dict(again, outcome=ABANDONED)

    def _told(self, move, precise):
        asked, unread = _opened(lambda: ask_of(move) if move.asked else NOBODY, NOBODY)
        plan, unread_plan = _opened(lambda: plan_of(move), None)
        name = plan.name if plan else asked.name
        row = None
        ended = move.source_step == steps.ABORTED or (move.source_step == steps.CLEANED and move.target_step in steps.TARGET_ENDS)
        if plan is not None and (precise or not ended):
            row = self._b.store.read(ContainerRow, name)
        times = dict({'source %s' % step: at for step, at in move.source_times.items()},
                     **{'target %s' % step: at for step, at in move.target_times.items()})
        outcome = steps.outcome(plan, row, move) if plan else 'aborted' if move.source_step == steps.ABORTED else 'open'
        return {'id': move.id, 'name': name, 'source': plan.source if plan else asked.source,
                'target': plan.target if plan else asked.target,
                'trigger': plan.trigger if plan else asked.trigger,
                'mode': plan.mode if plan else '', 'by': asked.by,
                'outcome': outcome, 'stuck_s': 0 if outcome in ENDED else self._stuck_s(move, times),
                'source_step': move.source_step, 'source_note': move.source_note or unread or unread_plan, 'target_step': move.target_step,
                'target_note': move.target_note, 'next': self._next(move, asked), 'waits_for': self._b.mover.waiting(move.id),
                'steps': [{'step': step, 'at': at} for step, at in sorted(times.items(), key=lambda item: item[1])]}

    def _stuck_s(self, move, times):
        """Whole seconds for which an open move has only waited, 0 while that is not for long; one that this host has no part in
        is told by its last step. An image on its way is no mere wait.
        """
        b, limit_s = self._b, STUCK_S
        if move.target_step == steps.IMAGE_WANTED and move.source_step not in steps.SOURCE_ENDS:
            limit_s = max(limit_s, b.settings.transfer_s)
        idle_s = max(0, b.clock.wall() - max(times.values(), default=made_at(move.id))) / 1000.0
        waited_s = b.mover.waited_s(move.id) if move.id in b.mover.open else idle_s
        return int(waited_s) if waited_s > limit_s else 0

    def _next(self, move, asked):
        """The move that asks the next best host after this one was declined, or ''."""
        if asked.target or move.source_step != steps.ABORTED:
            return ''
        following = next_id(move.id)
        return following if self._b.store.move(following) is not None else ''

    # -- decisions --------------------------------------------------------------------------------------------------

    def target_info(self, name):
        """Every candidate for a container with C, M, T and A or why not; a new name is placed wherever it is best."""
        check_container_name(name)
        row = self._b.store.read(ContainerRow, name)
        source = row.holder if row is not None else ''
        prospects = self._b.prospects
        hosts_of(self._b)
        choice = planner.plan(prospects.need(name, source), prospects.views(source), prospects.weights())
        return {'observer': self._b.settings.host, 'name': name, 'source': source, 'target': choice.host,
                'sentence': choice.sentence, 'candidates': [each.to_dict() for each in choice.scores]}

    def decision_info(self, name='', host='', days=1):
        """Decisions of the last days, newest first, each with all that it was made from.

        Those on a container are also those that say why it stayed, though they are on another one, or on its whole host.
        """
        if name:
            check_container_name(name)
        now, found = self._b.clock.wall(), []
        for row in hosts_of(self._b, host):
            for back in range(min(max(days, 1), 31)):
                found.extend(self._b.store.decisions(row.host, day_of(now - back * 86400000)))
        found.sort(key=lambda each: (each.decided_at, each.id), reverse=True)
        return {'observer': self._b.settings.host,
                'decisions': [dict(each.to_dict(), stayed=list(said_of(name, each.brakes)))
                              for each in found if name in ('', each.name) or said_of(name, each.brakes)]}
