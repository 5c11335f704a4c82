# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brakes of what nobody asked for: an automatic move must bring enough, fill nobody up, and not come back. Pure.

Proxmox, DRS and the Kubernetes descheduler each learnt that a balancer without these moves things in circles. With them
each move for balance lowers the larger of two utilisations, so under a steady load moves come to an end by themselves;
under a shifting one the doubling cooldown keeps a container from being chased around.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .views import CALM_BELOW, utilisation

# Triggers: a person's wish, a contended host, a container that cannot serve where it is.
ASKED = 'asked'
CONTENTION = 'contention'
ANOMALY = 'anomaly'
# A host is lost: what it ran has nowhere to stay, so no gain is asked for and nothing cools.
LOST = 'lost'
# Its host shall be empty.
DRAIN = 'drain'
# The whole fleet is levelled, on a schedule.
REBALANCE = 'rebalance'
AUTOMATIC = (CONTENTION, ANOMALY, REBALANCE)
# Nothing is wrong with the container itself: it goes only where that is worth a move, and never by a stop it did not agree to.
FOR_BALANCE = (CONTENTION, REBALANCE)

# The design said 10 points; a simulated day (docs/placement.md) left large hosts of small containers contended with it.
LEAST_GAIN = 0.05
COOLDOWN_S = 600.0
LONGEST_COOLDOWN_S = 4 * 3600.0
# The second best shares the load with the best as long as it is worth at least this share of it.
NEARLY_AS_GOOD = 0.5


@dataclass(frozen=True)
class Cause:
    """Why a container should leave: the trigger, the resource its host lacks (cpu, memory, io or ''), reasons in words."""
    trigger: str = ASKED
    resource: str = ''
    reasons: tuple = ()

    @property
    def automatic(self):
        """Whether nobody asked for it, so that the brakes apply."""
        return self.trigger in AUTOMATIC


def holds_back(cause, need, source, view):
    """Why an automatic move from ``source`` to ``view`` (HostViews) is not worth it: a tuple of sentences, empty if it is."""
    found = []
    if view.load.contended:
        found.append('it is contended itself')
    if cause.resource != 'memory':
        # What one host lacks must not be traded for what the other one lacks then.
        full, most = utilisation(view, 'memory', memory=need.memory), max(utilisation(each, 'memory') for each in (source, view))
        if full >= CALM_BELOW and full > most:
            found.append('its memory would be used to %d %% afterwards, the limit is %d %%' % (round(full * 100), round(CALM_BELOW * 100)))
    if cause.resource == 'io':
        # Nobody can tell what a container's leaving takes off a disk; the target's must at least be much calmer.
        if view.load.io_full60 > source.load.io_full60 / 2:
            found.append('its disk is waited for nearly as much')
        return tuple(found)
    resource = cause.resource or 'cpu'
    here, there = utilisation(source, resource), utilisation(view, resource)
    left = utilisation(source, resource, -need.cpu, -need.memory)
    after = utilisation(view, resource, need.cpu, need.memory)
    if resource == 'memory' and after >= CALM_BELOW:
        found.append('its memory would be used to %d %% afterwards, the limit is %d %%' % (
            round(after * 100), round(CALM_BELOW * 100)))
    gain = max(here, there) - max(left, after)
    if cause.trigger in FOR_BALANCE and gain < LEAST_GAIN:
        found.append('the larger utilisation of both would fall by %d points, at least %d are asked for' % (
            round(gain * 100), round(LEAST_GAIN * 100)))
    elif gain < 0:
        found.append('it would be used to %d %% afterwards, more than %s is now' % (round(after * 100), need.source))
    return tuple(found)


def spread(scores, need):
    """One of the best two by a hash of who leaves and from where, so that hot hosts do not all pick the same one.

    The second counts only when labels like it as much and its A is at least half of the best's. '' without any.
    """
    fit = [each for each in scores if not each.excluded]
    if not fit:
        return ''
    if len(fit) == 1 or fit[1].leaning < fit[0].leaning or fit[1].a < fit[0].a * NEARLY_AS_GOOD:
        return fit[0].host
    return fit[hashlib.sha256(('%s %s' % (need.source, need.name)).encode()).digest()[0] % 2].host


def cooldown_s(unrest):
    """Seconds for which a container is left alone after its last move, ``unrest`` automatic ones in a row."""
    return min(COOLDOWN_S * 2 ** min(max(0, unrest - 1), 16), LONGEST_COOLDOWN_S)


def cools_s(row, now):
    """Seconds for which a ContainerRow's container is still left alone at wall-clock millisecond ``now``; 0 when it is not."""
    if not row.moved_at:
        return 0.0
    return max(0.0, cooldown_s(row.unrest) - max(0, now - row.moved_at) / 1000.0)


def unrest_after(row, trigger, now):
    """``unrest`` of a ContainerRow once it was moved by ``trigger`` now: in a row are moves within the longest cooldown."""
    if trigger not in AUTOMATIC:
        return 0
    recent = row.moved_at and now - row.moved_at < LONGEST_COOLDOWN_S * 1000 * 2
    return (row.unrest if recent else 0) + 1
