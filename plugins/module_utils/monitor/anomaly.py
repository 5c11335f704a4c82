# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S201, F9.1: is something wrong, how bad, and whose fault is it? Pure: rounds of figures in, verdicts with reasons out.

**none**; **mild**: it still serves, recorded and shown; **severe**: it cannot serve here. What is the container's own
fault (killed at its own memory limit, throttled at its own CPU limit, a crash loop) is never more than mild: it would
recur on any other host. Thresholds are those that systemd-oomd, the OpenShift descheduler and Proxmox settled on.
"""
from __future__ import annotations

from dataclasses import dataclass

NONE = 'none'
MILD = 'mild'
SEVERE = 'severe'

ROUNDS = 3
ROUND_S = 10.0

UTILISATION = 0.70
CPU_SOME = 20.0
MEMORY_FULL = 5.0
IO_FULL = 10.0
# Below this share of each threshold a host that was contended is cool again.
RELEASE = 0.5
THROTTLED = 0.25


@dataclass(frozen=True)
class Verdict:
    """A container's verdict; ``own_fault`` says that moving it would not help."""
    level: str = NONE
    reasons: tuple = ()
    own_fault: bool = False


@dataclass(frozen=True)
class Trend:
    """A host's last rounds (HostLoads, oldest first) and whether it is contended since some earlier one."""
    rounds: tuple = ()
    contended: bool = False
    reasons: tuple = ()


def heat(load, share=1.0):
    """What of a host is over ``share`` of its threshold: ``{resource: (figure, sentence)}``."""
    found = {}
    use = load.cpu_used / load.cpu_capacity if load.cpu_capacity else 0.0
    if use > UTILISATION * share and load.cpu_some60 > CPU_SOME * share:
        found['cpu'] = (load.cpu_some60, 'CPU is used to %d %% and %d %% of the time somebody waits for it'
                        % (round(use * 100), round(load.cpu_some60)))
    if load.memory_full60 > MEMORY_FULL * share:
        found['memory'] = (load.memory_full60, '%d %% of the time everybody waits for memory' % round(load.memory_full60))
    if load.io_full60 > IO_FULL * share:
        found['io'] = (load.io_full60, '%d %% of the time everybody waits for the disk' % round(load.io_full60))
    return found


def next_trend(trend, load):
    """The Trend after one more round.

    Contended after three rounds over a threshold in the same resource, the last not under the first (a peak that is
    falling already is none); cool only when nothing is over half of any threshold.
    """
    rounds = (trend.rounds + (load,))[-ROUNDS:]
    if trend.contended:
        warm = heat(load, RELEASE)
        return Trend(rounds, bool(warm), tuple(sentence for _figure, sentence in warm.values()))
    if len(rounds) < ROUNDS:
        return Trend(rounds)
    heats = [heat(each) for each in rounds]
    lasting = [name for name in heats[-1] if all(name in each for each in heats)]
    rising = [name for name in lasting if heats[-1][name][0] >= heats[0][name][0]]
    return Trend(rounds, bool(rising), tuple(heats[-1][name][1] for name in rising))


def own_faults(reports):
    """What a container does to itself, over its last rounds (LoadReports, oldest first)."""
    first, last = reports[0], reports[-1]
    found = []
    if last.oom_kills > first.oom_kills and last.memory_limit:
        found.append('killed %d times at its own memory limit of %d MiB' % (
            last.oom_kills - first.oom_kills, last.memory_limit >> 20))
    if last.cpu_limit and all(each.cpu_throttled > THROTTLED for each in reports):
        found.append('throttled at its own limit of %.2f cores' % last.cpu_limit)
    if last.status == 'restarting' or last.restarts - first.restarts >= ROUNDS:
        found.append('in a crash loop')
    return tuple(found)


def judge(reports, contended):
    """The Verdict on a container.

    :param reports: its LoadReports of the last rounds, oldest first, at most three, of one instance.
    :param contended: whether its host is contended now.
    """
    if not reports:
        return Verdict()
    last, faults = reports[-1], own_faults(reports)
    failing = len(reports) >= ROUNDS and all(each.health == 'unhealthy' for each in reports)
    reasons = list(faults)
    if failing:
        reasons.append('its health check fails since %d rounds' % ROUNDS)
    if last.log_over:
        reasons.append('its log is over the standard "%s"' % last.log_standard)
    if contended:
        reasons.append('its host is contended')
    if not reasons:
        return Verdict()
    cannot_serve = failing or (last.log_over and contended)
    if cannot_serve and not faults:
        return Verdict(SEVERE, tuple(reasons))
    return Verdict(MILD, tuple(reasons), bool(faults))
