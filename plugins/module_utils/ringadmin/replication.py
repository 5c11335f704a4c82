# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many copies the ring keeps: follows the number of nodes upwards, never down but for a node that goes for good.

Order (design: tables): a note that a repair is due, alter, then the role repairs and removes the note. So a run that is cut short
repairs the next time."""

from __future__ import annotations

import json
import os

from .session import ADMIN, connect
from .status import members

KEYSPACES = ('ringfleet', 'system_auth', 'system_distributed', 'system_traces')
NTS = 'NetworkTopologyStrategy'


def factor(nodes):
    """Replication factor for a number of nodes: 1, 2, 3, 3 and from five nodes on 5."""
    return 5 if nodes >= 5 else min(nodes, 3)


def wanted(current, datacenter, target):
    """The factor a keyspace shall have, or None when it stays. current: its replication map, or None when there is no keyspace."""
    if current is None or not current['class'].endswith(NTS):
        # Cassandra's own keyspaces start with SimpleStrategy and a factor that a small ring cannot serve.
        return target
    return target if int(current.get(datacenter, 0)) < target else None


def ensure(config):
    """Create the keyspace, raise what is too low; says which keyspaces a repair is due for."""
    with connect(config, ADMIN, config.admin_password) as session:
        nodes = members(session, config.address)
        target = factor(len(nodes))
        current = {row['keyspace_name']: dict(row['replication']) for row in session.execute('SELECT keyspace_name, replication FROM system_schema.keyspaces')}
        plan = {name: value for name in KEYSPACES for value in [wanted(current.get(name), config.datacenter, target)] if value}
        if len(nodes) > 1 and any(name in current for name in plan):
            _note(config.pending_file, sorted(set(pending(config.pending_file)) | set(plan)))
        for name, value in sorted(plan.items()):
            verb = 'ALTER KEYSPACE' if name in current else 'CREATE KEYSPACE IF NOT EXISTS'
            session.execute(f"{verb} {name} WITH replication = {{'class': '{NTS}', '{config.datacenter}': {value}}}")
    return {'changed': bool(plan), 'members': nodes, 'factor': target, 'altered': sorted(plan), 'repair': pending(config.pending_file)}


def lowered(current, datacenter, least):
    """The factor a keyspace shall have next on its way down to ``least``, one less than it has, or None when it stays."""
    if current is None or not current['class'].endswith(NTS):
        return None
    copies = int(current.get(datacenter, 0))
    return copies - 1 if copies > least else None


def lower(config):
    """Lower the copies by one where that is due for the node at ``leaving``: to as many as nodes are left before it goes, since its
    decommission is refused else, and to the usual number once it is ``gone``. Done twice it changes nothing.

    What was acknowledged by a majority stays seen by every majority, without a repair, when an odd number n is lowered by one: (n + 1) / 2
    is a majority of both, and at most one of the copies written is no copy any more. An even number is lowered only behind a repair at that
    number (``repaired``): a row that came down from one more may lack one copy already. So 3 -> 2 needs none before it, 5 -> 3 one in between.

    Says whether the node is still one of the ring (``there``), its ``host_id``, how many copies there are now (``factor``), which keyspaces are
    to be repaired now (``repair``), and whether it has to be asked once ``more`` behind that. Before the node goes that is only what has to come
    before an alter: behind an odd number it waits until it has gone, when each node has a copy of all and one of them repairs everything."""
    with connect(config, ADMIN, config.admin_password) as session:
        nodes = set(members(session, config.address))
        there = config.leaving in nodes and not config.gone
        left = nodes - {config.leaving}
        idents = {str(row['peer']): str(row['host_id']) for row in session.execute('SELECT peer, host_id FROM system.peers_v2')}
        current = {row['keyspace_name']: dict(row['replication']) for row in session.execute('SELECT keyspace_name, replication FROM system_schema.keyspaces')}
        least = len(left) if there else factor(len(left))
        plan = {name: value for name in KEYSPACES for value in [lowered(current.get(name), config.datacenter, least)] if value is not None}
        # What a dead node's copies alone had is brought back to a majority behind its removal; no repair works while it is in the ring.
        if there and config.dead:
            _note(config.pending_file, sorted(set(pending(config.pending_file)) | set(KEYSPACES) & set(current)))
        due = [] if there and config.dead else pending(config.pending_file)
        first = due or [name for name, value in plan.items() if value % 2]
        if plan and first and not config.repaired:
            return _told(config, there, nodes, idents, current, altered=[], repair=sorted(first), more=True)
        if plan and max(plan.values()) > 1:
            _note(config.pending_file, sorted(set(pending(config.pending_file)) | set(plan)))
        for name, value in sorted(plan.items()):
            session.execute(f"ALTER KEYSPACE {name} WITH replication = {{'class': '{NTS}', '{config.datacenter}': {value}}}")
            current[name] = dict(current[name], **{config.datacenter: value})
    more = any(lowered(current.get(name), config.datacenter, least) is not None for name in KEYSPACES)
    return _told(config, there, nodes, idents, current, altered=sorted(plan), repair=[] if there else pending(config.pending_file), more=more)


def _told(config, there, nodes, idents, current, altered, repair, more):
    copies = [int(current[name].get(config.datacenter, 0)) for name in KEYSPACES[:2] if name in current]
    return {'changed': bool(altered), 'factor': min(copies, default=0), 'members': sorted(nodes if there else nodes - {config.leaving}),
            'altered': altered, 'there': there, 'host_id': idents.get(config.leaving, ''), 'repair': repair, 'more': more}


def pending(path):
    """Keyspaces that were altered on this host and not repaired yet."""
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as stream:
        return json.load(stream)


def _note(path, keyspaces):
    with open(path + '.new', 'w', encoding='utf-8') as stream:
        json.dump(keyspaces, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(path + '.new', path)
