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
    """Apply tables, missing columns and grants; says whether columns or permissions differ from before.

    Nothing is ever dropped, and no column's type is changed.
    """
    if TABLES_ERROR is not None:
        raise RingAdminError(f'this version has no schema: {TABLES_ERROR}')
    with connect(config, ADMIN, config.admin_password) as session:
        before = _snapshot(session)
        added = additions(before[0])
        for statement in (*tables.statements(_factor(session, config.datacenter), config.datacenter), *added, *GRANTS):
            session.execute(statement)
        after = _snapshot(session)
    return {'changed': before != after, 'version': tables.SCHEMA_VERSION, 'tables': sorted({column[0] for column in after[0]})}


def additions(columns):
    """CQL that adds the columns which an older version's tables lack.

    :param columns: (table, column, kind, position, type) of each column that is there, as in COLUMNS.
    :raises RingAdminError: naming every column that is of another type or missing from its table's key: these cannot be mended.
    """
    there = {}
    for table, column, _kind, _position, kind in columns:
        there.setdefault(table, {})[column] = kind
    added, wrong = [], []
    for table in tables.TABLES:
        # A table that is not there is made whole.
        present = there.get(table.name, table.columns)
        for name, kind in table.columns.items():
            if name in present:
                if present[name] != kind:
                    wrong.append(f'column {name} of table ringfleet.{table.name} is {present[name]} and must be {kind}')
            elif name in table.key_columns:
                wrong.append(f'table ringfleet.{table.name} has no column {name} in its key')
            else:
                added.append(table.add(name))
    if wrong:
        raise RingAdminError(f'{"; ".join(wrong)}: is this keyspace of another program? nothing was changed')
    return added


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
