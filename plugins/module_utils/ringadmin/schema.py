# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's tables and what the watchers may do with them; applied again and again, changed only when something differs."""

from __future__ import annotations

import json
import uuid

from .config import RingAdminError
from .session import ADMIN, READER, WATCHER, conditional, connect

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
# Of the reader no more than the fleet's tables; what is secret in them is sealed.
READER_GRANTS = (f'GRANT SELECT ON KEYSPACE ringfleet TO {READER}',)
COLUMNS = "SELECT table_name, column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = 'ringfleet'"


def ensure(config):
    """Bring the tables to this program's version, and apply the grants; says whether columns, permissions or the version differ from before.

    Compared, migrated, and then set by one conditional write, so of two programs at once one sets it. A version above the own
    one is refused: an older program must not take over a fleet that a newer one runs. Nothing is ever dropped, and no column's type is changed.
    """
    if TABLES_ERROR is not None:
        raise RingAdminError(f'this version has no schema: {TABLES_ERROR}')
    with connect(config, ADMIN, config.admin_password) as session:
        roles = (WATCHER, READER) if config.reader_password else (WATCHER,)
        grants = (*GRANTS, *(READER_GRANTS if config.reader_password else ()))
        before = _snapshot(session, roles)
        known = _version(session, before[0])
        check(known[0])
        added = additions(before[0])
        if added or known[0] != tables.SCHEMA_VERSION:
            for statement in (*tables.statements(_factor(session, config.datacenter), config.datacenter), *added):
                session.execute(statement)
        for statement in grants:
            session.execute(statement)
        set_here = known[0] != tables.SCHEMA_VERSION and _set_version(session, known)
        after = _snapshot(session, roles)
    return {'changed': before != after or set_here, 'before': known[0], 'version': tables.SCHEMA_VERSION,
            'tables': sorted({column[0] for column in after[0]})}


def check(version):
    """Refuse tables of a newer version. version: as in the row, 0 where an older program or none made them."""
    if version > tables.SCHEMA_VERSION:
        raise RingAdminError(f'the tables of this fleet are of version {version}, this program knows {tables.SCHEMA_VERSION}: it is older than what the '
                             f'fleet runs. Use the newer collection; nothing was changed')


def _version(session, columns):
    """(version, nonce) of the tables, (0, None) where nobody set one yet."""
    if not any(column[0] == 'fleet' for column in columns):
        return 0, None
    row = session.execute(conditional('SELECT value, nonce FROM ringfleet.fleet WHERE key = %s'), (tables.VERSION_KEY,)).one()
    return (0, None) if row is None else (int(json.loads(row['value'])), row['nonce'])


def _set_version(session, known):
    """Set the version where it is still as it was compared; True when that was done here."""
    nonce, value = uuid.uuid4().hex, json.dumps(tables.SCHEMA_VERSION)
    if known[1] is None:
        done = session.execute(conditional('INSERT INTO ringfleet.fleet (key, value, nonce) VALUES (%s, %s, %s) IF NOT EXISTS'),
                               (tables.VERSION_KEY, value, nonce))
    else:
        done = session.execute(conditional('UPDATE ringfleet.fleet SET value = %s, nonce = %s WHERE key = %s IF nonce = %s'),
                               (value, nonce, tables.VERSION_KEY, known[1]))
    if done.one()['[applied]']:
        return True
    # Somebody was faster: well, unless it was a newer program.
    now = _version(session, [('fleet',)])[0]
    check(now)
    if now != tables.SCHEMA_VERSION:
        raise RingAdminError(f'the version of the tables was set to {now} by an older program at the same time: run this again')
    return False


def forget(config):
    """Drop the fleet's tables, with all that they hold: the fleet is no more. Roles and Cassandra's own keyspaces stay."""
    with connect(config, ADMIN, config.admin_password) as session:
        there = session.execute("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'ringfleet'").one() is not None
        if there:
            session.execute('DROP KEYSPACE IF EXISTS ringfleet')
    return {'changed': there}


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


def _snapshot(session, roles):
    columns = sorted(tuple(row.values()) for row in session.execute(COLUMNS))
    permissions = sorted(str(sorted(row.items())) for role in roles for row in session.execute(f'LIST ALL PERMISSIONS OF {role}'))
    return columns, permissions
