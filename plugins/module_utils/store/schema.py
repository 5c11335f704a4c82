# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of keyspace ``ringfleet`` (design, section 3), as idempotent CQL. A change of them is a new version.

``gc_grace_seconds`` is left alone: compare-and-swap keeps its Paxos state for that long.
"""
from __future__ import annotations

SCHEMA_VERSION = 1
KEYSPACE = 'ringfleet'
MOVES_TTL_S = 30 * 86400
DECISIONS_TTL_S = 30 * 86400
BROADCASTS_TTL_S = 7200

TABLES = (
    # Conditional writes only.
    '''CREATE TABLE IF NOT EXISTS {ks}.containers (name text PRIMARY KEY, holder text, epoch int, instance text,
       spec_hash text, image text, intent text, move text, move_to text, previous text, nonce text)''',
    '''CREATE TABLE IF NOT EXISTS {ks}.hosts (host text PRIMARY KEY, state text, generation int, since_at bigint, "by" text,
       boot_id text, address text, ssh_port int, ssh_host_key text, ssh_user_key text, nonce text)''',
    '''CREATE TABLE IF NOT EXISTS {ks}.fleet (key text PRIMARY KEY, value text, nonce text)''',
    # Plain writes, one writer a cell.
    '''CREATE TABLE IF NOT EXISTS {ks}.beats (shard int, host text, boot_id text, started_at bigint, counter bigint,
       beat_at bigint, version text, load text, routes text, PRIMARY KEY ((shard), host))''',
    '''CREATE TABLE IF NOT EXISTS {ks}.loads (host text, name text, report text, PRIMARY KEY ((host), name))''',
    '''CREATE TABLE IF NOT EXISTS {ks}.placements (host text, name text, instance text, epoch int,
       PRIMARY KEY ((host), name))''',
    '''CREATE TABLE IF NOT EXISTS {ks}.specs (name text, hash text, sealed blob, PRIMARY KEY ((name), hash))''',
    '''CREATE TABLE IF NOT EXISTS {ks}.moves (id text PRIMARY KEY, asked text, request text, source_step text, source_note text,
       source_times text, target_step text, target_note text, target_times text, instance text)
       WITH default_time_to_live = {moves_ttl}''',
    '''CREATE TABLE IF NOT EXISTS {ks}.moves_by_host (host text, id text, PRIMARY KEY ((host), id))
       WITH default_time_to_live = {moves_ttl}''',
    '''CREATE TABLE IF NOT EXISTS {ks}.broadcasts (shard int, hour text, id text, kind text, host text, name text,
       move text, detail text, sent_at bigint, PRIMARY KEY ((shard, hour), id))
       WITH default_time_to_live = {broadcasts_ttl}
       AND compaction = {{'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS',
                          'compaction_window_size': 1}}''',
    '''CREATE TABLE IF NOT EXISTS {ks}.decisions (host text, day text, id text, trigger text, name text, move text,
       choice text, sentence text, weights text, candidates text, decided_at bigint, PRIMARY KEY ((host, day), id))
       WITH default_time_to_live = {decisions_ttl}''',
)


def statements(replication, datacenter):
    """CQL that makes what is missing; run twice, it changes nothing.

    :param replication: copies of each row in the one datacenter.
    :param datacenter: the datacenter's name; letters, digits, ``_`` and ``-`` only.
    :raises ValueError: for a datacenter that would not stand in CQL.
    """
    if not datacenter.replace('_', '').replace('-', '').isalnum():
        raise ValueError('datacenter %r: use letters, digits, "_" and "-"' % datacenter)
    made = ['''CREATE KEYSPACE IF NOT EXISTS %s WITH replication =
               {'class': 'NetworkTopologyStrategy', '%s': %d}''' % (KEYSPACE, datacenter, int(replication))]
    made.extend(text.format(ks=KEYSPACE, moves_ttl=MOVES_TTL_S, broadcasts_ttl=BROADCASTS_TTL_S,
                            decisions_ttl=DECISIONS_TTL_S) for text in TABLES)
    return [' '.join(text.split()) for text in made]
