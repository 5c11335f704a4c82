# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts may take a container, and which one does: one path for every trigger. Pure."""
from __future__ import annotations

from dataclasses import dataclass

from .brakes import Cause, holds_back, spread
from .rules import leaning, reasons_against
from .score import Candidate, choose, score
from .views import CALM_BELOW, utilisation

_ASKED = Cause()


@dataclass(frozen=True)
class Choice:
    """The outcome: ``host`` is '' when nobody can take it; ``scores`` has every candidate."""
    host: str
    scores: tuple
    sentence: str


def candidate_of(view, need, cause=_ASKED, source=None):
    """The Candidate of a host for a container.

    :param source: HostView of the host that it leaves; the brakes of an automatic cause compare with it.
    """
    wrong = list(view.wrong)
    others = view.containers - {need.name}
    if view.host == need.source:
        wrong.append('it is there already')
    if need.rules is not None:
        wrong.extend(reasons_against(need.rules, view.facts or {}, others))
    if view.load is None:
        return Candidate(view.host, route_ms=view.route_ms, excluded=tuple(wrong or ['its load is unknown']))
    cpu = max(0.0, view.load.cpu_free - view.promised_cpu)
    memory = max(0, view.load.memory_free - view.promised_memory)
    if need.memory and memory < need.memory:
        wrong.append('needs %d MiB of memory, %d MiB are free after what is promised' % (need.memory >> 20, memory >> 20))
    if view.load.cpu_capacity and need.cpu:
        after = utilisation(view, 'cpu', cpu=need.cpu)
        if after >= CALM_BELOW:
            wrong.append('its CPU would be used to %d %% afterwards, the limit is %d %%' % (
                round(after * 100), round(CALM_BELOW * 100)))
    if cause.automatic and not wrong and source is not None and source.load is not None:
        wrong.extend(holds_back(cause, need, source, view))
    likes = leaning(need.rules, view.facts or {}, others) if need.rules is not None else 0
    return Candidate(view.host, round(cpu, 4), memory, view.route_ms, tuple(wrong), likes)


def plan(need, views, weights, cause=_ASKED):
    """The Choice for a container among hosts: the best for a person, one of the best two for a Cause nobody asked for."""
    source = next((each for each in views if each.host == need.source), None)
    scores = tuple(score([candidate_of(view, need, cause, source) for view in views], weights))
    host = spread(scores, need) if cause.automatic else choose(scores)
    if host:
        best = next(each for each in scores if each.host == host)
        sentence = 'container %s: %s has the %s A (%.3f, from C %.2f, M %.2f, T %.1f ms) of %d' % (
            need.name, host, 'greatest' if host == scores[0].host else 'second greatest', best.a, best.c, best.m, best.t,
            sum(1 for each in scores if not each.excluded))
        if best.leaning:
            sentence += '; its labels count %+d for it' % best.leaning
    else:
        why = ['%s: %s' % (each.host, ', '.join(each.excluded)) for each in scores if each.host != need.source]
        sentence = 'container %s: no host can take it; %s' % (need.name, '; '.join(why) or 'there is no other host')
    return Choice(host, scores, sentence)
