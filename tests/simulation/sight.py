# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host can know of the others, as the world has it: the yardstick for who may declare whom lost."""
from __future__ import annotations

from simulation.ring import BEATS, PROBE

# Who was heard within this many seconds may still count as alive: lost_after, a read, and the claim's own time.
ECHO_S = 9.0
# A host that nothing troubled for so long is well.
WELL_S = 15.0


class Sight:
    """Remembers when each host was last heard by each other; ``changes`` is told before anything that matters changes."""

    def __init__(self, world):
        self._world = world
        self._heard_at = {}
        self._changed_at = 0.0

    def changes(self):
        """Links or hosts are about to change."""
        world = self._world
        for here in world.hosts.values():
            for there in world.hosts.values():
                if self._hears(here, there):
                    self._heard_at[(here.name, there.name)] = world.time.now
        self._changed_at = world.time.now

    def _hears(self, here, there):
        """Whether any signal of ``there`` gets to ``here`` now."""
        if here is there:
            return True
        if not there.alive or there.frozen:
            return False
        links = self._world.links
        if there.node_up and there.name in links.heard_by(here.name):
            return True
        if links.both(PROBE, here.name, there.name):
            return True
        return links.quorum(here.name, BEATS)[1] and links.quorum(there.name, BEATS)[0]

    def hears(self, here, there):
        """The same, by name."""
        return self._hears(self._world.hosts[here], self._world.hosts[there])

    def sees_majority(self, name, lost):
        """Whether a host that declares ``lost`` hears, or heard a moment ago, more than half of the fleet: itself and others than that one."""
        world = self._world
        here = world.hosts[name]
        if world.time.now - here.disturbed_at < WELL_S:
            return True
        members = world.members()
        heard = [there for there in members if there.name != lost and (
            self._hears(here, there) or world.time.now - self._heard_at.get((name, there.name), 0.0) < ECHO_S)]
        return 2 * len(heard) > len(members)

    def is_well(self, name):
        """Whether nothing troubled a host for a while, and more than half of the fleet hears it, itself included."""
        world = self._world
        host = world.hosts[name]
        if world.time.now - max(host.disturbed_at, self._changed_at) < WELL_S or world.outage or not host.up:
            return False
        members = world.members()
        hearing = [here for here in members if here.alive and not here.frozen and self._hears(here, host)]
        return 2 * len(hearing) > len(members)
