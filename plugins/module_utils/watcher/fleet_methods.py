# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around the whole fleet: what holds for it, and setting that."""
from __future__ import annotations

from dataclasses import asdict

from ..placement.score import Weights
from .fleet import Pause
from .lookups import hosts_of


class FleetMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('fleet.info', self.fleet_info)
        registry.add('fleet.set', self.fleet_set, {'alpha': float, 'beta': float, 'tau': float, 'check': bool}, ('check',))
        registry.add('fleet.pause', self.fleet_pause, {'reason': str, 'by': str, 'check': bool}, ('by', 'check'))

    def fleet_info(self):
        """What holds for the whole fleet."""
        against, coordinator = self._b.coordinator.armed(), self._b.coordinator
        return {'observer': self._b.settings.host, 'hosts': [row.host for row in hosts_of(self._b)],
                'weights': asdict(self._b.fleet.weights()), 'pause': self._told(self._b.fleet.pause()),
                'failover': {'armed': not against, 'why_not': against, 'pending': [
                    {'name': name, 'why': why} for name, why in sorted(coordinator.pending.items())]}}

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
