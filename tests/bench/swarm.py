# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's engines as a Docker Swarm of managers, for comparison: services of one replica, spread over the hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab import hosts as lab_hosts

from bench import fleet

NAME = f"{fleet.PREFIX}-swarm"


@contextmanager
def formed(hosts: list[str]) -> Iterator[None]:
    """A swarm of all hosts, each a manager; gone afterwards with all its services."""
    leave(hosts)
    try:
        addresses = [lab_hosts.address(int(host.removeprefix(lab_hosts.PREFIX))) for host in hosts]
        fleet.on(hosts[0], "docker", "swarm", "init", "--advertise-addr", addresses[0])
        token = fleet.on(hosts[0], "docker", "swarm", "join-token", "-q", "manager").strip()
        for host, address in zip(hosts[1:], addresses[1:]):
            fleet.on(host, "docker", "swarm", "join", "--advertise-addr", address, "--token", token, f"{addresses[0]}:2377")
        yield
    finally:
        leave(hosts)


@contextmanager
def services(hosts: list[str], count: int) -> Iterator[None]:
    """A swarm of all hosts with so many services of the test image, spread evenly."""
    with formed(hosts):
        for number in range(1, count + 1):
            create(hosts[0], number)
        even = [count // len(hosts)] * len(hosts)
        fleet.until("the swarm's services to run, evenly", lambda: [len(fleet.running(host, NAME)) for host in hosts] == even, 120)
        yield


@contextmanager
def crowded(hosts: list[str], crowd: str, ports: list[int]) -> Iterator[None]:
    """A swarm of all hosts with one service a port, which it publishes on its host, all of them on one host."""
    with formed(hosts):
        others = [host for host in hosts if host != crowd]
        for host in others:
            available(hosts[0], host, "pause")
        for number, port in enumerate(ports, 1):
            create(hosts[0], number, "--publish", f"mode=host,target=80,published={port}")
        fleet.until(f"the swarm's services to run on {crowd}", lambda: len(fleet.running(crowd, NAME)) == len(ports), 120)
        for host in others:
            available(hosts[0], host, "active")
        yield


def create(asked: str, number: int, *options: str) -> None:
    """One service of one replica."""
    fleet.on(asked, "docker", "service", "create", "--detach", "--no-resolve-image", "--name", f"{NAME}-{number}", "--stop-signal", "SIGKILL",
             *options, fleet.IMAGE)


def available(asked: str, host: str, availability: str) -> None:
    """Say whether the swarm may use a host: active, pause, drain."""
    fleet.on(asked, "docker", "node", "update", "--availability", availability, host)


def is_down(asked: str, host: str) -> bool:
    """Whether the swarm takes a host for down."""
    return fleet.on(asked, "docker", "node", "ls", "--filter", f"name={host}", "--format", "{{.Status}}").split() == ["Down"]


def leave(hosts: list[str]) -> None:
    """No host is in a swarm any more; whoever leaves first takes its containers along."""
    for host in reversed(hosts):
        if fleet.on(host, "docker", "info", "--format", "{{.Swarm.LocalNodeState}}").strip() != "inactive":
            fleet.on(host, "docker", "swarm", "leave", "--force")
