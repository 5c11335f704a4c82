# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every statement that the Cassandra store sends, prepared once a connection."""
from __future__ import annotations

from dataclasses import fields

from ..model import Decision
from .base import CONDITIONAL
from .schema import KEYSPACE

try:
    from cassandra import ConsistencyLevel
    from cassandra.query import SimpleStatement
except ImportError:  # pragma: no cover - the watcher's environment always has it
    ConsistencyLevel = None

MOVE_COLUMNS = ('asked', 'request', 'source_step', 'source_note', 'source_times', 'target_step', 'target_note', 'target_times',
                'instance')
DECISION_COLUMNS = tuple(each.name for each in fields(Decision))


class Statements:
    """Prepared statements of one session, by what they do.

    :raises cassandra.DriverException: when the ring refuses to prepare one, as before the schema is there.
    """

    def __init__(self, session):
        def prepare(text):
            return session.prepare(text.replace('{ks}', KEYSPACE))

        self.read, self.scan, self.insert, self.update = {}, {}, {}, {}
        for kind, (table, key) in CONDITIONAL.items():
            names = [each.name for each in fields(kind)]
            others = [name for name in names if name != key]
            self.read[kind] = prepare('SELECT * FROM {ks}.%s WHERE %s=?' % (table, key))
            self.read[kind].consistency_level = ConsistencyLevel.SERIAL
            self.scan[kind] = prepare('SELECT * FROM {ks}.%s' % table)
            self.insert[kind] = prepare('INSERT INTO {ks}.%s (%s) VALUES (%s) IF NOT EXISTS' % (
                table, ', '.join('"%s"' % name for name in names), ', '.join('?' * len(names))))
            self.update[kind] = prepare('UPDATE {ks}.%s SET %s WHERE %s=? IF nonce=?' % (
                table, ', '.join('"%s"=?' % name for name in others), key))
        self.put_beat = prepare('INSERT INTO {ks}.beats (shard, host, boot_id, started_at, counter, beat_at, version,'
                                ' load, routes, suspects, repaired_at, judges_nobody) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?')
        self.beats = prepare('SELECT * FROM {ks}.beats WHERE shard=?')
        self.beat_stamp = prepare('SELECT WRITETIME(counter) FROM {ks}.beats WHERE shard=? AND host=?')
        self.put_load = prepare('INSERT INTO {ks}.loads (host, name, report) VALUES (?, ?, ?) USING TIMESTAMP ?')
        self.drop_load = prepare('DELETE FROM {ks}.loads USING TIMESTAMP ? WHERE host=? AND name=?')
        self.loads = prepare('SELECT report FROM {ks}.loads WHERE host=?')
        self.put_placement = prepare('INSERT INTO {ks}.placements (host, name, instance, epoch) VALUES (?, ?, ?, ?)')
        self.drop_placement = prepare('DELETE FROM {ks}.placements WHERE host=? AND name=?')
        self.placements = prepare('SELECT * FROM {ks}.placements WHERE host=?')
        self.put_spec = prepare('INSERT INTO {ks}.specs (name, hash, sealed) VALUES (?, ?, ?)')
        self.spec = prepare('SELECT sealed FROM {ks}.specs WHERE name=? AND hash=?')
        self.put_move = {name: prepare('UPDATE {ks}.moves SET %s=? WHERE id=?' % name) for name in MOVE_COLUMNS}
        self.move = prepare('SELECT * FROM {ks}.moves WHERE id=?')
        self.moves = prepare('SELECT * FROM {ks}.moves')
        self.index_move = prepare('INSERT INTO {ks}.moves_by_host (host, id) VALUES (?, ?)')
        self.unindex_move = prepare('DELETE FROM {ks}.moves_by_host WHERE host=? AND id=?')
        self.open_moves = prepare('SELECT id FROM {ks}.moves_by_host WHERE host=?')
        self.put_broadcast = prepare('INSERT INTO {ks}.broadcasts (shard, hour, id, kind, host, name, move, detail,'
                                     ' sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        self.broadcasts = prepare('SELECT * FROM {ks}.broadcasts WHERE shard=? AND hour=?')
        self.put_decision = prepare('INSERT INTO {ks}.decisions (day, %s) VALUES (?%s)' % (
            ', '.join(DECISION_COLUMNS), ', ?' * len(DECISION_COLUMNS)))
        self.decisions = prepare('SELECT * FROM {ks}.decisions WHERE host=? AND day=?')
        # Virtual and node-local tables: sent to one node by name, so consistency ONE.
        one = {'consistency_level': ConsistencyLevel.ONE}
        self.gossip = SimpleStatement('SELECT * FROM system_views.gossip_info', **one)
        self.peers = SimpleStatement('SELECT peer, tokens FROM system.peers_v2', **one)
        self.local = SimpleStatement('SELECT broadcast_address, tokens FROM system.local', **one)
        self.replication = SimpleStatement("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name='%s'" % KEYSPACE, **one)
        # The node keeps what ended for days; a repair that it only takes part in shows as a validation or as streaming.
        self.ring_work = {
            'streaming': (SimpleStatement("SELECT id FROM system_views.streaming WHERE status='start' LIMIT 1"
                                          ' ALLOW FILTERING', **one),),
            'a repair': tuple(SimpleStatement('SELECT id FROM system_views.%s WHERE completed=false LIMIT 1 ALLOW FILTERING'
                                              % table, **one) for table in ('repairs', 'repair_validations'))}
