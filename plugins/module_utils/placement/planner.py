# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts may take a container, and which one does: one path for every trigger. Pure.

What a candidate has after the move is predicted from the same figures that everybody shares, so the decision can be
checked by anybody who has its record.
"""
from __future__ import annotations

from dataclasses import dataclass

from .score import Candidate, choose, score

CALM_BELOW = 0.70


@dataclass(frozen=True)
class Need:
    """What the container takes with it: cores and bytes as it uses them now, and the host it leaves."""
    name: str
    source: str
    cpu: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class HostView:
    """A host as the planner sees it: its last HostLoad, what is promised to moves on their way to it, and its signs.

    ``wrong`` says why nothing can be placed there (not in state normal, silent, never seen ...).
    """
    host: str
    load: object
    promised_cpu: float = 0.0
    promised_memory: int = 0
    route_ms: float = None
    wrong: tuple = ()


@dataclass(frozen=True)
class Choice:
    """The outcome: ``host`` is '' when nobody can take it; ``scores`` has every candidate."""
    host: str
    scores: tuple
    sentence: str


def candidate_of(view, need):
    """The Candidate of a host for a container."""
    wrong = list(view.wrong)
    if view.host == need.source:
        wrong.append('it is there already')
    if view.load is None:
        return Candidate(view.host, route_ms=view.route_ms, excluded=tuple(wrong or ['its load is unknown']))
    cpu = max(0.0, view.load.cpu_free - view.promised_cpu)
    memory = max(0, view.load.memory_free - view.promised_memory)
    if need.memory and memory < need.memory:
        wrong.append('needs %d MiB of memory, %d MiB are free after what is promised' % (need.memory >> 20, memory >> 20))
    if view.load.cpu_capacity and need.cpu:
        after = (view.load.cpu_used + view.promised_cpu + need.cpu) / view.load.cpu_capacity
        if after >= CALM_BELOW:
            wrong.append('its CPU would be used to %d %% afterwards, the limit is %d %%' % (
                round(after * 100), round(CALM_BELOW * 100)))
    return Candidate(view.host, round(cpu, 4), memory, view.route_ms, tuple(wrong))


def plan(need, views, weights):
    """The Choice for a container among hosts."""
    scores = tuple(score([candidate_of(view, need) for view in views], weights))
    host = choose(scores)
    if host:
        best = next(each for each in scores if each.host == host)
        sentence = 'container %s: %s has the greatest A (%.3f, from C %.2f, M %.2f, T %.1f ms) of %d' % (
            need.name, host, best.a, best.c, best.m, best.t, sum(1 for each in scores if not each.excluded))
    else:
        why = ['%s: %s' % (each.host, ', '.join(each.excluded)) for each in scores if each.host != need.source]
        sentence = 'container %s: no host can take it; %s' % (need.name, '; '.join(why) or 'there is no other host')
    return Choice(host, scores, sentence)


def predicted(view, cpu, memory):
    """A host's utilisation after ``cpu`` cores and ``memory`` bytes came (or, negative, left): ``{cpu, memory}`` of 1."""
    if view.load is None:
        return {'cpu': None, 'memory': None}
    capacity = view.load.cpu_capacity or 1.0
    total = view.load.memory_capacity or 1
    return {'cpu': round(max(0.0, view.load.cpu_used + view.promised_cpu + cpu) / capacity, 3),
            'memory': round(max(0, view.load.memory_used + view.promised_memory + memory) / total, 3)}
