# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formula (1-1): A = (C * alpha + M * beta) / (T * tau) for every other host; the greatest wins. Pure.

C is a candidate's free CPU and M its available memory after what is promised to other moves, each over the best
candidate's, so that both are between 0 and 1. T is the smoothed route time in milliseconds, not under 1, so that the noise
of a local network decides nothing. tau scales every A alike and cannot change the choice.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..model import FromDict

LEAST_ROUTE_MS = 1.0


@dataclass(frozen=True)
class Weights(FromDict):
    """The weights of formula (1-1); all positive."""
    alpha: float = 1.0
    beta: float = 1.0
    tau: float = 1.0


@dataclass(frozen=True)
class Candidate:
    """A host that might take a container.

    ``cpu_free`` in cores, ``memory_free`` in bytes, both after what is promised; ``route_ms`` None where it was never
    measured. ``excluded`` says why it cannot be chosen at all. ``leaning``: how much placement labels like it.
    """
    host: str
    cpu_free: float = 0.0
    memory_free: int = 0
    route_ms: float = None
    excluded: tuple = ()
    leaning: int = 0


@dataclass(frozen=True)
class Score:
    """A candidate with its C, M, T (milliseconds) and A; ``excluded`` ones have A 0."""
    host: str
    c: float
    m: float
    t: float
    a: float
    excluded: tuple = ()
    leaning: int = 0

    def to_dict(self):
        """For a stored decision: enough to recompute the choice."""
        return {'host': self.host, 'C': self.c, 'M': self.m, 'T': self.t, 'A': self.a, 'excluded': list(self.excluded),
                'leaning': self.leaning}


def formula(c, m, t, weights):
    """A of formula (1-1)."""
    return (c * weights.alpha + m * weights.beta) / (t * weights.tau)


def score(candidates, weights):
    """Scores of all candidates, best first: what labels prefer, then the greatest A; ties by name, so that everybody
    orders them alike.
    """
    fit = [each for each in candidates if not each.excluded]
    best_cpu = max((each.cpu_free for each in fit), default=0.0)
    best_memory = max((each.memory_free for each in fit), default=0)
    scores = []
    for each in candidates:
        c = round(each.cpu_free / best_cpu, 4) if best_cpu > 0 else 0.0
        m = round(each.memory_free / best_memory, 4) if best_memory > 0 else 0.0
        t = round(max(LEAST_ROUTE_MS, each.route_ms if each.route_ms is not None else LEAST_ROUTE_MS), 3)
        a = 0.0 if each.excluded else round(formula(c, m, t, weights), 6)
        scores.append(Score(each.host, c, m, t, a, tuple(each.excluded), each.leaning))
    return sorted(scores, key=_order)


def _order(each):
    return bool(each.excluded), -each.leaning, -each.a, each.host


def choose(scores):
    """The first in order, or '' when every candidate is excluded."""
    fit = [each for each in scores if not each.excluded]
    return min(fit, key=_order).host if fit else ''
