# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around the whole fleet: what holds for it, and setting that."""
from __future__ import annotations

from dataclasses import asdict

from ..errors import StateRefused
from ..placement.score import Weights
from ..ring.states import MEMBERS, remedy, told
from .fleet import Pause
from .lookups import hosts_of
from .outlook import Forecast, rehearsals, tolerance_of


class FleetMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('fleet.info', self.fleet_info)
        registry.add('fleet.rehearsal', self.fleet_rehearsal)
        registry.add('failover.plan', self.failover_plan, {'hosts': list, 'accept': list}, ('hosts', 'accept'))
        registry.add('fleet.set', self.fleet_set, {'alpha': float, 'beta': float, 'tau': float, 'check': bool}, ('check',))
        registry.add('fleet.pause', self.fleet_pause, {'reason': str, 'by': str, 'check': bool}, ('by', 'check'))

    def fleet_info(self):
        """What holds for the whole fleet."""
        hosts, against, may_lose = [row.host for row in hosts_of(self._b)], self._b.coordinator.armed(), tolerance_of(self._b)
        return {'observer': self._b.settings.host, 'hosts': hosts,
                'weights': asdict(self._b.fleet.weights()), 'pause': self._told(self._b.fleet.pause()),
                'failover': {'armed': not against, 'why_not': against, 'tolerance': {'hosts': may_lose.hosts, 'why': list(may_lose.why)},
                             'pending': self._b.waiting.known()}}

    def fleet_rehearsal(self):
        """What would be stuck if a host were lost now, for each; planned for every container, so it may take a second."""
        hosts_of(self._b)
        return {'observer': self._b.settings.host, 'hosts': rehearsals(self._b)}

    def failover_plan(self, hosts=(), accept=()):
        """What the loss of each of these hosts would do, alone and now; of every member where none is named.

        :param accept: globs of names of containers that may wait for their host.
        :raises UnknownHost, StateRefused: for one that is no member, with what it is.
        """
        b = self._b
        rows = [row for name in hosts for row in hosts_of(b, name)] if hosts else [row for row in hosts_of(b) if row.state in MEMBERS]
        for row in rows:
            if row.state not in MEMBERS:
                raise StateRefused('Host %s cannot be lost: it is %s' % (row.host, told(row)), remedy(row))
        forecast = Forecast(b, tuple(accept))
        return {'observer': b.settings.host, 'armed': not forecast.why_not, 'why_not': forecast.why_not, 'copies': b.store.copies(),
                'hosts': forecast.tell([row.host for row in rows])}

    def _told(self, pause):
        age = max(0, self._b.clock.wall() - pause.since_at) // 1000 if pause.reason else 0
        return dict(asdict(pause), age_s=age)

    def fleet_set(self, alpha, beta, tau, check=False):
        """Set the weights of formula (1-1)."""
        before = self._b.fleet.weights()
        wanted = Weights(alpha, beta, tau)
        changed = before != wanted if check else self._b.fleet.set_weights(wanted)
        return {'changed': changed, 'before': asdict(before), 'weights': asdict(wanted)}

    def fleet_pause(self, reason, by='unknown', check=False):
        """Pause what the fleet decides by itself, or with reason '' let it go on; what a person asks for goes on."""
        before = self._b.fleet.pause()
        wanted = Pause(reason, by, self._b.clock.wall()) if reason else Pause()
        changed = before.reason != reason if check else self._b.fleet.set_pause(wanted)
        after = wanted if changed else before
        return {'changed': changed, 'before': self._told(before), 'pause': self._told(after)}
