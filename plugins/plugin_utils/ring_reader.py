# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the fleet's tables from the controller, as a role of the ring that may do nothing else. Private to the collection."""

from __future__ import annotations

import json
import ssl
import typing

from ansible_collections.ringfleet.core.plugins.module_utils.model import Beat, ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.store.cells import to_row
from ansible_collections.ringfleet.core.plugins.module_utils.store.schema import KEYSPACE, TABLES

try:
    from cassandra import AuthenticationFailed, ConsistencyLevel, DriverException, InvalidRequest, Unauthorized
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
    from cassandra.policies import WhiteListRoundRobinPolicy
    from cassandra.query import dict_factory
    DRIVER_ERROR = None
    AWAY: tuple = (NoHostAvailable, DriverException, OSError)
    REFUSED: tuple = (AuthenticationFailed, InvalidRequest, Unauthorized)
except ImportError as error:
    DRIVER_ERROR = error
    AWAY, REFUSED = (OSError,), ()

# The name in every node's certificate (plugin_utils/certificates.py): an address may be another one as seen from here.
NODE_NAME = "ringfleet-node"
READ = {"hosts": HostRow, "containers": ContainerRow, "beats": Beat}
_PEM = "-----BEGIN CERTIFICATE-----"


class ReaderError(Exception):
    """The tables cannot be read; the text says why and what to do, and holds no secret."""


class RingAway(ReaderError):
    """No contact point answers: it may do so later."""


def open_ring(points: list[str], port: int, ca: str, user: str, password: str, timeout: float) -> typing.Any:
    """A session with the ring through these nodes alone; ``ca`` is a PEM text or the path of a file. Close it by ``session.cluster.shutdown()``.

    :raises ReaderError: no driver, no authority, user refused. :raises RingAway: no node answers.
    """
    if DRIVER_ERROR is not None:
        raise ReaderError(f"the controller's Python lacks the package cassandra-driver: {DRIVER_ERROR}")
    try:
        context = ssl.create_default_context(**{"cadata" if _PEM in ca else "cafile": ca})
    except (OSError, ValueError) as error:
        raise ReaderError(f"the option ca is neither a PEM certificate nor a file with one: {error}") from error
    profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy(points), row_factory=dict_factory, request_timeout=timeout,
                               consistency_level=ConsistencyLevel.QUORUM)
    cluster = Cluster(points, port=port, protocol_version=5, connect_timeout=timeout, control_connection_timeout=timeout,
                      auth_provider=PlainTextAuthProvider(user, password), execution_profiles={EXEC_PROFILE_DEFAULT: profile},
                      ssl_context=context, ssl_options={"server_hostname": NODE_NAME}, schema_metadata_enabled=False, token_metadata_enabled=False)
    try:
        return cluster.connect()
    except AWAY as error:
        cluster.shutdown()
        reasons = list(error.errors.values()) if isinstance(getattr(error, "errors", None), dict) else [error]
        if any(isinstance(reason, REFUSED) for reason in reasons):
            raise ReaderError(f"the ring refuses the user {user}: is this its password, and was ringfleet.core.join run since this release?") from error
        raise RingAway(f"the ring does not answer at {', '.join(points)}, port {port}: {reasons[0] if reasons else error}") from error


def read(session: typing.Any) -> dict[str, list[dict]]:
    """The rows of hosts, containers and beats as plain objects that JSON can hold, by the name of the table.

    :raises ReaderError: this role may not read them, or there are none. :raises RingAway: the ring does not serve them now.
    """
    keys = {table.name: table.key_columns[-1] for table in TABLES}
    found = {}
    for table, kind in READ.items():
        try:
            rows = [_row(kind, dict(each)) for each in session.execute(f"SELECT * FROM {KEYSPACE}.{table}")]
        except REFUSED as error:
            raise ReaderError(f"the ring refuses to show the table {table}: {error}; run ringfleet.core.join once more") from error
        except AWAY as error:
            raise RingAway(f"the ring does not serve the table {table}: {error}") from error
        found[table] = sorted(json.loads(json.dumps([each.to_dict() for each in rows])), key=lambda row, key=keys[table]: row[key])
    return found


def _row(kind: type, cells: dict) -> typing.Any:
    if isinstance(cells.get("load"), str):
        cells["load"] = json.loads(cells["load"] or "{}")
    return to_row(kind, cells)
