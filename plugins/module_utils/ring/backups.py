# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two backups of each host: who observes it, and who is asked first to take over what it ran. Pure.

They are the first two other living hosts on the ring's walk from the token of its name, as the replicas of a row are found
(Cassandra's NetworkTopologyStrategy: walk the tokens upwards, spread over racks). Known beforehand, and the same on every
host that knows the same members.
"""
from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A host on the ring: its ring node's tokens (integers) and its rack. ``living``: not left, not declared lost."""
    host: str
    tokens: tuple = ()
    rack: str = ''
    living: bool = True


def ring_of(places):
    """The ring as a walk needs it: (token, host) of every token, ascending."""
    return sorted((token, each.host) for each in places for token in each.tokens)


def walk(start, ring):
    """Names of the hosts in the order in which the ring has them from the token ``start`` upwards and round, each once."""
    at = bisect_left(ring, (start, ''))
    return tuple(dict.fromkeys(host for _token, host in ring[at:] + ring[:at]))


def backups(host, places, token_of):
    """Names of the backups of ``host``: two, or as many as there are other living hosts.

    The first is the next on the walk. The second is the next on a rack that is neither the first one's nor the host's own,
    where there is such a rack, else the next. Hosts whose tokens are not known come last, by name.

    :param places: a Place of every host, ``host`` included. :param token_of: name to token, the ring's partitioner.
    """
    return _backups(host, {each.host: each for each in places}, ring_of(places), token_of)


def all_backups(places, token_of):
    """{host: its backups} of every host, the lost ones included: theirs are those who take over."""
    by_name, ring = {each.host: each for each in places}, ring_of(places)
    return {host: _backups(host, by_name, ring, token_of) for host in by_name}


def _backups(host, by_name, ring, token_of):
    order = dict.fromkeys(walk(token_of(host), ring) + tuple(sorted(by_name)))
    others = [name for name in order if name != host and by_name[name].living]
    if len(others) < 2:
        return tuple(others)
    taken = {by_name[host].rack, by_name[others[0]].rack}
    elsewhere = [name for name in others[1:] if by_name[name].rack not in taken]
    return (others[0], (elsewhere or others[1:])[0])


def observed_by(host, places, token_of):
    """Names of the hosts that observe ``host``: its backups."""
    return backups(host, places, token_of)


def observes(me, places, token_of):
    """Names of the hosts that ``me`` observes, sorted: those whose backup it is."""
    return tuple(sorted(host for host, found in all_backups(places, token_of).items() if me in found))
