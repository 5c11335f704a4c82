# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts that the engine failed: a container of this host lies, though its user wants it to run and its restart policy says
always or unless-stopped, since Docker could not start it when it was to. Docker tries that once; this host goes on trying.

What ended by itself is not started here: that is its restart policy's matter. What is exclusive is watcher/exclusives.py's.
"""
from __future__ import annotations

from ..containers.health import failed_start
from ..errors import NoSuchContainer, RingfleetError, StoreError
from ..model import RUNNING, ContainerRow
from ..ring.ownership import OURS

# Seconds between two tries, doubled up to Docker's own longest back-off.
_FIRST_S, _LONGEST_S = 10.0, 60.0


class Starting:
    """Tries failed starts again, each in a job of its own.

    :param custody: whose View names what is here. :param jobs: as watcher.jobs.Jobs.
    """

    def __init__(self, store, engine, clock, custody, jobs, host, log):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._custody = custody
        self._jobs = jobs
        self._host = host
        self._log = log
        # By the engine's id: when to try, and how long to wait behind that.
        self._tries = {}
        self._reasons = {}

    def problems(self):
        """{name: sentence} of what could not be started so far."""
        return {name: 'Container %s does not start: %s' % (name, why) for name, why in self._reasons.items()}

    def look(self):
        """Begin what is due."""
        lying, now = {each.id: each for each in self._custody.view.managed if self._lies(each)}, self._clock.monotonic()
        self._tries = {ident: self._tries.get(ident, (now + _FIRST_S, _FIRST_S)) for ident in lying}
        self._reasons = {name: why for name, why in self._reasons.items() if name in {each.name for each in lying.values()}}
        for ident, (due, pause) in self._tries.items():
            if now >= due and self._jobs.start('start ' + ident, lambda summary=lying[ident]: self._try(summary)):
                self._tries[ident] = (now + pause, min(2 * pause, _LONGEST_S))

    def _lies(self, summary):
        view = self._custody.view
        row = view.rows.get(summary.name)
        if summary.state not in ('created', 'exited') or view.words.get(summary.name) != OURS or self._custody.stopping(summary.name):
            return False
        return not row.exclusive and row.intent == RUNNING and not row.move

    def _try(self, summary):
        name = summary.name
        try:
            why = failed_start(self._engine.inspect(summary.id))
            row = self._store.read(ContainerRow, name) if why else None
            if row is None or (row.holder, row.instance, row.intent, row.move) != (self._host, summary.id, RUNNING, ''):
                return
            self._engine.start(summary.id)
        except (NoSuchContainer, StoreError):
            # Neither says why it does not start: look again later.
            return
        except RingfleetError as exc:
            self._reasons[name] = str(exc)
            return
        self._log.warning('container %s is started as its restart policy wants it; before, the engine could not: %s', name, why)
        self._custody.dirty = True
