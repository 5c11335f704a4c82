# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an observer may declare a host lost: a second opinion, and a strict majority of the members alive. Pure.

Of two parts of a fleet that do not see each other at most one has a strict majority, so at most one declares the other's
hosts. With half of the hosts nobody does: a tie holds.
"""
from __future__ import annotations

from dataclasses import dataclass

from .liveness import LOST
from .states import LEFT

HELD = 'held'
# Two nodes of three are a quorum; with fewer hosts the loss of one stops the store, and nobody could tell who is left.
LEAST_HOSTS = 3
# Losses within this many seconds count together: a fleet that breaks up in steps does not shrink its own majority.
TOGETHER_S = 60.0


@dataclass(frozen=True)
class Member:
    """A host as an observer counts it.

    ``alive``: some signal of it advances for this observer; the observer itself is. ``suspects``: hosts that its beat
    suspects, None where it has no opinion: its beat is silent, or says that it judges nobody. ``declared_s``: seconds for
    which this observer has known it as declared lost, None where it is not.
    """
    host: str
    alive: bool
    suspects: tuple = None
    declared_s: float = None


@dataclass(frozen=True)
class Finding:
    """``word``: lost, held, or the judgement's own; ``sentence``: why, for people."""
    word: str
    sentence: str


def too_few(rows):
    """Why a fleet of these HostRows neither fails over nor has leases, or ''."""
    members = [row for row in rows if row.state != LEFT]
    return '' if len(members) >= LEAST_HOSTS else 'not armed: %d of the %d hosts that a failover needs' % (len(members), LEAST_HOSTS)


def may_declare(host, judgement, members, observers):
    """A Finding: ``lost`` where the observer may declare ``host`` lost, in every other case it may not.

    :param judgement: the observer's own on ``host``.
    :param members: Members, the observer itself and ``host`` included, those declared lost as well.
    :param observers: names of the other hosts that observe ``host``; one that is not alive, or has no opinion, cannot be asked, and where
        none is left to ask the majority alone decides.
    """
    by_name = {each.host: each for each in members}
    if by_name[host].declared_s is not None:
        return Finding(HELD, 'held: %s was declared lost before' % host)
    if judgement.word != LOST:
        return Finding(judgement.word, '%s is %s%s' % (host, judgement.word, _for(judgement.since_s)))
    counted = [each for each in members if each.declared_s is None or each.declared_s <= TOGETHER_S]
    alive = [each for each in counted if each.alive and each.declared_s is None and each.host != host]
    if 2 * len(alive) <= len(counted):
        tie = ', a tie' if 2 * len(alive) == len(counted) else ''
        return Finding(HELD, 'held: %d of %d hosts alive is no majority%s' % (len(alive), len(counted), tie))
    asked = [each for each in alive if each.host in observers and each.suspects is not None]
    against = [each.host for each in asked if host not in each.suspects]
    if against:
        return Finding(HELD, 'held: %s is lost here, and %s does not see it so' % (host, ' nor '.join(against)))
    second = '%s sees it so too' % asked[0].host if asked else 'no other observer is left to ask'
    return Finding(LOST, '%s is lost: silent%s by beat, gossip and probe, %s, %d of %d hosts are alive' % (
        host, _for(judgement.since_s), second, len(alive), len(counted)))


def _for(seconds):
    return '' if seconds is None else ' for %.0f s' % seconds
