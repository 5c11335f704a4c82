# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows would have no quorum of their copies, whichever ring nodes are down: the ring's ranges, and who keeps each. Pure.

A range's copies are found as Cassandra's NetworkTopologyStrategy does it in one datacenter: walk the tokens upwards, each host once, and
a rack again only as often as there are more copies than racks.
"""
from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from .backups import ring_of, walk

_TOKENS = 2 ** 64


@dataclass(frozen=True)
class Range:
    """All rows whose tokens lie behind the range before, up to ``last``; ``share`` of all possible ones; ``keepers`` names of its copies' hosts."""
    last: int
    share: float
    keepers: tuple


def ranges(places, copies):
    """The Ranges of the ring, ascending; none where no tokens are known.

    :param places: a backups.Place of every host whose ring node has tokens, up or down. :param copies: copies that the ring keeps of each row.
    """
    ring, racks = ring_of(places), {each.host: each.rack for each in places}
    tokens = [token for token, _host in ring]
    return tuple(Range(token, _width(tokens, at) / _TOKENS, _keepers(walk(token, ring), racks, copies)) for at, token in enumerate(tokens))


def _width(tokens, at):
    # The first range is what lies behind the last token, round the ring.
    return (tokens[at] - tokens[at - 1]) % _TOKENS or _TOKENS


def _keepers(order, racks, copies):
    found, seen, repeats = [], set(), copies - len(set(racks.values()))
    for host in order:
        if len(found) == copies:
            break
        if racks[host] in seen:
            if repeats <= 0:
                continue
            repeats -= 1
        seen.add(racks[host])
        found.append(host)
    return tuple(found)


def served(each, copies, down):
    """Whether a Range has a quorum of its copies while the ring nodes of the hosts in ``down`` are down."""
    return sum(host not in down for host in each.keepers) >= copies // 2 + 1


def unserved(found, copies, down):
    """The Ranges of ``found`` that have no quorum while the ring nodes of the hosts in ``down`` are down."""
    return tuple(each for each in found if not served(each, copies, down))


def range_of(token, found):
    """The Range of all ``found`` in which a row with this token lies."""
    return found[bisect_left([each.last for each in found], token) % len(found)]
