# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which copies of exclusive containers count as running now; docs/simulator.md says why the others do not."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.names import container_of

# A guard looks at what it holds down each second, and has a turn each quarter of one.
PERSON_S = LATE_S = 1.5


def exclusive(box):
    """Whether a container is one of which there must not be two."""
    return box['Config']['Labels'].get('ringfleet.exclusive') == 'true'


class Solitude:
    """``by_person``: {id: when a person last started it}; ``late``: {id: when a start took effect that was asked for before its deadline, and
    carried out behind it}.

    :param ours: ids of the copies that are ringfleet's.
    """

    def __init__(self, world, ours):
        self._world = world
        self._ours = ours
        self.by_person = {}
        self.late = {}

    def started(self, host, ident, asked):
        """A host's engine carried out what its watcher asked it for at ``asked``, on the world's clock."""
        self.by_person.pop(ident, None)
        self.late.pop(ident, None)
        orders, now, boottime = host.guard.letters.orders(), self._world.time.now, host.clock.boottime()
        deadline = orders.deadlines.get(ident) if orders is not None else None
        if deadline is not None and boottime - (now - asked) < deadline <= boottime:
            self.late[ident] = now

    def running(self):
        """{name: [(host, id)]} of all that runs, host by host."""
        found = {}
        for host in self._world.hosts.values():
            if not host.alive or host.frozen or not host.guarded:
                continue
            for ident, box in host.engine.boxes.items():
                if box['State']['Status'] == 'running' and exclusive(box) and ident in self._ours and not self._is_excused(host, ident):
                    found.setdefault(container_of(box['Name'].lstrip('/'), ident), []).append((host.name, ident))
        return found

    def twice(self):
        """Sentences on what runs twice."""
        return ['%s runs on %s' % (name, ' and on '.join('%s as %s' % (host, ident[:6]) for host, ident in copies))
                for name, copies in sorted(self.running().items()) if len(copies) > 1]

    def on(self, host):
        """Names of what runs on a host."""
        return sorted(name for name, copies in self.running().items() if any(each == host for each, _ident in copies))

    def _is_excused(self, host, ident):
        """Whether a person started it a moment ago, or where no watcher has told the guard of it since the kernel's start; or whether it was
        started on time and the start took effect a moment ago.
        """
        if ident in self.late and self._world.time.now - self.late[ident] < LATE_S:
            return True
        started = self.by_person.get(ident)
        if started is None:
            return False
        orders = host.guard.letters.orders()
        known = orders is not None and orders.boot_id == host.boot_id and ident in orders.deadlines
        return not known or self._world.time.now - started < PERSON_S
