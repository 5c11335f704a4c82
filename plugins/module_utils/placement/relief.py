# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What should leave a host that is in trouble, and where to (S202): one move at most, or why there is none. Pure.

A container that cannot serve here goes first. Of a contended host the cheapest container goes whose leaving brings it
under the line; where none alone does, the one that takes most with it.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..model import START_FIRST
from . import planner
from .brakes import ANOMALY, CONTENTION, FOR_BALANCE, LEAST_GAIN, Cause
from .views import CALM_BELOW, Need, utilisation

NONE_MOVED = 'nothing moved, because %s'


@dataclass(frozen=True)
class Tenant:
    """A container of the host in trouble.

    ``severe``: its reasons, where its verdict is severe. ``own_fault``: it does this to itself. ``mode`` and ``rebalance``
    as its labels say; ``cools_s`` seconds for which its last move still keeps it here; ``held``: by whom and until when,
    '' by nobody; ``io_pressure`` its own PSI.
    """
    need: Need
    severe: tuple = ()
    own_fault: bool = False
    mode: str = ''
    rebalance: bool = False
    immovable: tuple = ()
    cools_s: float = 0.0
    running: bool = True
    held: str = ''
    io_pressure: float = 0.0


@dataclass(frozen=True)
class Relief:
    """What follows: ``name`` goes to ``choice.host`` for ``cause``; '' with the sentence saying why nothing moves.

    ``trouble``: what is wrong, in words. ``brakes``: why each container that might have gone stays. ``choice`` is that of the last container that was tried.
    """
    name: str
    cause: Cause
    trouble: str
    sentence: str
    brakes: tuple = ()
    choice: object = None


def relieve(source, tenants, views, weights, lacking, reasons):
    """The Relief of a host, or None when nothing is wrong.

    :param source: HostView of the host. :param tenants: its Tenants. :param views: HostViews of all hosts.
    :param lacking: the resources in which it is contended right now, of cpu, memory, io in this order; empty when it is not.
    :param reasons: the same in words.
    """
    severe = sorted((each for each in tenants if each.severe), key=lambda each: each.need.name)
    if not severe and not lacking:
        return None
    brakes, last = [], None
    for tenant, cause in _in_order(source, tenants, severe, lacking, reasons):
        against = stays(source, tenant, cause)
        if against:
            brakes.append('%s: %s' % (tenant.need.name, against))
            continue
        choice = last = planner.plan(tenant.need, views, weights, cause)
        if choice.host:
            trouble = _trouble(source, cause)
            return Relief(tenant.need.name, cause, trouble, '%s; %s' % (trouble, choice.sentence), tuple(brakes), choice)
        brakes.append(choice.sentence)
    # By name: the order of their use changes with each sample, and the same reasons in another order are not news (watcher/unmoved.py).
    brakes.sort()
    cause = Cause(ANOMALY, lacking[0] if lacking else '', severe[0].severe) if severe else Cause(CONTENTION, lacking[0], reasons)
    why, trouble = '; '.join(brakes) or 'no managed container runs here', _trouble(source, cause)
    return Relief('', cause, trouble, '%s; %s' % (trouble, NONE_MOVED % why), tuple(brakes), last)


def said_of(name, brakes):
    """Those of ``brakes`` that say why this container stays."""
    return tuple(each for each in brakes if each.startswith(('%s: ' % name, 'container %s: ' % name))) if name else ()


def _trouble(source, cause):
    subject = 'host %s is contended' % source.host if cause.trigger == CONTENTION else 'it cannot serve on %s' % source.host
    return '%s (%s)' % (subject, '; '.join(cause.reasons))


def _in_order(source, tenants, severe, lacking, reasons):
    """(Tenant, Cause) in the order in which they are tried."""
    for tenant in severe:
        yield tenant, Cause(ANOMALY, lacking[0] if lacking else '', tenant.severe)
    if lacking:
        cause = Cause(CONTENTION, lacking[0], reasons)
        rest = [each for each in tenants if not each.severe]
        for tenant in sorted(rest, key=lambda each: _cost(source, each, cause.resource)):
            yield tenant, cause


def _cost(source, tenant, resource):
    """Sorts the cheapest first that suffices (its memory has to be built up again elsewhere), then who takes most with it."""
    need = tenant.need
    if resource == 'io':
        return 1, -tenant.io_pressure, need.name
    if utilisation(source, resource, -need.cpu, -need.memory) < CALM_BELOW:
        return 0, need.memory, need.name
    return 1, -(need.memory if resource == 'memory' else need.cpu), need.name


def _share(source, need, resource):
    """The share of its host that a container uses; 1 where nobody knows (the disk)."""
    if resource == 'cpu':
        return need.cpu / (source.load.cpu_capacity or 1.0)
    return need.memory / (source.load.memory_capacity or 1) if resource == 'memory' else 1.0


def stays(source, tenant, cause):
    """Why a container is left where it is, whatever the hosts are like; '' when it may go."""
    if tenant.own_fault:
        return 'what is wrong with it is its own fault and would recur elsewhere'
    if tenant.immovable:
        return 'it cannot move (%s)' % '; '.join(tenant.immovable)
    if not tenant.running:
        return 'it does not run'
    if tenant.held:
        return 'it is %s' % tenant.held
    if cause.trigger in FOR_BALANCE and tenant.mode != START_FIRST and not tenant.rebalance:
        return 'it would have to stop for the move: only %s ones go unasked, or those labelled ringfleet.rebalance=true' % START_FIRST
    share = _share(source, tenant.need, cause.resource)
    if cause.trigger in FOR_BALANCE and share < LEAST_GAIN:
        # No target could make the gain larger than this: said before all of them are looked at.
        return 'its leaving would take %d points off at most, at least %d are asked for' % (round(share * 100), round(LEAST_GAIN * 100))
    if tenant.cools_s > 0:
        return 'it moved lately, or was tried elsewhere, and is left alone for %d s more' % round(tenant.cools_s)
    return ''
