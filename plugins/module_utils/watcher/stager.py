# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages images of this host on its backups, and those of the hosts that it backs up here: unhurried, off the loop, and only
while nothing else moves here (design, section 10).
"""
from __future__ import annotations

from ..errors import RingfleetError
from ..model import RUNNING
from ..moves.stage_source import StageSource
from ..moves.stage_target import StageTarget
from ..ring.states import NORMAL
from ..ring.ownership import OURS

# While an image is on its way both sides look so often.
_BRISK_S = 5.0


class Stager:
    """Looks when it is due.

    :param built: watcher.build.Built. :param parts: moves.parts.Parts. ``backups``: names of this host's own, when last looked.
    """

    def __init__(self, built, parts, log):
        self._b = built
        self._log = log
        self._source = StageSource(parts, self._containers, lambda: bool(built.mover.active))
        self._target = StageTarget(parts, lambda: bool(built.mover.active))
        # A watcher that just started does not know the ring yet: its backups would be others.
        self._from = built.clock.monotonic() + built.settings.stage_s
        self._troubles = {}
        self.backups = ()

    @property
    def period_s(self):
        """Seconds between two looks."""
        return min(_BRISK_S, self._b.settings.stage_s) if self._source.under_way or self._target.under_way else self._b.settings.stage_s

    @property
    def streams(self):
        """Whether an image is sent, pulled or loaded here now."""
        return self._source.sending or self._target.taking

    @property
    def left(self):
        """(image's name, backup, why or '') of what this host's containers need and a backup does not have yet."""
        return self._source.left

    def sentence(self):
        """What is not staged and why, '' when all is."""
        left = self._source.left
        words = ['%s is not staged on %s: %s' % each for each in left if each[2]]
        to_come = sum(1 for each in left if not each[2])
        if to_come:
            words.insert(0, 'images to stage: %d' % to_come)
        return '; '.join(words + sorted(set(self._troubles.values())))

    def look(self):
        """Let both sides look, each in a job of its own."""
        if self._b.clock.monotonic() < self._from or not self._b.membership.registered:
            return
        me, backups = self._b.settings.host, self._b.observer.backups()
        rows = {row.host: row for row in self._b.membership.hosts() if row.state == NORMAL}
        mine = tuple(rows[name] for name in backups.get(me, ()) if name in rows)
        others = tuple(name for name in sorted(rows) if name != me and me in backups.get(name, ()))
        self.backups = tuple(row.host for row in mine)
        self._b.jobs.start('stage on others', lambda: self._run('staging', lambda: self._source.look(mine)))
        self._b.jobs.start('stage here', lambda: self._run('staging here', lambda: self._target.look(others)))

    def _run(self, name, call):
        try:
            call()
        except RingfleetError as exc:
            # Half done is done again at the next look.
            self._troubles[name] = '%s: %s' % (name, exc)
            self._log.debug('%s: %s', name, exc)
        else:
            self._troubles.pop(name, None)

    def _containers(self):
        view = self._b.custody.view
        for each in view.managed:
            row = view.rows.get(each.name)
            if view.words.get(each.name) == OURS and each.name not in view.immovable and row is not None and row.intent == RUNNING:
                yield each.name, each.id
