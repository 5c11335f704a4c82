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
from itertools import chain


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
    """Names of the hosts in the order in which the ring has them from the token ``start`` upwards and round, each once; as they are asked for."""
    at, seen = bisect_left(ring, (start, '')), set()
    for place in chain(range(at, len(ring)), range(at)):
        host = ring[place][1]
        if host not in seen:
            seen.add(host)
            yield host


def backups(host, places, token_of):
    """Names of the backups of ``host``: two, or as many as there are other living hosts.

    The first is the next on the walk. The second is the next on a rack that is neither the first one's nor the host's own,
    where there is such a rack, else the next. Hosts whose tokens are not known come last, by name.

    :param places: a Place of every host, ``host`` included. :param token_of: name to token, the ring's partitioner.
    """
    return _Walks(places, token_of).backups(host)


def all_backups(places, token_of):
    """{host: its backups} of every host, the lost ones included: theirs are those who take over."""
    walks = _Walks(places, token_of)
    return {each.host: walks.backups(each.host) for each in places}


class _Walks:
    """The ring of these places, for as many walks: each ends where the second backup is found, and does not go round for it."""

    def __init__(self, places, token_of):
        self._token_of = token_of
        self._ring = ring_of(places)
        self._places = {each.host: each for each in places}
        self._names = sorted(self._places)
        self._racks = {each.rack for each in places if each.living}

    def backups(self, host):
        others = self._others(host)
        first = next(others, None)
        if first is None:
            return ()
        elsewhere = self._racks - {self._places[host].rack, self._places[first].rack}
        second = None
        for name in others:
            if not elsewhere or self._places[name].rack in elsewhere:
                return (first, name)
            second = second or name
        return (first,) if second is None else (first, second)

    def _others(self, host):
        """The other living hosts as the walk has them, those without tokens last, each once."""
        seen = {host}
        for name in chain(walk(self._token_of(host), self._ring), self._names):
            if name not in seen and self._places[name].living:
                seen.add(name)
                yield name


def observed_by(host, places, token_of):
    """Names of the hosts that observe ``host``: its backups."""
    return backups(host, places, token_of)


def observes(me, places, token_of):
    """Names of the hosts that ``me`` observes, sorted: those whose backup it is."""
    return tuple(sorted(host for host, found in all_backups(places, token_of).items() if me in found))
