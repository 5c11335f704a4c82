# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to the ring over TLS: to one node alone, because a role acts on its own host."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ssl

from .config import RingAdminError

try:
    from cassandra import AuthenticationFailed, ConsistencyLevel
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
    from cassandra.policies import WhiteListRoundRobinPolicy
    from cassandra.query import SimpleStatement, dict_factory
    DRIVER_ERROR = None
except ImportError as error:
    DRIVER_ERROR = error

ADMIN = 'ringfleet_admin'
WATCHER = 'ringfleet_watcher'
READER = 'ringfleet_reader'
DEFAULT = 'cassandra'
# The name in every node's certificate (plugin_utils/certificates.py).
NODE_NAME = 'ringfleet-node'
CONNECT_TIMEOUT = 5.0
REQUEST_TIMEOUT = 30.0
# Nodes that are asked at once: one that is down takes its whole time-out.
_AT_ONCE = 8
# Behind a change of the schema the driver waits until all nodes have it, and takes one that is dead for one that lags: what it waits for
# ends well before the request would be called timed out, and the change stands.
AGREEMENT_TIMEOUT = 10.0


class Refused(RingAdminError):
    """The node answered, and did not accept this user and password."""


class Unreachable(RingAdminError):
    """The node did not answer, or not with a certificate of this fleet's authority."""


def conditional(text):
    """A statement for a conditional write, or with SELECT for the serial read of what such writes made."""
    reads = text.startswith('SELECT')
    return SimpleStatement(text, consistency_level=ConsistencyLevel.SERIAL if reads else ConsistencyLevel.QUORUM,
                           serial_consistency_level=None if reads else ConsistencyLevel.SERIAL)


def ask_each(ask, addresses):
    """What ``ask`` returns for each address, in their order."""
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(ask, addresses))


@contextlib.contextmanager
def connect(config, user, password, address=None):
    """A session with one node (this host's unless another address is given) that returns rows as dicts."""
    if DRIVER_ERROR is not None:
        raise RingAdminError(f'cassandra-driver is not installed here: {DRIVER_ERROR}')
    address = address or config.address
    profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([address]), row_factory=dict_factory, request_timeout=REQUEST_TIMEOUT)
    cluster = Cluster(
        [address], port=config.port, protocol_version=5, connect_timeout=CONNECT_TIMEOUT, control_connection_timeout=CONNECT_TIMEOUT,
        auth_provider=PlainTextAuthProvider(user, password), execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        ssl_context=ssl.create_default_context(cafile=config.ca_file), ssl_options={'server_hostname': NODE_NAME},
        max_schema_agreement_wait=AGREEMENT_TIMEOUT)
    try:
        yield _session(cluster, address, user)
    finally:
        cluster.shutdown()


def give_up(session, address):
    """Tell the driver that the node at this address is dead: else each change of the schema waits for it, for AGREEMENT_TIMEOUT seconds.

    It takes every node for up that it was not told of, and here it connects to one alone."""
    for host in session.cluster.metadata.all_hosts():
        if host.address == address:
            host.set_down()


def _session(cluster, address, user):
    try:
        return cluster.connect()
    except NoHostAvailable as error:
        # A list of addresses when the login itself went well and what followed it did not.
        reasons = list(error.errors.values()) if isinstance(error.errors, dict) else []
        if any(isinstance(reason, AuthenticationFailed) for reason in reasons):
            raise Refused(f'the ring node {address} refuses the user {user}') from error
        if any(isinstance(reason, ssl.SSLError) for reason in reasons):
            raise Unreachable(f'the ring node {address} has no certificate of this fleet: {reasons[0]}') from error
        raise Unreachable(f'the ring node {address} does not answer: {reasons[0] if reasons else error}') from error
