# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store on the Cassandra ring. Connecting goes on in the background; until then every call raises StoreUnavailable."""
from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, fields

from ..errors import OutcomeUnknown, StoreUnavailable
from ..model import Beat, Broadcast, Decision, HostLoad, LoadReport, MoveRow, Placement
from .base import CONDITIONAL, Endpoint, Store, check_spec_size, new_nonce
from .cells import to_cell, to_row
from .cluster import LWT, READ, RETRY_CONNECT_S
from .cql import DECISION_COLUMNS, Statements
from .days import day_of, hour_of, hours_between

try:
    import cassandra
    from cassandra.cluster import NoHostAvailable
    from cassandra.connection import ConnectionBusy, ConnectionException
    from cassandra.protocol import ErrorMessage
    from cassandra.query import BatchStatement, BatchType
    # Whatever the driver raises for a request. A connection that dies under one is raised as it is where nothing may be asked twice
    # (FallthroughRetryPolicy), and is none of the driver's other kinds.
    _REFUSED = (NoHostAvailable, cassandra.DriverException, ErrorMessage, ConnectionException, ConnectionBusy)
except ImportError:  # pragma: no cover - the watcher's environment always has it
    cassandra = None

_SHARD = 0
_READ_TRIES = 3
# What else a host wrote is no further behind its last beat than this.
_BEHIND_US = 60 * 1000000
# Tokens change only when a node joins or leaves.
_TOKENS_S = 60.0


class CassandraStore(Store):
    """One host's client of the ring.

    :param make_cluster: makes a fresh Cluster at each try to connect.
    :param address: the own host's address: its node is asked what this host hears (``gossip``). :param wall: seconds since the epoch.
    """

    def __init__(self, make_cluster, address, nonces=new_nonce, wall=time.time):
        super().__init__(nonces)
        self._make_cluster = make_cluster
        self._address = address
        self._cluster = None
        self._session = None
        self._statements = None
        self._tokens = None
        self._wall = wall
        # By host: the last timestamp of a write to what that host alone writes.
        self._stamps = {}
        self._why = 'not connected yet'
        self._closed = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._connect, name='store-connect', daemon=True)
        self._thread.start()

    def _connect(self):
        while not self._closed.is_set():
            cluster = self._make_cluster()
            try:
                session = cluster.connect()
                statements = Statements(session)
            except (*_REFUSED, OSError) as exc:
                self._why = _reason(exc)
                cluster.shutdown()
                self._closed.wait(RETRY_CONNECT_S)
                continue
            self._cluster, self._statements, self._session = cluster, statements, session
            self._connected.set()
            return

    def wait_connected(self, timeout_s):
        """True once connected; for start-up and tests."""
        return self._connected.wait(timeout_s)

    def _run(self, statement, values=(), profile=None, host=None):
        if self._session is None:
            raise StoreUnavailable('The ring is out of reach: %s' % self._why,
                                   'Look at: systemctl status ringfleet-node; journalctl -u ringfleet-node.')
        options = {'execution_profile': profile} if profile else {}
        try:
            return list(self._session.execute(statement, values, host=host, **options))
        except _REFUSED as exc:
            raise StoreUnavailable('The ring did not serve a request: %s' % _reason(exc),
                                   'Look at: systemctl status ringfleet-node on the hosts.') from exc

    def _ask(self, statement, values=(), profile=READ):
        """Rows of a read. It changes nothing, so unlike a write it may simply be asked again."""
        for _try in range(_READ_TRIES - 1):
            try:
                return self._run(statement, values, profile)
            except StoreUnavailable:
                if self._session is None:
                    raise
        return self._run(statement, values, profile)

    # -- conditional rows -------------------------------------------------------------------------------------------

    def read(self, kind, key):
        found = self._ask(self._s.read[kind], (key,), LWT)
        return to_row(kind, found[0]._asdict()) if found else None

    def scan(self, kind):
        return [to_row(kind, row._asdict()) for row in self._ask(self._s.scan[kind])]

    def _cas(self, row, expected):
        names = [each.name for each in fields(row)]
        cells = {name: to_cell(getattr(row, name)) for name in names}
        key = CONDITIONAL[type(row)][1]
        if expected is None:
            statement, values = self._s.insert[type(row)], [cells[name] for name in names]
        else:
            statement = self._s.update[type(row)]
            values = [cells[name] for name in names if name != key] + [cells[key], expected]
        if self._session is None:
            raise StoreUnavailable('The ring is out of reach: %s' % self._why, 'Look at ringfleet-node on this host.')
        try:
            return self._session.execute(statement, values, execution_profile=LWT).was_applied
        except cassandra.Unavailable as exc:
            # The coordinator saw too few replicas before it proposed anything.
            raise StoreUnavailable('The ring has no quorum: %s' % _reason(exc),
                                   'Start ring nodes until a majority is up.') from exc
        except _REFUSED as exc:
            # Everything else can come after the proposal was sent (0x1700, WriteTimeout, a lost connection ...).
            raise OutcomeUnknown('%s %s: the answer to a conditional write is lost (%s)'
                                 % (CONDITIONAL[type(row)][0], self.key_of(row), _reason(exc))) from exc

    @property
    def _s(self):
        if self._statements is None:
            raise StoreUnavailable('The ring is out of reach: %s' % self._why,
                                   'Look at: systemctl status ringfleet-node; journalctl -u ringfleet-node.')
        return self._statements

    # -- what the local ring node knows -----------------------------------------------------------------------------

    def _local(self):
        local = next((host for host in self._cluster.metadata.all_hosts() if host.address == self._address), None)
        if local is None:
            raise StoreUnavailable('The ring node of this host is not in the ring',
                                   'Look at: systemctl status ringfleet-node.')
        return local

    def ring_work(self):
        statements, local = self._s.ring_work, self._local()
        return tuple(word for word, asked in statements.items() if any(self._run(each, host=local) for each in asked))

    def copies(self):
        (row,) = self._run(self._s.replication)
        return sum(int(count) for name, count in row.replication.items() if name != 'class')

    def gossip(self):
        statements, local = self._s, self._local()
        tokens = self._tokens_at(local)
        found = []
        for row in self._run(statements.gossip, host=local):
            status = row.status_with_port or row.status or ''
            found.append(Endpoint(str(row.address), int(row.generation or 0), int(row.heartbeat or 0),
                                  status.split(',')[0], row.host_id or '', row.rack or '',
                                  tuple(sorted(tokens.get(row.address) or ()))))
        return found

    def _tokens_at(self, local):
        """{address: tokens} as the local node has them, read anew once a minute."""
        now = time.monotonic()
        if self._tokens is None or now - self._tokens[0] > _TOKENS_S:
            tokens = {row.peer: row.tokens for row in self._run(self._s.peers, host=local)}
            tokens.update((row.broadcast_address, row.tokens) for row in self._run(self._s.local, host=local))
            self._tokens = (now, tokens)
        return self._tokens[1]

    # -- plain rows -------------------------------------------------------------------------------------------------

    def put_beat(self, beat):
        values = (_SHARD, beat.host, beat.boot_id, beat.started_at, beat.counter, beat.beat_at, beat.version, json.dumps(asdict(beat.load)),
                  json.dumps(beat.routes), json.dumps(beat.suspects), beat.repaired_at, beat.judges_nobody)
        self._run(self._s.put_beat, (*values, self._stamp(beat.host)))

    def _stamp(self, host):
        """Microseconds of a write to what a host alone writes: behind all that it wrote so far. What its clock, when that was ahead, put into
        the future would hide whatever it says until then.
        """
        now = int(self._wall() * 1e6)
        if host not in self._stamps:
            last = max((row[0] or 0 for row in self._ask(self._s.beat_stamp, (_SHARD, host))), default=0)
            self._stamps[host] = last + _BEHIND_US if last > now else 0
        self._stamps[host] = max(now, self._stamps[host] + 1)
        return self._stamps[host]

    def beats(self):
        return [Beat(row.host, row.boot_id, row.started_at, row.counter, row.beat_at, row.version,
                     HostLoad.from_dict(json.loads(row.load)), json.loads(row.routes or '{}'), tuple(json.loads(row.suspects or '[]')),
                     row.repaired_at or 0, row.judges_nobody or '')
                for row in self._ask(self._s.beats, (_SHARD,))]

    def put_loads(self, host, reports, gone=()):
        if not reports and not gone:
            return
        # One partition, so one mutation: a host's reports of one round appear together.
        batch, stamp = BatchStatement(batch_type=BatchType.UNLOGGED), self._stamp(host)
        for report in reports:
            batch.add(self._s.put_load, (host, report.name, json.dumps(report.to_dict()), stamp))
        for name in gone:
            batch.add(self._s.drop_load, (stamp, host, name))
        self._run(batch)

    def loads(self, host):
        return [LoadReport.from_dict(json.loads(row.report)) for row in self._ask(self._s.loads, (host,))]

    def put_placement(self, placement):
        self._run(self._s.put_placement, (placement.host, placement.name, placement.instance, placement.epoch))

    def drop_placement(self, host, name):
        self._run(self._s.drop_placement, (host, name))

    def placements(self, host):
        return [Placement.from_dict(row._asdict()) for row in self._ask(self._s.placements, (host,))]

    def put_spec(self, name, digest, sealed):
        check_spec_size(name, sealed)
        self._run(self._s.put_spec, (name, digest, bytes(sealed)))

    def spec(self, name, digest):
        found = self._ask(self._s.spec, (name, digest))
        return bytes(found[0].sealed) if found else None

    def put_move(self, ident, **columns):
        # One partition, so one mutation: a step never appears without its note.
        batch = BatchStatement(batch_type=BatchType.UNLOGGED)
        for name, value in columns.items():
            batch.add(self._s.put_move[name], (to_cell(value), ident))
        self._run(batch)

    def move(self, ident):
        found = self._ask(self._s.move, (ident,))
        return to_row(MoveRow, found[0]._asdict()) if found else None

    def moves(self):
        return [to_row(MoveRow, row._asdict()) for row in self._ask(self._s.moves)]

    def index_move(self, host, ident):
        self._run(self._s.index_move, (host, ident))

    def unindex_move(self, host, ident):
        self._run(self._s.unindex_move, (host, ident))

    def open_moves(self, host):
        return [row.id for row in self._ask(self._s.open_moves, (host,))]

    def put_broadcast(self, broadcast):
        each = broadcast
        self._run(self._s.put_broadcast, (_SHARD, hour_of(each.sent_at), each.id, each.kind, each.host, each.name,
                                          each.move, each.detail, each.sent_at))

    def broadcasts(self, since_at):
        # Up to now and a little more: another host's clock may be ahead by as much as a join tolerates.
        found = []
        for hour in hours_between(since_at, time.time() * 1000 + 5000):
            found.extend(Broadcast.from_dict(row._asdict())
                         for row in self._ask(self._s.broadcasts, (_SHARD, hour)) if row.sent_at >= since_at)
        return sorted(found, key=lambda each: (each.sent_at, each.id))

    def put_decision(self, decision):
        values = [getattr(decision, name) for name in DECISION_COLUMNS]
        self._run(self._s.put_decision, [day_of(decision.decided_at)] + [to_cell(value) for value in values])

    def decisions(self, host, day):
        found = [to_row(Decision, row._asdict()) for row in self._ask(self._s.decisions, (host, day))]
        return sorted(found, key=lambda each: (each.decided_at, each.id))

    def close(self):
        self._closed.set()
        if self._cluster is not None:
            self._cluster.shutdown()


def _reason(exc):
    """One line about a driver's exception: what each node answered, without statements or values."""
    errors = getattr(exc, 'errors', None)
    if isinstance(errors, dict) and errors:
        return '; '.join('%s: %s' % (node, str(error).split('\n', 1)[0][:120]) for node, error in errors.items())
    return '%s: %s' % (type(exc).__name__, str(exc).split('\n', 1)[0][:200])
