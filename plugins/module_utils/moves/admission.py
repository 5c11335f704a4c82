# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""F9.4: may this host take the container? Pure; every reason is told, each with its number."""
from __future__ import annotations

from dataclasses import dataclass

from ..placement.brakes import ASKED
from ..placement.views import CALM_BELOW


@dataclass(frozen=True)
class Capacity:
    """What the target has: cores used with what is promised to other moves, bytes free after it, names and ports in use."""
    architecture: str = ''
    names: frozenset = frozenset()
    ports: frozenset = frozenset()
    networks: frozenset = frozenset()
    memory_free: int = 0
    disk_free: int = 0
    disk_reserve: int = 0
    cpu_used: float = 0.0
    cpu_capacity: float = 0.0


def reasons_to_decline(plan, here):
    """Why the target declines, a tuple of sentences; empty when it admits.

    :param plan: MovePlan. :param here: Capacity.
    """
    found = []
    if plan.architecture and here.architecture and plan.architecture != here.architecture:
        found.append('the image is for %s, this host is %s' % (plan.architecture, here.architecture))
    if plan.name in here.names:
        found.append('a container named %s is here already' % plan.name)
    taken = sorted(_clash(plan.ports, here.ports))
    if taken:
        found.append('port %s is taken here' % ', '.join(taken))
    missing = sorted(set(plan.networks) - set(here.networks))
    if missing:
        found.append('network %s is not here' % ', '.join(missing))
    if plan.memory and here.memory_free < plan.memory:
        found.append('needs %d MiB of memory, %d MiB are free after what is promised'
                     % (plan.memory >> 20, here.memory_free >> 20))
    after = (here.cpu_used + plan.cpu) / here.cpu_capacity if here.cpu_capacity else 0.0
    if plan.trigger != ASKED and after >= CALM_BELOW:
        # Hosts that decide at the same moment do not see each other's promises; who admits them, one by one, does.
        found.append('CPU would be used to %d %% afterwards, the limit is %d %%' % (round(after * 100), round(CALM_BELOW * 100)))
    if plan.image_size + here.disk_reserve > here.disk_free:
        found.append('the image needs %d MiB, the disk has %d MiB above its reserve'
                     % (plan.image_size >> 20, max(0, here.disk_free - here.disk_reserve) >> 20))
    return tuple(found)


def _clash(wanted, taken):
    """Those of ``wanted`` that cannot be bound beside ``taken``: same port and protocol, an address in common."""
    for port in wanted:
        address, _colon, rest = port.rpartition(':')
        for other in taken:
            other_address, _colon, other_rest = other.rpartition(':')
            if rest == other_rest and (address == other_address or '0.0.0.0' in (address, other_address)):
                yield port
                break
