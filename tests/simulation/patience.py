# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The invariant of progress while faults last: a dead host is declared lost in time, where somebody is able to. Judged once a second."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import MEMBERS

from simulation.ledger import Violation
from simulation.ring import WHOLE

# So long all that a declaration needs has to be so: lost_after, once more for observers that fall silent meanwhile, and the claim.
WITHIN_S = 20.0


class Patience:
    """Remembers since when what is so: that a host is dead, that another one is able to declare it, whom that one hears."""

    def __init__(self, world):
        self._world = world
        self._since = {}

    def look(self):
        """Raises Violation where a host is dead for too long and nobody declared it."""
        now, links = self._world.time.now, self._world.links
        hosts = [host for host in self._world.hosts.values() if self._is_member(host)]
        dead = [host for host in hosts if not host.alive]
        if not dead or self._world.is_paused():
            self._since.clear()
            return
        able = [host for host in hosts if self._is_able(host)]
        # A disturbance is another span, however short it was.
        lasting = [(host.name, host.disturbed_at) for host in dead + able]
        hearing = [(here.name, there.name) for here in able for there in hosts if there.node_up and there.name in links.heard_by(here.name)]
        self._since = {each: self._since.get(each, now) for each in lasting + hearing}
        for host in dead:
            if self._lasts((host.name, host.disturbed_at)):
                self._judge(host, able, hosts)

    def _judge(self, host, able, hosts):
        for here in able:
            heard = [there.name for there in hosts if there is not host and self._lasts((here.name, there.name))]
            if self._lasts((here.name, here.disturbed_at)) and 2 * len(heard) > len(self._world.members()):
                raise Violation('%s is dead for %d s, and nobody declared it: nothing troubles %s, which hears %s' % (
                    host.name, self._world.time.now - host.disturbed_at, here.name, ', '.join(heard)))

    def _lasts(self, key):
        return key in self._since and self._world.time.now - self._since[key] >= WITHIN_S

    def _is_member(self, host):
        row = self._world.tables.rows[HostRow].get(host.name)
        # Who is away in order is waited for.
        return row is not None and row.state in MEMBERS and not row.away_until

    def _is_able(self, host):
        """Whether nothing troubles a host, and the ring serves it wholly."""
        troubles = (host.held, host.engine_down, host.reads_fail, host.writes_lost, host.answers_lost, host.slow != 1.0, self._world.outage)
        return host.up and host.node_up and not any(troubles) and all(self._world.links.quorum(host.name, WHOLE))
