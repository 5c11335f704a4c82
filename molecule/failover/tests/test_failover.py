# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is killed: what may run anywhere runs again on the others, equal and once; what is bound to it waits; then it returns.

The order matters: each test goes on where the one before stopped."""

from __future__ import annotations

import subprocess
from typing import Any

from outside import eventually, inspect, rows
from testinfra.host import Host

FREE = ("failover-1", "failover-2", "failover-3")
EXCLUSIVE = "failover-exclusive"
BOUND = "failover-bound"
SECRET = "planted-failover-secret"


def row_of(host: Host, table: str, key: str, value: str) -> dict[str, Any]:
    """One row of the ring."""
    found = rows(host, f"SELECT * FROM ringfleet.{table} WHERE {key} = '{value}'")
    return found[0] if found else {}


def running(hosts: dict[str, Host], name: str) -> list[tuple[str, str]]:
    """[(host, id)] of every running copy."""
    found = {at: inspect(host, name) for at, host in hosts.items()}
    return [(at, copy["Id"]) for at, copy in found.items() if copy and copy["State"]["Running"]]


def runs_once(hosts: dict[str, Host], name: str) -> bool:
    """Whether exactly one copy runs, the one that its row names, and nothing of it is open."""
    row = row_of(hosts[min(hosts)], "containers", "name", name)
    return running(hosts, name) == [(row["holder"], row["instance"])] and not row["move"]


def test_what_may_run_anywhere_runs_again(killed: dict[str, Host], doomed: str) -> None:
    for name in FREE:
        eventually(f"{name} to run again", lambda name=name: runs_once(killed, name), 240)
        row = row_of(killed[min(killed)], "containers", "name", name)
        assert (row["previous"], row["moved_for"]) == (doomed, "lost")
        copy = inspect(killed[row["holder"]], name)
        assert copy is not None
        assert f"FAILOVER_SECRET={SECRET}" in copy["Config"]["Env"]
        assert copy["HostConfig"]["RestartPolicy"]["Name"] == "always"
        port = 8090 + int(name[-1])
        said = eventually(f"{name} to answer", lambda row=row, port=port: killed[row["holder"]].run(
            f"wget -q -O - http://127.0.0.1:{port}/cgi-bin/where || curl -s http://127.0.0.1:{port}/cgi-bin/where").stdout.strip(), 30)
        assert said == row["instance"][:12]


def test_the_loss_is_on_record(killed: dict[str, Host], doomed: str) -> None:
    first = killed[min(killed)]
    row = row_of(first, "hosts", "host", doomed)
    assert (row["state"], row["coordinator"] in killed, row["failover_epoch"] >= 1) == ("lost", True, True)
    told = {(each["kind"], each["detail"].split(":")[0]) for each in rows(first, "SELECT kind, detail FROM ringfleet.broadcasts")}
    assert ("lost", doomed) in told


def test_what_is_exclusive_runs_again_once_the_lease_ran_out(killed: dict[str, Host], doomed: str) -> None:
    eventually(f"{EXCLUSIVE} to run again", lambda: runs_once(killed, EXCLUSIVE), 240)
    first = killed[min(killed)]
    row = row_of(first, "containers", "name", EXCLUSIVE)
    assert (row["previous"], row["moved_for"]) == (doomed, "lost")
    copy = inspect(killed[row["holder"]], EXCLUSIVE)
    assert copy is not None
    assert copy["HostConfig"]["RestartPolicy"]["Name"] == "no"
    told = {(each["kind"], each["detail"].split(":")[0]) for each in rows(first, "SELECT kind, detail FROM ringfleet.broadcasts")}
    assert ("expired", doomed) in told


def test_what_is_bound_to_it_waits(killed: dict[str, Host], doomed: str) -> None:
    assert row_of(killed[min(killed)], "containers", "name", BOUND)["holder"] == doomed
    assert running(killed, BOUND) == []
    coordinator = row_of(killed[min(killed)], "hosts", "host", doomed)["coordinator"]
    said = killed[coordinator].run("ringfleet status").stdout
    assert f"pending: {BOUND} (it cannot run elsewhere (bind mount /srv" in said


def test_the_host_returns_and_its_old_copies_stop(members: dict[str, Host], killed: dict[str, Host], doomed: str) -> None:
    generation = row_of(killed[min(killed)], "hosts", "host", doomed)["generation"]
    subprocess.run(["docker", "start", doomed], check=True, capture_output=True)

    def back() -> bool:
        row = row_of(killed[min(killed)], "hosts", "host", doomed)
        return row["state"] == "normal" and row["generation"] == generation + 1

    eventually(f"{doomed} to be back", back, 240)
    for name in (*FREE, EXCLUSIVE):
        eventually(f"{name} to run once", lambda name=name: runs_once(members, name), 120)
        assert row_of(killed[min(killed)], "containers", "name", name)["holder"] != doomed
    eventually(f"{BOUND} to run again", lambda: running(members, BOUND) == [(doomed, row_of(
        killed[min(killed)], "containers", "name", BOUND)["instance"])], 120)
