# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around levelling the whole fleet: planning it, and asking for one of its moves. Any member answers; the moves are
their holders' own, who look at each once more.
"""
from __future__ import annotations

from ..errors import MoveRefused
from ..model import ContainerRow
from ..moves.asking import Ask, send
from ..placement.brakes import REBALANCE
from ..placement.rebalance import level
from ..ring.states import NORMAL
from .lookups import hosts_of, row_of
from .tenants import tenant_of

MOST = 5
LONGEST = 1000


class RebalanceMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('rebalance.plan', self.rebalance_plan, {'max_moves': int}, ('max_moves',))
        registry.add('rebalance.ask', self.rebalance_ask, {'name': str, 'target': str, 'resource': str, 'reason': str, 'by': str},
                     ('resource', 'reason', 'by'))

    def rebalance_plan(self, max_moves=MOST):
        """The moves that would level the fleet, one after the other, and every host's load before and, as planned, after.

        ``paused``: the reason of a pause, which lets nothing be begun, or ''.

        :raises MoveRefused: for a senseless number of moves.
        """
        if not 0 <= max_moves <= LONGEST:
            raise MoveRefused('A rebalance of %d moves' % max_moves, 'It is at least 0 and at most %d.' % LONGEST)
        b, now = self._b, self._b.clock.wall()
        hosts = [row.host for row in hosts_of(b) if row.state == NORMAL]
        reports, tenants, stays = {host: b.prospects.reports(host) for host in hosts}, [], {}
        for row in sorted(b.store.scan(ContainerRow), key=lambda each: each.name):
            if row.holder not in reports:
                continue
            report = reports[row.holder].get(row.name)
            if row.move:
                stays[row.name] = 'it is in move %s already' % row.move
            elif report is None:
                stays[row.name] = 'its load is unknown'
            else:
                tenants.append(tenant_of(row, report, now))
        plan = level(b.prospects.views_from(hosts), tenants, max_moves)
        return {'observer': b.settings.host, 'paused': b.fleet.pause().reason, 'before': plan.before, 'after': plan.after,
                'spread_before': plan.spreads[0], 'spread_after': plan.spreads[-1],
                'stays': [{'name': name, 'why': why} for name, why in sorted(dict(stays, **plan.stays).items())],
                'moves': [{'name': each.name, 'source': each.source, 'target': each.target, 'resource': each.resource, 'gain': each.gain,
                           'spread': each.spread, 'reason': 'the spread of all loads falls from %.1f to %.1f points' % (100 * before, 100 * each.spread)}
                          for before, each in zip(plan.spreads, plan.shifts)]}

    def rebalance_ask(self, name, target, resource='', reason='', by='unknown'):
        """Ask the container's holder for one move of such a plan; it looks again whether that is worth it.

        :raises MoveRefused: while the fleet is paused, or where nobody holds the container.
        """
        b, row = self._b, row_of(self._b, name)
        hosts_of(b, target)
        pause = b.fleet.pause()
        if pause.reason:
            raise MoveRefused('The fleet is paused (%s)' % pause.reason, 'End the pause with the module fleet.')
        if not row.holder:
            raise MoveRefused('Container %s is held by nobody' % name)
        ident = b.new_id()
        send(b.store, ident, Ask(name, row.holder, target, by, REBALANCE, resource, (reason,) if reason else ()))
        self._wake()
        return {'id': ident, 'name': name, 'source': row.holder, 'target': target}
