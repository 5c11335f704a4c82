# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers: the fleet as this host sees it, and the asking for moves. Any member answers for the fleet.

Answers are plain objects, ready for a module's result. Nothing here waits: a move is asked for, and looked at again.
"""
from __future__ import annotations

from ..containers.spec import masked, request_of
from ..errors import MoveRefused, NoSuchContainer, UnknownContainer, UnknownHost, UnknownMove
from ..model import LABEL_MODE, START_FIRST, STOP_FIRST, ContainerRow, check_container_name, check_host_name
from ..moves import steps
from ..moves.planning import ASK, plan_of
from ..protocol import envelope


_STOP_TIMEOUT_S = 10


def _rounded(seconds):
    return None if seconds is None else round(seconds, 1)


class Methods:
    """The methods of one watcher.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('load.host', self._b.load.host)
        registry.add('load.containers', self._b.load.containers)
        registry.add('host.info', self.host_info, {'name': str}, ('name',))
        registry.add('load.info', self.load_info, {'host': str, 'name': str}, ('host', 'name'))
        registry.add('container.info', self.container_info, {'name': str}, ('name',))
        registry.add('move.check', self.move_check, {'name': str, 'target': str})
        registry.add(ASK, self.move_ask, {'name': str, 'target': str, 'by': str}, ('by',))
        registry.add('move.info', self.move_info, {'id': str, 'name': str, 'open': bool}, ('id', 'name', 'open'))
        registry.add('cleanup.check', self.cleanup_check, {'name': str}, ('name',))
        registry.add('cleanup.run', self.cleanup_run, {'name': str}, ('name',))
        registry.add('broadcast.info', self.broadcast_info, {'since_s': int, 'kind': str}, ('since_s', 'kind'))
        registry.add('watcher.status', self.watcher_status)

    # -- hosts ------------------------------------------------------------------------------------------------------

    def _hosts(self, name=''):
        rows = self._b.membership.refresh()
        if not name:
            return rows
        check_host_name(name)
        found = [row for row in rows if row.host == name]
        if not found:
            raise UnknownHost('No host %s in the fleet' % name,
                              'Hosts: %s.' % (', '.join(sorted(row.host for row in rows)) or 'none yet'))
        return found

    def host_info(self, name=''):
        """Each host: its row, its two signs of life as this observer has them, and its load."""
        found = []
        for row in sorted(self._hosts(name), key=lambda each: each.host):
            word, beat_age, gossip_age = self._b.gossip.signs_of(row.host)
            beat, endpoint = self._b.gossip.beat_of(row.host), self._b.gossip.endpoint_of(row.address)
            found.append({
                'host': row.host, 'state': row.state, 'generation': row.generation, 'since_at': row.since_at,
                'by': row.by, 'address': row.address, 'boot_id': row.boot_id, 'signs': word,
                'beat': {'age_s': _rounded(beat_age), 'counter': beat.counter if beat else 0,
                         'version': beat.version if beat else ''},
                'gossip': {'age_s': _rounded(gossip_age), 'status': endpoint.status if endpoint else '',
                           'generation': endpoint.generation if endpoint else 0,
                           'heartbeat': endpoint.heartbeat if endpoint else 0,
                           'host_id': endpoint.host_id if endpoint else '',
                           'rack': endpoint.rack if endpoint else '',
                           'tokens': len(endpoint.tokens) if endpoint else 0},
                'load': beat.load.to_dict() if beat else None})
        return {'observer': self._b.settings.host, 'hosts': found}

    def load_info(self, host='', name=''):
        """The fused load reports of all hosts, one host or one container, as shared through the ring."""
        if name:
            check_container_name(name)
        found = []
        for row in sorted(self._hosts(host), key=lambda each: each.host):
            beat = self._b.gossip.beat_of(row.host)
            reports = [each.to_dict() for each in self._b.store.loads(row.host) if name in ('', each.name)]
            found.append({'host': row.host, 'load': beat.load.to_dict() if beat else None, 'containers': reports})
        if name and not any(each['containers'] for each in found):
            self._row(name)
        return {'observer': self._b.settings.host, 'hosts': found}

    # -- containers -------------------------------------------------------------------------------------------------

    def _row(self, name):
        check_container_name(name)
        row = self._b.store.read(ContainerRow, name)
        if row is None:
            raise UnknownContainer('No container %s is managed in this fleet' % name,
                                   'Containers with the label ringfleet.managed=true are; see container_info.')
        return row

    def container_info(self, name=''):
        """Each container's row; for those of this host also what they are and their masked creation request."""
        rows = [self._row(name)] if name else sorted(self._b.store.scan(ContainerRow), key=lambda each: each.name)
        view = self._b.custody.view
        found = []
        for row in rows:
            data = {key: value for key, value in row.to_dict().items() if key != 'nonce'}
            word = view.words.get(row.name, '')
            data.update(here=word, missing=row.name in view.missing,
                        immovable=list(self._reasons(row, view)), request=None)
            if word:
                data['request'] = self._masked(view, row.name)
            found.append(data)
        return {'observer': self._b.settings.host, 'containers': found, 'problems': dict(view.problems)}

    def _reasons(self, row, view):
        if row.holder == self._b.settings.host:
            return view.immovable.get(row.name, ())
        for report in self._b.store.loads(row.holder) if row.holder else ():
            if report.name == row.name:
                return report.immovable
        return ()

    def _masked(self, view, name):
        ident = next(each.id for each in view.managed if each.name == name)
        try:
            inspected = self._b.engine.inspect(ident)
            return masked(request_of(inspected, self._b.engine.image(inspected['Image'])))
        except NoSuchContainer:
            return None

    # -- moves ------------------------------------------------------------------------------------------------------

    def move_check(self, name, target):
        """What asking for this move would do, without doing it.

        :raises RingfleetError: when it would be refused already here.
        """
        row = self._row(name)
        self._hosts(target)
        if not row.holder:
            raise MoveRefused('Container %s is held by nobody' % name, 'Start it on a host of the fleet first.')
        if row.move:
            raise MoveRefused('Container %s is in move %s already' % (name, row.move), 'Wait for it; see move_info.')
        reasons = list(self._reasons(row, self._b.custody.view))
        if row.holder != target and reasons:
            raise MoveRefused('Container %s cannot move: %s' % (name, '; '.join(reasons)), 'It stays on %s.' % row.holder)
        return {'name': name, 'source': row.holder, 'target': target, 'moves': row.holder != target,
                'mode': self._mode(name), 'epoch': row.epoch}

    def _mode(self, name):
        for summary in self._b.custody.view.managed:
            if summary.name == name:
                return START_FIRST if summary.labels.get(LABEL_MODE) == START_FIRST else STOP_FIRST
        return ''

    def move_ask(self, name, target, by='unknown'):
        """Ask the container's holder to move it; returns ``{id, moves}``, the id empty when it is there already."""
        plan = self.move_check(name, target)
        if not plan['moves']:
            return dict(plan, id='')
        ident = self._b.new_id()
        self._b.store.put_move(ident, asked=envelope.request(
            ASK, {'name': name, 'source': plan['source'], 'target': target, 'by': by, 'trigger': 'asked'}, ident))
        self._b.store.index_move(plan['source'], ident)
        self._wake()
        return dict(plan, id=ident)

    def move_info(self, id='', name='', open=False):  # pylint: disable=redefined-builtin
        """Moves by id, by container, or all; newest first."""
        if id:
            move = self._b.store.move(id)
            if move is None:
                raise UnknownMove('No move %s' % id, 'move_info without an id lists those still kept.')
            moves = [move]
        else:
            moves = sorted(self._b.store.moves(), key=lambda each: each.id, reverse=True)
        found = [self._told(move, bool(id)) for move in moves]
        return {'observer': self._b.settings.host,
                'moves': [each for each in found if name in ('', each['name'])
                          and not (open and each['outcome'] in ('done', 'aborted'))]}

    def _told(self, move, precise):
        asked = envelope.parse_request(move.asked)[2] if move.asked else {}
        plan = plan_of(move)
        name = plan.name if plan else asked.get('name', '')
        row = None
        if plan is not None and (precise or not (move.source_step in steps.SOURCE_ENDS and move.target_step)):
            row = self._b.store.read(ContainerRow, name)
        times = dict({'source %s' % step: at for step, at in move.source_times.items()},
                     **{'target %s' % step: at for step, at in move.target_times.items()})
        return {'id': move.id, 'name': name, 'source': plan.source if plan else asked.get('source', ''),
                'target': plan.target if plan else asked.get('target', ''),
                'trigger': plan.trigger if plan else asked.get('trigger', ''),
                'mode': plan.mode if plan else '', 'by': asked.get('by', ''),
                'outcome': steps.outcome(plan, row, move) if plan else (
                    'aborted' if move.source_step == steps.ABORTED else 'open'),
                'source_step': move.source_step, 'source_note': move.source_note, 'target_step': move.target_step,
                'target_note': move.target_note, 'waits_for': self._b.mover.waiting(move.id),
                'steps': [{'step': step, 'at': at} for step, at in sorted(times.items(), key=lambda item: item[1])]}

    # -- leftovers --------------------------------------------------------------------------------------------------

    def cleanup_check(self, name=''):
        """Copies on this host that a move left behind: no row names them, no open move needs them (S301).

        A copy whose container has no holder is kept: it may be the only one.
        """
        if name:
            check_container_name(name)
        removed, kept = [], []
        for summary, row in self._b.custody.leftovers(self._b.mover.open):
            if name not in ('', summary.name):
                continue
            copy = {'name': summary.name, 'instance': summary.id, 'state': summary.state, 'holder': row.holder}
            if row.holder:
                removed.append(copy)
            else:
                kept.append(dict(copy, why='nobody holds this container: this may be its only copy'))
        return {'host': self._b.settings.host, 'removed': removed, 'kept': kept}

    def cleanup_run(self, name=''):
        """Remove them (S302)."""
        told = self.cleanup_check(name)
        for copy in told['removed']:
            if copy['state'] == 'running':
                self._b.engine.stop(copy['instance'], _STOP_TIMEOUT_S)
            self._b.engine.remove(copy['instance'])
            if copy['holder'] != self._b.settings.host:
                self._b.store.drop_placement(self._b.settings.host, copy['name'])
        self._b.custody.dirty = True
        return told

    # -- hints and self ---------------------------------------------------------------------------------------------

    def broadcast_info(self, since_s=3600, kind=''):
        """Broadcasts of the last ``since_s`` seconds, oldest first."""
        since_s = min(max(since_s, 1), self._b.settings.broadcast_ttl_s)
        found = self._b.store.broadcasts(self._b.clock.wall() - since_s * 1000)
        return {'observer': self._b.settings.host,
                'broadcasts': [each.to_dict() for each in found if kind in ('', each.kind)]}

    def watcher_status(self):
        """This watcher: its sentence, its troubles, its version; answers also while the ring is out of reach."""
        return {'host': self._b.settings.host, 'version': self._b.version, 'sentence': self._b.sentence(),
                'troubles': self._b.troubles(), 'registered': self._b.membership.registered}
