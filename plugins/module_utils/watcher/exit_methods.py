# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around a host's exit (the patent's node state: the others forget it): whether it may go, and that it has gone.
Its ring node is the playbook's business (ringfleet.core.exit), between both.
"""
from __future__ import annotations

from dataclasses import replace

from ..errors import ExitRefused
from ..model import ContainerRow, HostRow
from ..moves.planning import readable_plan
from ..ring.broadcast import LEFT as TOLD
from ..ring.broadcast import RELEASED
from ..ring.holds import released
from ..ring.losses import LEAST_HOSTS
from ..ring.states import DRAINED, LEFT, LOST, PERSON, moved, told
from ..ring.tolerance import no_quorum
from .lookups import hosts_of


class ExitMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        params = {'host': str, 'dead': bool, 'abandon': bool, 'disarm': bool}
        registry.add('exit.check', self.exit_check, params, ('dead', 'abandon', 'disarm'))
        registry.add('exit.leave', self.exit_leave, dict(params, by=str), ('dead', 'abandon', 'disarm', 'by'))

    def exit_check(self, host, dead=False, abandon=False, disarm=False):
        """Whether a host may go. One that is alive and not drained yet may be drained first: ``drained`` says whether it is.

        ``abandoned``: names of the containers that it takes with it, with ``abandon`` alone.

        :raises UnknownHost, ExitRefused: with what to do.
        """
        row = next(iter(hosts_of(self._b, host)))
        rows = self._b.store.scan(ContainerRow)
        held = sorted(each.name for each in rows if each.holder == host)
        if row.state != LEFT:
            self._check_others(host, disarm)
            if dead or row.state == LOST:
                self._check_dead(row, rows, held, dead, abandon)
        return {'observer': self._b.settings.host, 'host': host, 'state': row.state, 'address': row.address,
                'drained': row.state in (DRAINED, LEFT) or dead, 'abandoned': held if dead else []}

    def exit_leave(self, host, dead=False, abandon=False, disarm=False, by='unknown'):
        """Note that a host has left and tell everybody; one that has left is no change.

        :raises UnknownHost, StateRefused, ExitRefused: with what to do.
        """
        b = self._b
        answer = self.exit_check(host, dead, abandon, disarm)
        if answer['state'] == LEFT:
            return dict(answer, changed=False)
        before = b.store.read(HostRow, host)
        after = moved(before, LEFT, PERSON, by, b.clock.wall())
        for name in answer['abandoned']:
            self._abandon(name, host)
        held = [each.name for each in b.store.scan(ContainerRow) if host in (each.holder, each.move_to)]
        if held:
            raise ExitRefused('Host %s still has %s' % (host, ', '.join(sorted(held))), 'Drain it again: playbook ringfleet.core.drain.')
        b.store.swap(before, replace(after, coordinator='', away_until=0, away_for_s=0))
        b.drains.forget(host)
        b.store.put_loads(host, (), sorted(each.name for each in b.store.loads(host)))
        b.broadcaster.send(TOLD, detail='%s, by %s' % (host, by))
        b.membership.refresh()
        return dict(answer, state=LEFT, changed=True)

    def _abandon(self, name, host):
        """Let nobody hold a container of a dead host any more: started anywhere, it is adopted there."""
        row = self._b.store.read(ContainerRow, name)
        if row is None or row.holder != host:
            return
        if row.move:
            raise ExitRefused('Container %s of %s is in move %s' % (name, host, row.move), 'Wait for it; see move_info.')
        self._b.store.swap(row, released(replace(row, holder='', instance='')))
        self._b.broadcaster.send(RELEASED, name, detail='its host %s is gone for good' % host)

    def _unfinished(self, host, rows):
        """Names of the containers in a move from a host: who coordinates its failover ends that, and nobody does for one that has left."""
        plans = {row.name: readable_plan(self._b.store.move(row.move)) for row in rows if row.move}
        return {name for name, plan in plans.items() if plan is not None and plan.source == host}

    def _check_others(self, host, disarm):
        """:raises ExitRefused: where those that stay could not go on, or would not be armed any more and nobody accepted that."""
        nodes = [each for each in self._b.observer.nodes() if each.host != host]
        if not nodes:
            raise ExitRefused('Host %s is the last one of the fleet' % host, 'Take the whole fleet apart with ringfleet.core.uninstall.')
        down = sorted(each.host for each in nodes if not each.serves)
        if no_quorum(len(down), min(self._b.store.copies(), len(nodes))):
            raise ExitRefused('Without %s the ring has no quorum: %s of the %d others do not serve' % (host, ', '.join(down), len(nodes)),
                              'Bring them back first.')
        if len(nodes) < LEAST_HOSTS <= len(nodes) + 1 and not disarm:
            raise ExitRefused('Without %s no lost host is failed over any more: %d of the %d hosts that it takes' % (host, len(nodes), LEAST_HOSTS),
                              'Let another host join first, or accept that with ringfleet_disarm.')

    def _check_dead(self, row, rows, held, dead, abandon):
        if not dead:
            raise ExitRefused('Host %s is %s' % (row.host, told(row)), 'Start it again; or, if it never comes back, say so with ringfleet_dead.')
        if row.state != LOST:
            raise ExitRefused('Host %s is %s and not lost' % (row.host, told(row)), 'Drain it, without ringfleet_dead.')
        why = {each['name']: each['why'] for each in self._b.waiting.known() if not each['under_way']}
        open_ones = sorted({name for name in held if name not in why} | self._unfinished(row.host, rows))
        if open_ones:
            raise ExitRefused('The failover of %s is not done: %s' % (row.host, ', '.join(open_ones)), 'Wait for it; see fleet_info.')
        if held and not abandon:
            raise ExitRefused('Host %s still has %s' % (row.host, '; '.join('%s (%s)' % (name, why[name]) for name in held)),
                              'Bring it back, or give them up with ringfleet_abandon.')
