# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What room a target has, less what it promised to moves that do not show in its own figures yet (F9.4)."""
from __future__ import annotations

from ..containers.engine import architecture_of
from .admission import Capacity


class Room:
    """One target's room, and its promises."""

    def __init__(self, parts):
        self._parts = parts
        self._promised = {}
        self._arrived = {}

    def promise(self, plan):
        """The move of a MovePlan was admitted."""
        self._promised[plan.id] = (plan.cpu, plan.memory)

    def arrived(self, ident):
        """A move took effect: its container shows in this host's figures soon."""
        if ident in self._promised:
            self._arrived[ident] = (self._parts.clock.monotonic(), self._promised[ident])

    def forget(self, ident):
        """A move is over."""
        self._promised.pop(ident, None)

    def capacity(self, leaving):
        """What this host has, but for the containers of these ids."""
        parts, ports, load = self._parts, set(), self._parts.host_load()
        promised = self._still_promised()
        summaries = parts.engine.containers()
        for summary in summaries:
            if summary.state == 'running':
                bound = (parts.engine.inspect(summary.id).get('NetworkSettings') or {}).get('Ports') or {}
                for port, bindings in bound.items():
                    ports.update('%s:%s/%s' % (each.get('HostIp') or '0.0.0.0', each['HostPort'],
                                               port.partition('/')[2]) for each in bindings or [])
        return Capacity(
            architecture=architecture_of(parts.engine),
            names=frozenset(each.name for each in summaries if each.id not in leaving), ports=frozenset(ports),
            cpu_used=load.cpu_used + sum(cpu for cpu, _memory in promised), cpu_capacity=load.cpu_capacity,
            memory_free=load.memory_free - sum(memory for _cpu, memory in promised), disk_free=parts.free_disk(),
            disk_reserve=parts.settings.disk_reserve)

    def _still_promised(self):
        """(cores, bytes) of what was admitted and does not show in this host's own figures yet."""
        now, shows_s = self._parts.clock.monotonic(), 2 * self._parts.settings.sample_s
        self._arrived = {ident: each for ident, each in self._arrived.items() if now - each[0] < shows_s}
        return [*self._promised.values(), *(need for _at, need in self._arrived.values())]
