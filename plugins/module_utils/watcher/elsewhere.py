# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a container's copy is where its row says: what has no other copy is never removed (design, section 5).

Its holder has to be a member whose beats advance, and what it said of its own containers last has to be as young as its beat, by
that host's own clock, and to name the very instance. A host that is lost, perhaps with its disks, says nothing.
"""
from __future__ import annotations

from ..errors import NoSuchContainer
from ..model import HostRow
from ..ring.states import MEMBERS

# A beat comes each second, a report each 5 s.
_SILENT_S = 10.0
_OLD_MS = 20000


class Elsewhere:
    """Looks for the copy that a row names."""

    def __init__(self, store, engine, gossip, clock, host):
        self._store = store
        self._engine = engine
        self._gossip = gossip
        self._clock = clock
        self._host = host

    def against(self, row):
        """Why the copy that a ContainerRow names is not known to be there, or ''. Raises as store and engine do."""
        if not row.holder or not row.instance:
            return 'nobody holds this container: this may be its only copy'
        if row.holder == self._host:
            try:
                self._engine.inspect(row.instance)
            except NoSuchContainer:
                return 'the container is missing here: this may be its only copy'
            return ''
        holder, beat = self._store.read(HostRow, row.holder), self._gossip.beat_of(row.holder)
        advanced = self._gossip.signals_of(row.holder).beat.advanced
        if holder is None or holder.state not in MEMBERS:
            return 'its holder %s is %s: this may be its only copy' % (row.holder, holder.state if holder else 'unknown')
        if beat is None or advanced is None or self._clock.monotonic() - advanced > _SILENT_S:
            return 'its holder %s is silent: this may be its only copy' % row.holder
        since = max(beat.started_at, beat.beat_at - _OLD_MS)
        if not any((each.name, each.instance) == (row.name, row.instance) and each.sampled_at >= since for each in self._store.loads(row.holder)):
            return 'its holder %s does not report it: this may be its only copy' % row.holder
        return ''
