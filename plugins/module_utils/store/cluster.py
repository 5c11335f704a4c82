# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the watcher talks to the ring's nodes: whom first, how long, how consistent."""
from __future__ import annotations

import ssl

try:
    from cassandra import ConsistencyLevel
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import (
        ConstantReconnectionPolicy,
        DCAwareRoundRobinPolicy,
        FallthroughRetryPolicy,
    )
except ImportError:  # pragma: no cover - the watcher's environment always has it
    DCAwareRoundRobinPolicy = object

LWT = 'lwt'
READ = 'read'
_LWT_TIMEOUT_S = 1.5
_WRITE_TIMEOUT_S = 3.0
# The ring node gives up on a replica after a second (ring_node_base) and leaves it out from then on: the second try is answered.
_READ_TIMEOUT_S = 1.5
RETRY_CONNECT_S = 2.0


class _LocalFirst(DCAwareRoundRobinPolicy):
    """The own host's node first, then the others in turn: the local node's answer is nearest, and its death costs one try."""

    def __init__(self, local_dc, address):
        super().__init__(local_dc)
        self._own = address

    def make_query_plan(self, working_keyspace=None, query=None):
        plan = list(super().make_query_plan(working_keyspace, query))
        yield from sorted(plan, key=lambda host: host.address != self._own)


def cluster_of(settings, secrets):
    """A Cluster for the watcher: TLS verified against the ring's authority, Paxos in a profile of its own.

    Idle heartbeats of 1 s with 2 s of patience leave a frozen coordinator within seconds (measured).
    """
    context = ssl.create_default_context(cafile=settings.ca_file)

    def policy():
        return _LocalFirst(settings.datacenter, settings.address)

    profiles = {
        EXEC_PROFILE_DEFAULT: ExecutionProfile(
            load_balancing_policy=policy(), consistency_level=ConsistencyLevel.QUORUM,
            request_timeout=_WRITE_TIMEOUT_S),
        READ: ExecutionProfile(
            load_balancing_policy=policy(), consistency_level=ConsistencyLevel.QUORUM, request_timeout=_READ_TIMEOUT_S),
        LWT: ExecutionProfile(
            load_balancing_policy=policy(), retry_policy=FallthroughRetryPolicy(),
            consistency_level=ConsistencyLevel.QUORUM, serial_consistency_level=ConsistencyLevel.SERIAL,
            request_timeout=_LWT_TIMEOUT_S)}
    return Cluster(
        list(settings.contact_points), port=settings.native_port, ssl_context=context,
        auth_provider=PlainTextAuthProvider(secrets.store_user, secrets.store_password),
        execution_profiles=profiles, protocol_version=5,
        reconnection_policy=ConstantReconnectionPolicy(RETRY_CONNECT_S, max_attempts=None),
        idle_heartbeat_interval=1, idle_heartbeat_timeout=2, connect_timeout=4, control_connection_timeout=4,
        schema_metadata_enabled=False, token_metadata_enabled=False)
