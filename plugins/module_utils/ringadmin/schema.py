# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's tables and what the watchers may do with them; applied again and again, changed only when something differs."""

from __future__ import annotations

from .config import RingAdminError
from .session import ADMIN, WATCHER, connect

try:
    from ..store import schema as tables
    TABLES_ERROR = None
except ImportError as error:
    tables = None
    TABLES_ERROR = error

GRANTS = (
    f'GRANT SELECT ON KEYSPACE ringfleet TO {WATCHER}',
    f'GRANT MODIFY ON KEYSPACE ringfleet TO {WATCHER}',
    f'GRANT SELECT ON KEYSPACE system TO {WATCHER}',
    f'GRANT SELECT ON KEYSPACE system_views TO {WATCHER}',
)
COLUMNS = "SELECT table_name, column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = 'ringfleet'"


def ensure(config):
    """Apply the tables and grants; says whether columns or permissions differ from before."""
    if TABLES_ERROR is not None:
        raise RingAdminError(f'this version has no schema: {TABLES_ERROR}')
    with connect(config, ADMIN, config.admin_password) as session:
        before = _snapshot(session)
        for statement in tables.statements(_factor(session, config.datacenter), config.datacenter):
            session.execute(statement)
        for statement in GRANTS:
            session.execute(statement)
        after = _snapshot(session)
    return {'changed': before != after, 'version': tables.SCHEMA_VERSION, 'tables': sorted({column[0] for column in after[0]})}


def _factor(session, datacenter):
    """The keyspace's factor as it is: ringadmin replication made it, and the schema must not alter it."""
    row = session.execute("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'ringfleet'").one()
    if row is None:
        raise RingAdminError('there is no keyspace ringfleet yet: run ringadmin replication first')
    return int(row['replication'][datacenter])


def _snapshot(session):
    columns = sorted(tuple(row.values()) for row in session.execute(COLUMNS))
    permissions = sorted(str(sorted(row.items())) for row in session.execute(f'LIST ALL PERMISSIONS OF {WATCHER}'))
    return columns, permissions
