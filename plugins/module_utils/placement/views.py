# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the planner sees: a container's need, the hosts, and what a host would carry afterwards. Pure.

Everything is predicted from the same figures that everybody shares, so anybody can check a decision who has its record.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

# A host that would be used to this share afterwards takes nothing more (design, section 7).
CALM_BELOW = 0.70


@dataclass(frozen=True)
class Need:
    """What the container takes with it: cores and bytes as it uses them now, and the host it leaves ('' for a new one).

    ``rules``: its placement labels, as placement.rules.Rules; None without any.
    """
    name: str
    source: str
    cpu: float = 0.0
    memory: int = 0
    rules: object = None


@dataclass(frozen=True)
class HostView:
    """A host as the planner sees it: its last HostLoad, what is promised to moves on their way to it, and its signs.

    ``wrong`` says why nothing can be placed there (not in state normal, silent, never seen ...). ``facts`` and
    ``containers``, names that it holds or that are on their way to it, are what placement labels speak of.
    """
    host: str
    load: object
    promised_cpu: float = 0.0
    promised_memory: int = 0
    route_ms: float = None
    wrong: tuple = ()
    facts: dict = None
    containers: frozenset = frozenset()


def promised(view, needs):
    """A HostView to which these Needs are promised too."""
    return replace(view, promised_cpu=view.promised_cpu + sum(need.cpu for need in needs),
                   promised_memory=view.promised_memory + sum(need.memory for need in needs),
                   containers=view.containers | {need.name for need in needs})


def utilisation(view, resource, cpu=0.0, memory=0):
    """The share of ``cpu`` or ``memory`` in use, promised moves counted in, after so much more (or, negative, less) came."""
    if resource == 'memory':
        return max(0, view.load.memory_used + view.promised_memory + memory) / (view.load.memory_capacity or 1)
    return max(0.0, view.load.cpu_used + view.promised_cpu + cpu) / (view.load.cpu_capacity or 1.0)


def predicted(view, cpu, memory):
    """A host's utilisation after ``cpu`` cores and ``memory`` bytes came (or, negative, left): ``{cpu, memory}`` of 1."""
    if view.load is None:
        return {'cpu': None, 'memory': None}
    return {'cpu': round(utilisation(view, 'cpu', cpu=cpu), 3), 'memory': round(utilisation(view, 'memory', memory=memory), 3)}
