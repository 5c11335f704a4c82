# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many more hosts a fleet may lose, whichever they are, and still help itself. Pure.

Three things have to be left behind the last loss: a quorum of the copies of every row (with vnodes any few ring nodes share some
row, so the copies that may be missing are counted and not the ranges), a strict majority that may declare the loss (losses.py),
and an armed failover. The copies of a lost ring node come back only when it returns or is replaced and repaired; losses are
counted as if within the minute in which they count together.
"""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A host that has not left. ``alive``: a majority counts it. ``serves``: its ring node is up. ``counted``: it counts among
    those of which there has to be a majority, which a host declared lost a while ago does not any more.
    """
    host: str
    alive: bool
    serves: bool
    counted: bool


@dataclass(frozen=True)
class Tolerance:
    """``hosts``: how many more may be lost, in the worst case. ``why``: what the next one behind them would take, in words."""
    hosts: int
    why: tuple


def tolerance(nodes, copies, against):
    """The Tolerance of a fleet.

    :param nodes: a Node of every host that has not left. :param copies: copies that the ring keeps of each row.
    :param against: why a loss leads to no failover now, '' when it does.
    """
    if against:
        return Tolerance(0, (against,))
    alive, lost = sum(each.alive for each in nodes), 0
    while not _wrong(nodes, copies, alive, lost + 1):
        lost += 1
    return Tolerance(lost, _wrong(nodes, copies, alive, lost + 1))


def _wrong(nodes, copies, alive, lost):
    """What would be wrong once ``lost`` more hosts are gone."""
    down, counted = sum(not each.serves for each in nodes) + lost, sum(each.counted for each in nodes)
    return tuple(filter(None, (no_quorum(down, copies), no_majority(max(0, alive - lost), counted))))


def no_quorum(down, copies):
    """Why some row may have no quorum of its copies while so many ring nodes are down, whichever they are, or ''."""
    if down <= copies - (copies // 2 + 1):
        return ''
    return '%d ring node%s down: some row may have no quorum of its %s' % (
        down, '' if down == 1 else 's', 'copy' if copies == 1 else '%d copies' % copies)


def no_majority(alive, counted):
    """Why the hosts ``alive`` of those ``counted`` may declare no loss, or ''."""
    return '%d of %d hosts alive is no majority' % (alive, counted) if 2 * alive <= counted else ''
