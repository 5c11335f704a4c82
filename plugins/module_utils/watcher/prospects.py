# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts as the planner sees them, from what everybody shares: beats, route times, and moves on their way.

Any member sees (nearly) the same, so any member can say what would be chosen, and anybody can check it.
"""
from __future__ import annotations

from ..model import ContainerRow
from ..moves.planning import need_of, readable_plan
from ..placement.views import HostView
from ..ring.liveness import ALIVE
from ..ring.states import LOST, NORMAL
from ..store.days import time_of


class Prospects:
    """Views of the hosts for a container on a source, with the fleet's weights.

    ``weights()``: as watcher.fleet.FleetValues.
    """

    def __init__(self, store, membership, gossip, weights):
        self.weights = weights
        self._store = store
        self._membership = membership
        self._gossip = gossip

    def need(self, name, source):
        """The Need of a container as its holder last reported it; nothing where there is no report yet."""
        return need_of(self.reports(source).get(name), name, source)

    def report(self, name, host):
        """The last LoadReport of a container that a host shared, or None."""
        return self.reports(host).get(name)

    def views(self, source):
        """A HostView of every host, route times as ``source`` measured them; '' leaves the route out.

        Of a source that is silent or lost the last ones are used and none is asked for: it never measured who joined since.
        """
        return self._views(source, *self._promised())

    def views_from(self, sources):
        """{source: views(source)} of several, the rows read once."""
        promised, names = self._promised()
        return {source: self._views(source, promised, names) for source in sources}

    def _views(self, source, promised, names):
        beat = self._gossip.beat_of(source) if source else None
        routes = beat.routes if beat else {}
        found, away, measures = [], {row.host for row in self._membership.away()}, self._measures(source)
        for row in self._membership.hosts():
            word, _beat_age, _gossip_age = self._gossip.signs_of(row.host)
            wrong = []
            if row.state != NORMAL:
                wrong.append('its state is %s' % row.state)
            if word != ALIVE:
                wrong.append('it is %s' % word)
            if row.host in away:
                wrong.append('it goes away until %s' % time_of(row.away_until))
            if measures and row.host != source and row.host not in routes:
                wrong.append('the route from %s was never measured' % source)
            own = self._gossip.beat_of(row.host)
            cpu, memory = promised.get(row.host, (0.0, 0))
            found.append(HostView(row.host, own.load if own else None, cpu, memory, routes.get(row.host), tuple(wrong),
                                  dict(row.facts, host=row.host), frozenset(names.get(row.host, ()))))
        return found

    def _measures(self, source):
        """Whether a host still measures its routes."""
        word, _beat_age, _gossip_age = self._gossip.signs_of(source)
        return word == ALIVE and not any(row.host == source and row.state == LOST for row in self._membership.hosts())

    def _promised(self):
        """{host: (cores, bytes)} of the containers on their way to it or just there, what it will carry and does not show yet; and
        {host: names} of all that it holds or will.
        """
        promised, names, reports = {}, {}, {}
        for row in self._store.scan(ContainerRow):
            if row.holder:
                names.setdefault(row.holder, set()).add(row.name)
            if row.move_to and row.holder:
                if row.holder not in reports:
                    reports[row.holder] = self.reports(row.holder)
                more_cpu, more_memory = self._coming(row, reports[row.holder].get(row.name))
                cpu, memory = promised.get(row.move_to, (0.0, 0))
                promised[row.move_to] = (cpu + more_cpu, memory + more_memory)
                names.setdefault(row.move_to, set()).add(row.name)
        return promised, names

    def _coming(self, row, report):
        """(cores, bytes) that a container of an open move brings to its target, beyond what that shows by itself.

        :param report: its holder's LoadReport of it, or None.
        """
        if row.holder != row.move_to:
            need = need_of(report, row.name, row.holder)
            return need.cpu, need.memory
        if report is not None:
            return 0.0, 0
        # Committed, and not in a report of its new holder yet: what it needs is in its plan.
        plan = readable_plan(self._store.move(row.move))
        return (plan.cpu, plan.memory) if plan is not None else (0.0, 0)

    def reports(self, host):
        """{container: LoadReport} as a host last shared them."""
        return {report.name: report for report in self._store.loads(host)} if host else {}
