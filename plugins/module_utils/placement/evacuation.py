# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts emptied on paper: where each of their containers would go, one after the other by the planner of every move, and what every
other host would carry afterwards. Pure.

What is planned for one container is promised before the next one is looked at, so that nothing is planned twice.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from . import planner
from .brakes import DRAIN, Cause
from .views import Need, predicted, promised


@dataclass(frozen=True)
class Leaver:
    """A container that shall leave its host. ``bound``: why it cannot, '' when it may; ``exclusive``: it runs nowhere twice, and goes last."""
    need: Need
    priority: int = 0
    exclusive: bool = False
    bound: str = ''


@dataclass(frozen=True)
class Departure:
    """Where a container would go: ``target`` is '' where it stays, ``bound`` with a reason of its own; ``choice`` is the planner's Choice."""
    name: str
    source: str
    target: str
    bound: str = ''
    choice: object = None

    @property
    def sentence(self):
        """Why there, or why not at all."""
        return self.bound or self.choice.sentence


@dataclass(frozen=True)
class Evacuation:
    """``departures`` in their order; ``before`` and ``after``: {host: {cpu, memory}} utilisation of every host."""
    departures: tuple
    before: dict
    after: dict

    @property
    def staying(self):
        """The Departures that go nowhere, for whatever reason."""
        return tuple(each for each in self.departures if not each.target)

    @property
    def without_room(self):
        """The Departures for which no host has room."""
        return tuple(each for each in self.staying if not each.bound)


def order(leaver):
    """Sorts Leavers as they go: exclusive ones last, the higher priority first, the larger first where that is equal."""
    need = leaver.need
    return leaver.exclusive, -leaver.priority, -need.memory, -need.cpu, need.name


def evacuate(groups, weights, trigger=DRAIN, key=order):
    """The Evacuation of hosts, one after the other.

    :param groups: (host, its Leavers, HostViews of all hosts with the route times from it) of each host that is emptied. The hosts of
        all groups take nothing.
    :param key: sorts a host's Leavers in the order in which they go.
    """
    leaving, came, gone, departures = {host for host, _leavers, _views in groups}, {}, {}, []
    for host, leavers, views in groups:
        for leaver in sorted(leavers, key=key):
            need = leaver.need
            if leaver.bound:
                departures.append(Departure(need.name, host, '', leaver.bound))
                continue
            choice = planner.plan(need, [_seen(view, leaving - {host}, came) for view in views], weights, Cause(trigger))
            departures.append(Departure(need.name, host, choice.host, '', choice))
            if choice.host:
                came.setdefault(choice.host, []).append(need)
                gone.setdefault(host, []).append(need)
    every = {view.host: view for _host, _leavers, views in groups for view in views}
    return Evacuation(tuple(departures), {name: predicted(view, 0.0, 0) for name, view in every.items()},
                      {name: predicted(view, *_change(came.get(name, ()), gone.get(name, ()))) for name, view in every.items()})


def _seen(view, leaving, came):
    """A HostView with what was planned so far."""
    return promised(replace(view, wrong=view.wrong + (('it is emptied too',) if view.host in leaving else ())), came.get(view.host, ()))


def _change(came, gone):
    return (sum(need.cpu for need in came) - sum(need.cpu for need in gone), sum(need.memory for need in came) - sum(need.memory for need in gone))
