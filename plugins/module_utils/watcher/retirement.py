# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stale copies (design, section 5): what ran here in an earlier epoch and runs elsewhere now, found when a host returns.

It is stopped at once, kept for a grace, then removed; never while the row has no other copy, or a move of it is open.
"""
from __future__ import annotations

from ..errors import NoSuchContainer
from ..model import ContainerRow
from ..moves.parts import NO_RESTART
from ..ring.ownership import STALE

_STOP_TIMEOUT_S = 10


class Retirement:
    """Retires this host's stale copies, each in a job of its own: a stop may take its time.

    :param custody: whose View names them. :param jobs: as watcher.jobs.Jobs. :param grace_s: how long one is kept.
    """

    def __init__(self, store, engine, clock, custody, jobs, host, grace_s, log):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._custody = custody
        self._jobs = jobs
        self._host = host
        self._grace_s = grace_s
        self._log = log
        self._since = {}

    def look(self):
        """Begin what is due."""
        view, now = self._custody.view, self._clock.monotonic()
        stale = {each.id: each for each in view.managed if view.words.get(each.name) == STALE}
        self._since = {ident: self._since.get(ident, now) for ident in stale}
        for ident, summary in stale.items():
            if summary.state in ('running', 'restarting', 'paused'):
                self._jobs.start('retire ' + ident, lambda summary=summary: self._stop(summary))
            elif now - self._since[ident] >= self._grace_s:
                self._jobs.start('retire ' + ident, lambda summary=summary: self._remove(summary))

    def _superseded(self, summary):
        """By a serial read: somebody else holds it, with an instance of its own, and nobody is moving it."""
        row = self._store.read(ContainerRow, summary.name)
        return row is not None and row.holder not in ('', self._host) and row.instance not in ('', summary.id) and not row.move

    def _stop(self, summary):
        if not self._superseded(summary):
            return
        self._log.warning('container %s here is a stale copy (%s): stopped, removed in %d s', summary.name, summary.id[:12], self._grace_s)
        try:
            self._engine.set_restart(summary.id, NO_RESTART)
            self._engine.stop(summary.id, _STOP_TIMEOUT_S)
        except NoSuchContainer:
            # Its user was faster.
            pass
        self._custody.dirty = True

    def _remove(self, summary):
        if not self._superseded(summary):
            return
        self._log.warning('container %s here is a stale copy (%s): removed', summary.name, summary.id[:12])
        try:
            self._engine.remove(summary.id)
        except NoSuchContainer:
            # Its user was faster here too: only the index is left to be put right.
            pass
        self._store.drop_placement(self._host, summary.name)
        self._custody.dirty = True
