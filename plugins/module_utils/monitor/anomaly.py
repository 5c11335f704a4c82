# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S201, F9.1: is something wrong, how bad, and whose fault is it? Pure: rounds of figures in, verdicts with reasons out.

**none**; **mild**: recorded and shown; **severe**: it cannot serve here, and its host has a part in that. What is the
container's own fault (killed at its own memory limit, throttled at its own CPU limit, a crash loop, an end or a failing
health check that nothing on its host explains) is never more than mild: it would recur on any other host. Thresholds are
those that systemd-oomd, the OpenShift descheduler and Proxmox settled on.
"""
from __future__ import annotations

from dataclasses import dataclass

from .record import GONE, RESTARTING, ROUNDS, RUNNING, THROTTLED

NONE = 'none'
MILD = 'mild'
SEVERE = 'severe'

ROUND_S = 10.0

UTILISATION = 0.70
CPU_SOME = 20.0
MEMORY_FULL = 5.0
IO_FULL = 10.0
# Below this share of each threshold a host that was contended is cool again.
RELEASE = 0.5
# A working set so near to its own limit makes its own pressure.
NEAR_LIMIT = 0.9
# So many starts in vain, and another host is tried once.
STARTS = 3
FAILS = 'its health check fails since %d rounds' % ROUNDS


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


def own_faults(record):
    """What a container does to itself, in words."""
    last, kills, found = record.last, sum(record.kills), []
    if kills and last.memory_limit:
        found.append('killed %s at its own memory limit of %d MiB' % (
            'once' if kills == 1 else '%d times' % kills, last.memory_limit >> 20))
    if record.throttled:
        found.append('throttled at its own limit of %.2f cores' % max(each.cpu_limit for each in record.rounds))
    if last.status == RESTARTING or sum(record.restarts) >= STARTS:
        found.append('in a crash loop')
    # Three rounds: until then a stop by its user is known as one.
    if len(record.rounds) == ROUNDS and all(each.status in GONE for each in record.rounds):
        found.append('it exited by itself with code %d' % last.exit_code)
    return tuple(found)


def _waits(report):
    """What a container waits for that its own limits do not explain: {resource: sentence}."""
    found = {}
    if report.cpu_throttled > THROTTLED * RELEASE:
        return found
    if report.cpu_some60 > CPU_SOME:
        found['cpu'] = 'it waits for CPU for %d %% of the time' % round(report.cpu_some60)
    if report.memory_full60 > MEMORY_FULL and not 0 < report.memory_limit * NEAR_LIMIT < report.memory_used:
        found['memory'] = 'it waits for memory for %d %% of the time' % round(report.memory_full60)
    if report.io_full60 > IO_FULL:
        found['io'] = 'it waits for the disk for %d %% of the time' % round(report.io_full60)
    return found


def _lasting_waits(rounds):
    waits = [_waits(each) for each in rounds]
    return tuple(sentence for name, sentence in waits[-1].items() if all(name in each for each in waits))


def judge(record, contended, tried_on=''):
    """The Verdict on a container.

    :param record: its Record. :param contended: whether its host is contended now.
    :param tried_on: the host from which it was moved here because its health check failed there; '' when it was not.
    """
    if not record.rounds:
        return Verdict()
    around = []
    if record.last.log_over:
        around.append('its log is over the standard "%s"' % record.last.log_standard)
    if contended:
        around.append('its host is contended')
    failing = len(record.rounds) == ROUNDS and all(
        each.status == RUNNING and each.health == 'unhealthy' for each in record.rounds)
    faults = own_faults(record)
    if faults:
        return Verdict(MILD, faults + ((FAILS,) if failing else ()) + tuple(around), True)
    if failing:
        return _failing(record, tuple(around), tried_on)
    if len(around) > 1:
        return Verdict(SEVERE, tuple(around))
    return Verdict(MILD, tuple(around)) if around else Verdict()


def _failing(record, around, tried_on):
    """The Verdict on a container whose health check fails for no fault that shows."""
    if tried_on:
        return Verdict(MILD, ('its health check fails here as it did on %s' % tried_on,) + around, True)
    around += _lasting_waits(record.rounds)
    if around:
        return Verdict(SEVERE, (FAILS,) + around)
    if record.starts >= STARTS:
        return Verdict(SEVERE, (FAILS, 'still unhealthy after %d restarts: tried once elsewhere' % STARTS))
    return Verdict(MILD, ('its health check fails and nothing on its host explains it',), True)
