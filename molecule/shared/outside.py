# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at the fleet from outside: rows by the plain driver on a host, ports from the controller, no code of the watcher."""

from __future__ import annotations

import json
import shlex
import socket
import time
from collections.abc import Callable
from typing import Any

from testinfra.backend.base import CommandResult
from testinfra.host import Host

CQL_PORT = 9042
INTERNODE_PORT = 7000
JMX_PORT = 7199
POLL_S = 2.0
# Protocol version 4, OPTIONS, no body: every Cassandra answers it before any authentication.
CQL_OPTIONS = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0])

_ROWS = """
import json, ssl, sys
from cassandra import OperationTimedOut, ReadTimeout
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import WhiteListRoundRobinPolicy
from cassandra.query import dict_factory
account, statements = json.loads(sys.argv[1]), sys.argv[2:]
config = json.load(open('/etc/ringfleet/watcher.json'))
secret = json.load(open('/etc/ringfleet/secret.json'))
context = ssl.create_default_context(cafile=config.get('ca_file', '/etc/ringfleet/tls/ca.pem'))
auth = PlainTextAuthProvider(account.get('user', secret['store_user']), account.get('password', secret['store_password']))
# This host's node and no other: what it answers is what this host knows.
profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([config['address']]), row_factory=dict_factory, request_timeout=30)
cluster = Cluster([config['address']], ssl_context=context, ssl_options={'server_hostname': config['address']}, auth_provider=auth,
                  protocol_version=5, connect_timeout=30, execution_profiles={EXEC_PROFILE_DEFAULT: profile})
session = cluster.connect()

def asked(cql, tries=3):
    # A read changes nothing: on a busy machine it is asked once more.
    try:
        return [dict(row) for row in session.execute(cql)]
    except (ReadTimeout, OperationTimedOut):
        if tries == 1:
            raise
    return asked(cql, tries - 1)

print(json.dumps([asked(cql) for cql in statements], default=str))
cluster.shutdown()
"""


def run_cql(host: Host, *statements: str, **account: str) -> CommandResult:
    """Run statements by the plain driver on this host's own node, as the watcher's user unless told otherwise."""
    words = [json.dumps(account), *statements]
    return host.run(f"/opt/ringfleet/venv/bin/python -c {shlex.quote(_ROWS)} {' '.join(map(shlex.quote, words))}")


def answers(host: Host, *statements: str) -> list[list[dict[str, Any]]]:
    """Rows of each statement, as this host's node answers them."""
    done = run_cql(host, *statements)
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def rows(host: Host, cql: str) -> list[dict[str, Any]]:
    """Rows of one statement."""
    return answers(host, cql)[0]


def inspect(host: Host, name: str) -> dict[str, Any] | None:
    """The host's own ``docker inspect`` of a container; None if there is none."""
    done = host.run(f"docker container inspect {shlex.quote(name)}")
    return json.loads(done.stdout)[0] if done.rc == 0 else None


def plain_answer(address: str, port: int, question: bytes) -> bytes:
    """What a port answers to a question in clear; empty when it resets or closes. Raises OSError when nobody listens."""
    with socket.create_connection((address, port), timeout=5) as connection:
        connection.sendall(question)
        try:
            return connection.recv(64)
        except (ConnectionResetError, TimeoutError):
            return b""


def eventually(what: str, check: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true answer of the check; fails with the name of what was waited for, and the last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}; last: {answer!r}"
        # Each look may start a driver on a host: asked all the time, the verification would be the load.
        time.sleep(POLL_S)
