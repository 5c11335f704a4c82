# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies that moves left behind on this host: no row names them, no open move needs them (S301, S302). A person asks for their removal."""
from __future__ import annotations

from ..model import ContainerRow
from ..names import LABEL_MOVE, check_container_name
from ..ring.holds import hold_of

_STOP_TIMEOUT_S = 10


class Cleanup:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('cleanup.check', self.cleanup_check, {'name': str}, ('name',))
        registry.add('cleanup.run', self.cleanup_run, {'name': str}, ('name',))

    def _leftovers(self):
        """Copies of moves here that are not what their row names and that no open move needs: ``[(Summary, row)]``."""
        found = []
        managed, placed = self._b.custody.listed()
        for summary in managed:
            move, index = summary.labels.get(LABEL_MOVE), placed.get(summary.name)
            row = self._b.store.read(ContainerRow, summary.name)
            if row is None or row.instance == summary.id:
                continue
            if row.move or move in self._b.mover.open:
                continue
            if index is not None and index.gave_up(summary.id):
                continue
            if move or (index is not None and index.instance == summary.id):
                found.append((summary, row))
        return found

    def cleanup_check(self, name=''):
        """What would be removed, and what is kept and why: a copy that may be the container's only one, or whose container somebody has a hold of."""
        if name:
            check_container_name(name)
        removed, kept = [], []
        for summary, row in self._leftovers():
            if name not in ('', summary.name):
                continue
            copy = {'name': summary.name, 'instance': summary.id, 'state': summary.state, 'holder': row.holder}
            hold = hold_of(row, self._b.clock.wall())
            against = self._b.elsewhere.against(row) or ('the container is %s' % hold if hold is not None else '')
            if against:
                kept.append(dict(copy, why=against))
            else:
                removed.append(copy)
        return {'host': self._b.settings.host, 'removed': removed, 'kept': kept}

    def cleanup_run(self, name=''):
        """Remove them."""
        told = self.cleanup_check(name)
        for copy in told['removed']:
            if copy['state'] == 'running':
                self._b.engine.stop(copy['instance'], _STOP_TIMEOUT_S)
            self._b.engine.remove(copy['instance'])
            if copy['holder'] != self._b.settings.host:
                self._b.store.drop_placement(self._b.settings.host, copy['name'])
        self._b.custody.dirty = True
        return told
