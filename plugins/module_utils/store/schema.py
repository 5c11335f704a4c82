# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of keyspace ``ringfleet`` (design, section 3), as data from which idempotent CQL is made. A change of them is
a new version; it may add columns and tables, and nothing else.

``gc_grace_seconds`` is left alone: compare-and-swap keeps its Paxos state for that long.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

SCHEMA_VERSION = 6
# The row of table fleet that says of which version the tables are.
VERSION_KEY = 'schema'
KEYSPACE = 'ringfleet'
MOVES_TTL_S = 30 * 86400
DECISIONS_TTL_S = 30 * 86400
BROADCASTS_TTL_S = 7200
INDEX_GRACE_S = 86400


@dataclass(frozen=True)
class Table:
    """A table: ``columns`` {name: CQL type}, ``key`` what stands in PRIMARY KEY, ``options`` what stands after WITH."""
    name: str
    columns: dict
    key: str
    options: str = ''

    @property
    def key_columns(self):
        """Names of the columns of its primary key."""
        return tuple(re.findall(r'\w+', self.key))

    def create(self):
        """CQL that makes the table where there is none."""
        columns = ', '.join('"%s" %s' % each for each in self.columns.items())
        return 'CREATE TABLE IF NOT EXISTS %s.%s (%s, PRIMARY KEY (%s))%s' % (
            KEYSPACE, self.name, columns, self.key, ' WITH %s' % self.options if self.options else '')

    def add(self, column):
        """CQL that adds one column to the table as an older version made it."""
        return 'ALTER TABLE %s.%s ADD IF NOT EXISTS "%s" %s' % (KEYSPACE, self.name, column, self.columns[column])


def _columns(text):
    return dict(each.split() for each in text.split(','))


TABLES = (
    # Conditional writes only.
    Table('containers', _columns(
        '''name text, holder text, epoch int, instance text, spec_hash text, image text, intent text, move text, move_to text,
           previous text, moved_at bigint, moved_for text, unrest int, exclusive boolean, priority int, hold_by text, hold_for text,
           hold_until bigint, nonce text'''), 'name'),
    Table('hosts', _columns(
        '''host text, state text, generation int, since_at bigint, by text, boot_id text, address text, ssh_port int,
           ssh_host_key text, ssh_user_key text, coordinator text, failover_epoch int, facts text, away_until bigint, away_for_s int,
           renewals bigint, lease_ttl_s double, lease_expired boolean, nonce text'''), 'host'),
    Table('fleet', _columns('key text, value text, nonce text'), 'key'),
    # Plain writes, one writer a cell.
    Table('beats', _columns(
        '''shard int, host text, boot_id text, started_at bigint, counter bigint, beat_at bigint, version text, load text,
           routes text, suspects text, repaired_at bigint, judges_nobody text'''), '(shard), host'),
    Table('loads', _columns('host text, name text, report text'), '(host), name'),
    Table('placements', _columns('host text, name text, instance text, epoch int'), '(host), name'),
    Table('specs', _columns('name text, hash text, sealed blob'), '(name), hash'),
    Table('moves', _columns(
        '''id text, asked text, request text, source_step text, source_note text, source_times text, target_step text,
           target_note text, target_times text, instance text'''), 'id', 'default_time_to_live = %d' % MOVES_TTL_S),
    # What is deleted here is deleted soon for good: reads of a partition are refused behind 100,000 deleted rows, and one that comes back
    # with a node that was down for longer lists a move that has ended, which is closed again.
    Table('moves_by_host', _columns('host text, id text'), '(host), id',
          'default_time_to_live = %d AND gc_grace_seconds = %d' % (MOVES_TTL_S, INDEX_GRACE_S)),
    Table('broadcasts', _columns(
        '''shard int, hour text, id text, kind text, host text, name text, move text, detail text, sent_at bigint'''),
        '(shard, hour), id',
        "default_time_to_live = %d AND compaction = {'class': 'TimeWindowCompactionStrategy',"
        " 'compaction_window_unit': 'HOURS', 'compaction_window_size': 1}" % BROADCASTS_TTL_S),
    Table('decisions', _columns(
        '''host text, day text, id text, trigger text, name text, move text, choice text, sentence text, weights text,
           candidates text, brakes text, need text, rules text, decided_at bigint'''),
        '(host, day), id', 'default_time_to_live = %d' % DECISIONS_TTL_S),
)


def statements(replication, datacenter):
    """CQL that makes what is missing; run twice, it changes nothing.

    :param replication: copies of each row in the one datacenter.
    :param datacenter: the datacenter's name; letters, digits, ``_`` and ``-`` only.
    :raises ValueError: for a datacenter that would not stand in CQL.
    """
    if not datacenter.replace('_', '').replace('-', '').isalnum():
        raise ValueError('datacenter %r: use letters, digits, "_" and "-"' % datacenter)
    keyspace = "CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'NetworkTopologyStrategy', '%s': %d}" % (
        KEYSPACE, datacenter, int(replication))
    return [keyspace] + [table.create() for table in TABLES]
