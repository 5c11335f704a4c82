# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be so again once faults are over: every move ended, everything that may run runs, once, where its row says. A host that is
gone for good is declared lost, and only what may run nowhere else waits for it; one that a person wants drained is so, unless something
cannot leave it.
"""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import RUNNING, ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring.leases import has_lease
from ansible_collections.ringfleet.core.plugins.module_utils.ring.losses import LEAST_HOSTS
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import DRAINED, LEAVING, LEFT, LOST, NORMAL

from simulation.ledger import may_lie
from simulation.scenario import FAILING


def unrest(world, kinds):
    """Why the world is not at rest yet: sentences, none when it is.

    :param kinds: {container: scenario.Kind}.
    """
    rows = world.tables.rows[ContainerRow]
    waiting = {name for name in kinds if name in rows and _may_wait(world, rows[name], kinds[name])}
    found = [*_hosts(world, rows, waiting), *_moves(world)]
    for name in sorted(kinds):
        row = rows.get(name)
        if row is None:
            found.append('%s was never adopted' % name)
        elif not row.holder:
            found.extend(_released(world, row))
        elif name not in waiting:
            found.extend(_held(world, row, kinds[name]))
    return found


def _may_wait(world, row, kind):
    """Whether a container waits for its host, which is gone, and nothing else is to be done."""
    if not row.holder or world[row.holder].alive:
        return False
    # Who never had a lease is never taken over.
    return kind.bound or row.intent != RUNNING or row.exclusive and not has_lease(world.tables.rows[HostRow][row.holder]) or not _room(world, row)


def _room(world, row):
    """Whether a host other than its own may take a container: its name is free there, or the fleet's."""
    foreign = {host.name for host, box in world.copies(row.name) if box['Id'] not in world.ledger.instances}
    return any(host.alive and not host.leaves and host.name not in (row.holder, *foreign) for host in world.hosts.values())


def _state(host, rows, armed):
    """What a host has to be."""
    if host.given_up and armed:
        return LEFT
    if not host.alive:
        return LOST
    if not host.leaves:
        return NORMAL
    return LEAVING if any(row.holder == host.name for row in rows.values()) else DRAINED


def _hosts(world, rows, waiting):
    # Nobody is taken out where those who stay would be too few for a failover.
    armed = len(world.hosts) > LEAST_HOSTS
    for host in world.hosts.values():
        row, wanted = world.tables.rows[HostRow].get(host.name), _state(host, rows, armed)
        if row is None or row.state != wanted:
            yield '%s is %s, not %s' % (host.name, row.state if row else 'unknown', wanted)
        if not host.alive:
            continue
        if not host.up:
            yield 'the watcher of %s is down' % host.name
        elif set(host.watcher.coordinator.pending) - waiting:
            yield '%s has pending: %s' % (host.name, host.watcher.coordinator.pending)


def _moves(world):
    for host, idents in world.tables.open_moves.items():
        for ident in sorted(idents):
            # One whose other side is gone has no end before that is back.
            if world[host].alive and all(world[each].alive for each in _sides(world, ident)):
                yield 'move %s is open at %s' % (ident, host)


def _sides(world, ident):
    plan = world.ledger.plan(ident)
    return (plan.source, plan.target) if plan is not None else ()


def _ours(world, name):
    """[(host, box)] of the copies that are ringfleet's."""
    return [(host, box) for host, box in world.copies(name) if box['Id'] in world.ledger.instances]


def _managed(box):
    return 'ringfleet.managed' in box['Config']['Labels']


def _released(world, row):
    for host, box in world.copies(row.name):
        if not host.alive or host.leaves:
            continue
        if _managed(box) and box['Id'] not in world.ledger.instances:
            yield '%s on %s is not adopted' % (row.name, host.name)
        elif box['State']['Status'] == 'running' and box['Id'] in world.ledger.instances:
            yield '%s runs on %s and is held by nobody' % (row.name, host.name)


def _held(world, row, kind):
    if row.move:
        yield '%s is in move %s' % (row.name, row.move)
    if not world[row.holder].alive:
        yield '%s is on %s, which is gone' % (row.name, row.holder)
    elif world[row.holder].leaves and not kind.bound and kind.check != FAILING and _room(world, row):
        yield '%s is on %s, which leaves' % (row.name, row.holder)
    copies = _ours(world, row.name)
    held = [box for host, box in copies if (host.name, box['Id']) == (row.holder, row.instance)]
    for host, box in copies:
        if box['State']['Status'] == 'running' and (host.name, box['Id']) != (row.holder, row.instance):
            yield '%s runs on %s too, as %s' % (row.name, host.name, box['Id'][:6])
    if not held:
        if row.intent == RUNNING and not (kind.bound and row.instance in world.ledger.gone):
            yield '%s is not on %s as %s' % (row.name, row.holder, row.instance[:6])
    elif row.intent == RUNNING and held[0]['State']['Status'] != 'running' and not may_lie(world.ledger, held[0]):
        yield '%s does not run on %s' % (row.name, row.holder)
    elif row.intent != RUNNING and held[0]['State']['Status'] == 'running':
        yield '%s runs on %s, and is wanted stopped' % (row.name, row.holder)
