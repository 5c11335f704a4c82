# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts as the planner sees them, from what everybody shares: beats, route times, and moves on their way.

Any member sees (nearly) the same, so any member can say what would be chosen, and anybody can check it.
"""
from __future__ import annotations

import json

from ..errors import Conflict, ConfigError
from ..model import ContainerRow, FleetRow
from ..placement.planner import HostView, Need
from ..placement.score import Weights
from ..ring.liveness import ALIVE
from ..ring.membership import NORMAL

WEIGHTS = 'weights'


class Prospects:
    """Views of the hosts for a container on a source, and the fleet's weights."""

    def __init__(self, store, membership, gossip):
        self._store = store
        self._membership = membership
        self._gossip = gossip

    def need(self, name, source):
        """The Need of a container as its holder last reported it; nothing where there is no report yet."""
        for report in self._store.loads(source) if source else ():
            if report.name == name:
                return Need(name, source, report.cpu_used, report.memory_used)
        return Need(name, source)

    def views(self, source):
        """A HostView of every host, route times as ``source`` measured them; '' leaves the route out."""
        promised = self._promised()
        beat = self._gossip.beat_of(source) if source else None
        routes = beat.routes if beat else {}
        found = []
        for row in self._membership.hosts():
            word, _beat_age, _gossip_age = self._gossip.signs_of(row.host)
            wrong = []
            if row.state != NORMAL:
                wrong.append('its state is %s' % row.state)
            if word != ALIVE:
                wrong.append('it is %s' % word)
            if source and row.host != source and row.host not in routes:
                wrong.append('the route from %s was never measured' % source)
            own = self._gossip.beat_of(row.host)
            cpu, memory = promised.get(row.host, (0.0, 0))
            found.append(HostView(row.host, own.load if own else None, cpu, memory, routes.get(row.host), tuple(wrong)))
        return found

    def _promised(self):
        """{host: (cores, bytes)} of the containers on their way to it: what it will carry and does not show yet."""
        promised = {}
        for row in self._store.scan(ContainerRow):
            if row.move_to and row.holder and row.holder != row.move_to:
                need = self.need(row.name, row.holder)
                cpu, memory = promised.get(row.move_to, (0.0, 0))
                promised[row.move_to] = (cpu + need.cpu, memory + need.memory)
        return promised

    def weights(self):
        """The fleet's Weights; 1, 1, 1 until somebody set others."""
        row = self._store.read(FleetRow, WEIGHTS)
        return Weights(**json.loads(row.value)) if row is not None and row.value else Weights()

    def set_weights(self, wanted):
        """Set the fleet's weights; True when that changed them.

        :raises ConfigError: for a weight that is not positive.
        """
        for name in ('alpha', 'beta', 'tau'):
            if not getattr(wanted, name) > 0:
                raise ConfigError('Weight %s is %s' % (name, getattr(wanted, name)), 'Weights are greater than 0.')
        before = self._store.read(FleetRow, WEIGHTS)
        if self.weights() == wanted:
            return False
        text = json.dumps({'alpha': wanted.alpha, 'beta': wanted.beta, 'tau': wanted.tau}, sort_keys=True)
        try:
            self._store.swap(before, FleetRow(WEIGHTS, text))
        except Conflict as exc:
            raise Conflict('The weights were changed by somebody else at the same time', 'Set them again.') from exc
        return True
