# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stale copies (design, section 5): what ran here in an earlier epoch and runs elsewhere now, found when a host returns.

It is stopped at once, kept for a grace and while somebody has a hold of the container, then removed, a few an hour; never while the
copy that the row names is not seen where it should be (watcher/elsewhere.py), or a move of it is open: it may be the last. So is one
that gave its name up for a move to this host which came to nothing.
"""
from __future__ import annotations

from ..errors import NoSuchContainer
from ..model import ContainerRow
from ..moves.parts import NO_RESTART
from ..names import UP, container_of, is_aside
from ..ring.holds import hold_of
from ..ring.ownership import STALE

_STOP_TIMEOUT_S = 10
# A mistake of the fleet's shall cost no more than these before somebody sees it.
_FEW, _HOUR_S = 4, 3600.0
# What was not seen elsewhere is looked for again.
_AGAIN_S = 10.0


class Retirement:
    """Retires this host's stale copies, each in a job of its own: a stop may take its time.

    :param custody: whose View names them. :param elsewhere: watcher.elsewhere.Elsewhere. :param jobs: as watcher.jobs.Jobs.
    :param grace_s: how long one is kept.
    """

    def __init__(self, store, engine, clock, custody, elsewhere, jobs, host, grace_s, log):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._custody = custody
        self._elsewhere = elsewhere
        self._jobs = jobs
        self._host = host
        self._grace_s = grace_s
        self._log = log
        self._since = {}
        self._not_before = {}
        self._removed = []

    def look(self):
        """Begin what is due."""
        view, now = self._custody.view, self._clock.monotonic()
        stale = {each.id: each for each in view.managed if view.words.get(each.name) == STALE}
        self._since = {ident: self._since.get(ident, now) for ident in stale}
        self._not_before = {ident: at for ident, at in self._not_before.items() if ident in stale}
        self._removed = [at for at in self._removed if now - at < _HOUR_S]
        for ident, summary in stale.items():
            if summary.state in UP:
                self._jobs.start('retire ' + ident, lambda summary=summary: self._stop(summary))
            elif now >= self._not_before.get(ident, self._since[ident] + self._grace_s) and len(self._removed) < _FEW:
                self._jobs.start('retire ' + ident, lambda summary=summary: self._remove(summary))

    def _over(self, summary):
        """The row, by a serial read, where this host does not hold it with this copy any more and nobody is moving it; else None."""
        row = self._store.read(ContainerRow, container_of(summary.name, summary.id))
        if row is None or row.instance == summary.id or row.move:
            return None
        return row if row.holder != self._host or is_aside(summary.name, summary.id) else None

    def _stop(self, summary):
        # A hold is of the container, which runs elsewhere: a second copy running beside it is nobody's.
        if self._over(summary) is None:
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
        now, row = self._clock.monotonic(), self._over(summary)
        if row is None or hold_of(row, self._clock.wall()) is not None:
            return
        if self._elsewhere.against(row):
            self._not_before[summary.id] = now + _AGAIN_S
            return
        if len(self._removed) >= _FEW:
            return
        self._removed.append(now)
        self._log.warning('container %s here is a stale copy (%s): removed', summary.name, summary.id[:12])
        try:
            self._engine.remove(summary.id)
        except NoSuchContainer:
            # Its user was faster here too: only the index is left to be put right.
            pass
        if not is_aside(summary.name, summary.id):
            self._store.drop_placement(self._host, summary.name)
        self._custody.dirty = True
