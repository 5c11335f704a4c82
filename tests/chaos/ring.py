# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ring's rows by the plain driver, from the machine that the lab runs on."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import cassandra
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import RoundRobinPolicy
from cassandra.query import dict_factory
from lab import hosts as lab_hosts
from lab.shell import run


class Unreadable(Exception):
    """The ring did not answer just now: as faults go on, an ordinary answer."""


class Ring:
    """A reader of the lab's ring.

    :param names: the lab's hosts. :param folder: where the ring's certificate is put.
    """

    def __init__(self, names: list[str], folder: Path) -> None:
        secret = json.loads(run("docker", "exec", names[0], "cat", "/etc/ringfleet/secret.json"))
        ca_file = folder / "ca.pem"
        ca_file.write_text(run("docker", "exec", names[0], "cat", "/etc/ringfleet/tls/ca.pem"), encoding="utf-8")
        profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), row_factory=dict_factory, request_timeout=5,
                                   consistency_level=cassandra.ConsistencyLevel.QUORUM)
        self._cluster = Cluster(
            [lab_hosts.address(int(name.removeprefix(lab_hosts.PREFIX))) for name in names],
            ssl_context=ssl.create_default_context(cafile=str(ca_file)), protocol_version=5, execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            auth_provider=PlainTextAuthProvider(secret["store_user"], secret["store_password"]),
            idle_heartbeat_interval=1, idle_heartbeat_timeout=2, connect_timeout=5, schema_metadata_enabled=False, token_metadata_enabled=False)
        self._session = self._cluster.connect()

    def rows(self, table: str, key: str) -> dict[str, dict[str, Any]]:
        """A table's rows by their key. Raises Unreadable."""
        try:
            return {row[key]: row for row in self._session.execute(f"SELECT * FROM ringfleet.{table}")}
        except (NoHostAvailable, cassandra.DriverException, cassandra.protocol.ErrorMessage) as error:
            raise Unreadable(str(error)) from error

    def open_moves(self) -> list[tuple[str, str]]:
        """(host, move) of every move that is listed as open. Raises Unreadable."""
        try:
            return [(row["host"], row["id"]) for row in self._session.execute("SELECT host, id FROM ringfleet.moves_by_host")]
        except (NoHostAvailable, cassandra.DriverException, cassandra.protocol.ErrorMessage) as error:
            raise Unreadable(str(error)) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._cluster.shutdown()
