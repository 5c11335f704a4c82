# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's own decision (S201-S202): with trouble here, one container leaves for a better host, or it is told why not.

Looked at each round of verdicts. A decision is a letter to oneself, as a person would write one: from there on it is the
same move with the same record.
"""
from __future__ import annotations

from dataclasses import asdict, replace

from ..model import ContainerRow
from ..monitor.anomaly import SEVERE, heat
from ..moves.asking import Ask, send
from ..placement import brakes
from ..placement.relief import NONE_MOVED, relieve
from .tenants import tenant_of


class Reliever:
    """Decides for one host.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake
        self._tries = {}
        self.sentence = ''

    def look(self):
        """Ask for one move if one is due. Raises as the store does; then nothing was decided."""
        b = self._b
        host = b.load.host()
        lacking = heat(host) if host.contended else {}
        if not lacking and not any(each.anomaly == SEVERE for each in b.load.containers()):
            self.sentence = ''
            return
        pause = b.fleet.pause()
        if pause.reason:
            why = 'the fleet is paused (%s)' % pause.reason
            self._tell(NONE_MOVED % why, brakes.CONTENTION if lacking else brakes.ANOMALY,
                       brakes=tuple('%s: %s' % (each.name, why) for each in b.load.containers()))
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
            choice = relief.choice
            self._tell(relief.sentence, relief.cause.trigger, weights=asdict(weights), brakes=relief.brakes,
                       candidates=tuple(each.to_dict() for each in choice.scores) if choice else ())

    def _tenants(self):
        b, now = self._b, self._b.clock.wall()
        rows = {row.name: row for row in b.store.scan(ContainerRow)}
        found = []
        for report in b.load.containers():
            row = rows.get(report.name)
            if row is None or row.holder != b.settings.host or row.move:
                continue
            tenant = tenant_of(row, report, now)
            found.append(replace(tenant, cools_s=max(tenant.cools_s, self._tried_s(row.instance))))
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
        self.sentence = relief.sentence
        b.unmoved.forget('')
        self._wake()

    def _tell(self, sentence, trigger, **columns):
        """Store why nothing moves, on the whole host: each container that might have gone is in ``brakes``."""
        self.sentence = sentence
        self._b.unmoved.tell('', trigger, sentence, **columns)
