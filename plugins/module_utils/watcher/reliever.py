# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's own decision (S201-S202): with trouble here, one container leaves for a better host, or it is told why not.

Looked at each round of verdicts. A decision is a letter to oneself, as a person would write one: from there on it is the
same move with the same record.
"""
from __future__ import annotations

import re
from dataclasses import asdict

from ..model import RUNNING, ContainerRow, Decision
from ..monitor.anomaly import SEVERE, heat
from ..moves.asking import Ask, send
from ..moves.planning import need_of
from ..placement import brakes
from ..placement.relief import Tenant, relieve

# After so long without trouble the same reasons are told anew; a quiet minute after a move is no end of the trouble.
_FORGET_S = 600.0
_NUMBER = re.compile(r'\d+(\.\d+)?')


class Reliever:
    """Decides for one host.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake
        self._told = ''
        self._told_at = 0.0
        self._tries = {}
        self.sentence = ''

    def look(self):
        """Ask for one move if one is due. Raises as the store does; then nothing was decided."""
        b = self._b
        host = b.load.host()
        lacking = heat(host) if host.contended else {}
        if not lacking and not any(each.anomaly == SEVERE for each in b.load.containers()):
            self.sentence = ''
            if b.clock.monotonic() - self._told_at > _FORGET_S:
                self._told = ''
            return
        pause = b.fleet.pause()
        if pause.reason:
            self._tell('nothing moved, because the fleet is paused (%s)' % pause.reason)
            return
        if any(not b.mover.stuck(ident) for ident in b.store.open_moves(b.settings.host)):
            return
        weights, views = b.fleet.weights(), b.prospects.views(b.settings.host)
        source = next((each for each in views if each.host == b.settings.host), None)
        if source is None or source.load is None:
            return
        relief = relieve(source, self._tenants(), views, weights, tuple(lacking),
                         tuple(sentence for _figure, sentence in lacking.values()))
        if relief is None:
            return
        if relief.name:
            self._go(relief)
        else:
            self._tell(relief.sentence, relief, weights)

    def _tenants(self):
        b, now = self._b, self._b.clock.wall()
        rows = {row.name: row for row in b.store.scan(ContainerRow)}
        found = []
        for report in b.load.containers():
            row = rows.get(report.name)
            if row is None or row.holder != b.settings.host or row.move:
                continue
            found.append(Tenant(
                need_of(report, report.name, b.settings.host), report.reasons if report.anomaly == SEVERE else (),
                report.own_fault, report.mode, report.rebalance, report.immovable,
                max(brakes.cools_s(row, now), self._tried_s(row.instance)),
                row.intent == RUNNING and report.status == 'running', report.io_pressure))
        return found

    def _tried_s(self, instance):
        """Seconds for which a container is left alone after it was tried elsewhere in vain: doubling, as after a move."""
        count, at = self._tries.get(instance, (0, 0.0))
        return max(0.0, brakes.cooldown_s(count) - (self._b.clock.monotonic() - at)) if count else 0.0

    def _go(self, relief):
        b, ident = self._b, self._b.new_id()
        instance = b.load.report(relief.name).instance
        alive = {each.instance for each in b.load.containers()}
        self._tries = {key: each for key, each in self._tries.items() if key in alive}
        self._tries[instance] = (self._tries.get(instance, (0, 0.0))[0] + 1, b.clock.monotonic())
        send(b.store, ident, Ask(
            relief.name, b.settings.host, by='ringfleet on %s' % b.settings.host, trigger=relief.cause.trigger,
            resource=relief.cause.resource, reasons=(relief.trouble,), brakes=relief.brakes))
        self.sentence, self._told = relief.sentence, ''
        self._wake()

    def _tell(self, sentence, relief=None, weights=None):
        """Store why nothing moves, once for each change of the reasons; changed figures alone are no change."""
        self.sentence = sentence
        bare, self._told_at = _NUMBER.sub('', sentence), self._b.clock.monotonic()
        if bare == self._told:
            return
        b = self._b
        choice = relief.choice if relief else None
        b.store.put_decision(Decision(
            b.new_id(), b.settings.host, relief.cause.trigger if relief else brakes.CONTENTION, '', '', '', sentence,
            asdict(weights) if weights else {}, tuple(each.to_dict() for each in choice.scores) if choice else (),
            relief.brakes if relief else (), decided_at=b.clock.wall()))
        self._told = bare
