# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many copies the ring keeps: follows the number of nodes upwards, never down by itself.

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
