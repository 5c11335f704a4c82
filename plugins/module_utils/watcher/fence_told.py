# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hook hears that the guard ended an exclusive container because its lease ran out, also while the store is out of reach:
what is asked is the guard's receipt alone.
"""
from __future__ import annotations

from ..containers.labels import is_exclusive
from ..ring.ownership import OURS
from .hook import FENCED

_WHY = "this host's lease was not renewed in time"


class FenceTold:
    """Tells it, once each time.

    :param custody: whose View says which containers are this host's. :param fencing: watcher.fencing.Fencing. :param hook: watcher.hook.Hook.
    :param clock: ``monotonic()`` seconds.
    """

    def __init__(self, custody, fencing, hook, clock, host):
        self._custody = custody
        self._fencing = fencing
        self._hook = hook
        self._clock = clock
        self._host = host
        # By the engine's id: when the guard last signalled it, and since when that is known here.
        self._seen = None
        self._open = {}

    def look(self):
        """Tell what the guard ended since the last look, and of what it ended before this watcher came, what is down still."""
        if self._custody.looked_at is None:
            return
        view = self._custody.view
        ours = {each.id: each for each in view.managed if is_exclusive(each.labels) and view.words.get(each.name) == OURS}
        fenced = self._fencing.fenced()
        if self._seen is None:
            self._seen = {ident: at for ident, at in fenced.items() if ident not in ours or ours[ident].state == 'running'}
        for ident, known_at in list(self._open.items()):
            # What the guard has to ask twice is one end: the next one needs a start in between, seen by a look that is younger.
            if ident not in ours or (ours[ident].state == 'running' and self._custody.looked_at > known_at):
                del self._open[ident]
        for ident, at in fenced.items():
            if ident not in ours or self._seen.get(ident) == at:
                continue
            self._seen[ident] = at
            if ident not in self._open and not view.rows[ours[ident].name].move:
                self._hook.tell(FENCED, self._host, ours[ident].name, reason=_WHY)
            self._open[ident] = self._clock.monotonic()
        self._seen = {ident: at for ident, at in self._seen.items() if ident in fenced}
