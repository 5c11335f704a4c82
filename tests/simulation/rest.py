# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be so again once faults are over: every move ended, everything that may run runs, once, where its row says."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import RUNNING, ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import NORMAL

from simulation.ledger import may_lie


def unrest(world, kinds):
    """Why the world is not at rest yet: sentences, none when it is.

    :param kinds: {container: scenario.Kind}.
    """
    found = [*_hosts(world), *_moves(world)]
    rows = world.tables.rows[ContainerRow]
    for name in sorted(kinds):
        row = rows.get(name)
        if row is None:
            found.append('%s was never adopted' % name)
        elif not row.holder:
            found.extend(_released(world, row))
        else:
            found.extend(_held(world, row, kinds[name]))
    return found


def _hosts(world):
    for host in world.hosts.values():
        row = world.tables.rows[HostRow].get(host.name)
        if row is None or row.state != NORMAL:
            yield '%s is %s' % (host.name, row.state if row else 'unknown')
        if not host.up:
            yield 'the watcher of %s is down' % host.name
        elif host.watcher.coordinator.pending:
            yield '%s has pending: %s' % (host.name, host.watcher.coordinator.pending)


def _moves(world):
    for host, idents in world.tables.open_moves.items():
        for ident in sorted(idents):
            yield 'move %s is open at %s' % (ident, host)


def _ours(world, name):
    """[(host, box)] of the copies that are ringfleet's."""
    return [(host, box) for host, box in world.copies(name) if box['Id'] in world.ledger.instances]


def _managed(box):
    return 'ringfleet.managed' in box['Config']['Labels']


def _released(world, row):
    for host, box in world.copies(row.name):
        if _managed(box) and box['Id'] not in world.ledger.instances:
            yield '%s on %s is not adopted' % (row.name, host.name)
        elif box['State']['Status'] == 'running' and box['Id'] in world.ledger.instances:
            yield '%s runs on %s and is held by nobody' % (row.name, host.name)


def _held(world, row, kind):
    if row.move:
        yield '%s is in move %s' % (row.name, row.move)
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
