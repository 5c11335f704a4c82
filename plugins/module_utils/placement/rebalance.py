# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole fleet levelled on paper: again and again the one move that lowers the spread of the hosts' loads most. Pure.

A host's load is the larger of its CPU and memory utilisation, the spread the standard deviation of all loads, as VMware's DRS measures
it. Each move also lowers the larger load of its two hosts by the least gain, so the highest load of all never rises.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import pstdev

from .brakes import LEAST_GAIN, REBALANCE, Cause
from .planner import candidate_of
from .relief import stays
from .views import CALM_BELOW, predicted, promised, utilisation


@dataclass(frozen=True)
class Shift:
    """One move. ``resource``: what its source lacks; ``gain``: the fall of the larger load of both hosts; ``spread`` behind it."""
    name: str
    source: str
    target: str
    resource: str
    gain: float
    spread: float


@dataclass(frozen=True)
class Levelling:
    """``shifts`` in their order; ``stays``: {container: why} of those that go nowhere for a reason of their own; ``spreads``: of the loads,
    at the begin and behind each shift; ``before`` and ``after``: {host: {cpu, memory}} utilisation.
    """
    shifts: tuple
    stays: dict
    spreads: tuple
    before: dict
    after: dict


@dataclass(frozen=True)
class _Option:
    """A Tenant that might go to a host; sorts by the spread behind it."""
    spread: float
    gain: float
    tenant: object
    target: str


def load_of(view, cpu=0.0, memory=0):
    """A host's load after so much more (or, negative, less) came."""
    return max(utilisation(view, 'cpu', cpu=cpu), utilisation(view, 'memory', memory=memory))


def level(seen, tenants, most):
    """The Levelling of a fleet.

    :param seen: {host: HostViews of all hosts with the route times from it}. A host whose own view says that something is wrong, or
        whose load is unknown, gives nothing, takes nothing, and does not count. :param tenants: the Tenants of all hosts.
    :param most: how many moves at most.
    """
    views = {host: next(each for each in found if each.host == host) for host, found in seen.items()}
    views = {host: view for host, view in views.items() if view.load is not None and not view.wrong}
    routes = {host: {each.host: each for each in seen[host]} for host in views}
    before, spreads, shifts, left = views, [_spread(views)], [], [each for each in tenants if each.need.source in views]
    while True:
        # Anew each time: behind a move its source may lack the other resource, and then another container is worth a move.
        kept = {each.need.name: stays(views[each.need.source], each, _cause(views[each.need.source])) for each in left}
        free = [each for each in left if not kept[each.need.name]]
        if len(shifts) >= most:
            break
        option = next((each for each in _options(views, free, spreads[-1]) if _fits(each, views, routes)), None)
        if option is None:
            break
        need = option.tenant.need
        shifts.append(Shift(need.name, need.source, option.target, _cause(views[need.source]).resource, round(option.gain, 4), round(option.spread, 4)))
        spreads.append(option.spread)
        left = [each for each in left if each is not option.tenant]
        views = dict(views, **{need.source: _without(views[need.source], need), option.target: promised(views[option.target], (need,))})
    kept = {name: why for name, why in kept.items() if why}
    return Levelling(tuple(shifts), kept, tuple(round(each, 4) for each in spreads), _predicted(before), _predicted(views))


def _predicted(views):
    return {host: predicted(view, 0.0, 0) for host, view in sorted(views.items())}


def _spread(views):
    return pstdev([load_of(view) for view in views.values()]) if views else 0.0


def _cause(view):
    return Cause(REBALANCE, 'memory' if utilisation(view, 'memory') > utilisation(view, 'cpu') else 'cpu')


def _options(views, free, spread):
    """Every _Option worth its move, by what it leaves of the spread; whether its target may take it is not looked at yet."""
    loads = {host: load_of(view) for host, view in views.items()}
    count, total, squares = len(loads), sum(loads.values()), sum(load * load for load in loads.values())
    found = []
    for tenant in free:
        need = tenant.need
        here, left = loads[need.source], load_of(views[need.source], -need.cpu, -need.memory)
        for target, view in views.items():
            there = loads[target]
            if target == need.source or there >= here:
                continue
            after = load_of(view, need.cpu, need.memory)
            gain = here - max(left, after)
            if gain < LEAST_GAIN or after >= CALM_BELOW:
                continue
            mean = (total - here - there + left + after) / count
            variance = (squares - here * here - there * there + left * left + after * after) / count - mean * mean
            then = max(0.0, variance) ** 0.5
            if then < spread:
                found.append(_Option(then, gain, tenant, target))
    return sorted(found, key=lambda each: (round(each.spread, 6), each.tenant.need.name, each.target))


def _fits(option, views, routes):
    """Whether the planner lets an _Option be: room, labels, the brakes of what nobody asked for; and its labels like no place less."""
    need, source = option.tenant.need, views[option.tenant.need.source]
    there = routes[need.source][option.target]
    target = replace(views[option.target], route_ms=there.route_ms, wrong=there.wrong)
    found = candidate_of(target, need, _cause(source), source)
    return not found.excluded and found.leaning >= candidate_of(source, need).leaning


def _without(view, need):
    return replace(view, promised_cpu=view.promised_cpu - need.cpu, promised_memory=view.promised_memory - need.memory,
                   containers=view.containers - {need.name})
