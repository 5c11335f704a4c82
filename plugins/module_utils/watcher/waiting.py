# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lost host ran and what waits for a place, with the reason, shown by every member: the rows say what waits, and the
coordinator of the failover puts its reasons where all can read them (table ``fleet``, one row a lost host).
"""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import Conflict
from ..model import RUNNING, ContainerRow
from ..ring.replacing import is_replacing
from ..ring.states import LOST, MEMBERS
from .figures import without_figures
from .fleet import Waits

# What is said of a container whose failover goes on: no reason to wait.
BEING_PLACED, ON_ITS_WAY = 'it is being placed', 'it is on its way to %s'
STOPPED_BY_USER = 'its user stopped it'
# What it waits for, in a word, as the metrics tell it: a person has to look at what finds no place, and not at what is stopped.
UNDER_WAY, NO_PLACE, ITS_HOST, STOPPED, ITS_LEASE, OTHERS, NOT_ARMED = (
    'under way', 'no place', 'its host', 'stopped', 'its lease', 'others', 'not armed')


@dataclass(frozen=True)
class Wait:
    """Why a container of a lost host waits; ``kind``: one of the words above; ``placing``: its room is still being looked for."""
    host: str
    why: str
    kind: str
    placing: bool = False

    @property
    def reason(self):
        """The same, '' while its failover goes on."""
        return '' if self.kind == UNDER_WAY else self.why


class Waiting:
    """One host's part: tells what it coordinates, knows what others do.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built
        self._told = {}

    def tell(self, waits):
        """Write what changed; changed figures alone are no change. Raises as the store does.

        :param waits: {lost host: {container: why}} of all that this host coordinates; '' while its failover goes on, so that
            what was told before stays.
        """
        for host in sorted(set(waits) | set(self._told)):
            before = self._told.get(host, {})
            why = {name: text or before.get(name, '') for name, text in waits.get(host, {}).items() if text or name in before}
            if _bare(why) == _bare(before):
                continue
            try:
                self._b.fleet.set_waits(host, Waits(self._b.settings.host, why))
            except Conflict:
                # Another host took the failover over in this moment: the next look knows who tells.
                continue
            self._told[host] = why
        self._told = {host: why for host, why in self._told.items() if why}

    def known(self):
        """[{name, host, coordinator, why, under_way}] of the containers of lost hosts, by name, of whatever coordinator."""
        b = self._b
        against, suspects = b.coordinator.armed(), set(b.observer.suspects())
        lost = {row.host: row for row in b.membership.hosts() if row.state == LOST or (against and row.state in MEMBERS and row.host in suspects)}
        if not lost:
            return []
        reasons = {host: self._reasons(row) for host, row in lost.items()}
        return [_told(row, lost[row.holder], against or reasons[row.holder].get(row.name))
                for row in sorted(b.store.scan(ContainerRow), key=lambda each: each.name) if row.holder in lost]

    def _reasons(self, row):
        """{container: why} of a lost host, as its coordinator has it; '' or nothing of what is under way."""
        if row.coordinator == self._b.settings.host:
            return self._b.coordinator.reasons
        told = self._b.fleet.waits(row.host)
        # Those of a predecessor tell of another time.
        return told.why if told.by == row.coordinator else {}


def _told(row, lost, reason):
    """One container of a lost host: what its own row says comes first, whoever coordinates and whether it may."""
    stopped, moves = row.intent != RUNNING, bool(row.move) and not is_replacing(row)
    why = STOPPED_BY_USER if stopped else ON_ITS_WAY % row.move_to if moves else reason or BEING_PLACED
    return {'name': row.name, 'host': row.holder, 'coordinator': lost.coordinator if lost.state == LOST else '', 'why': why,
            'under_way': not stopped and (moves or not reason)}


def _bare(why):
    return {name: without_figures(text) for name, text in why.items()}
