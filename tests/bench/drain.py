# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with nine services is emptied: by playbook, and by Swarm's ``--availability drain``, in turns. How long it takes, for how long
each service answers nowhere, and what of the time is Ansible's own.

One image, one stop signal, each service published at a port of its host. The ring and the watchers stay up in the swarm's turns."""

from __future__ import annotations

import statistics
import time

from lab import hosts as lab_hosts

from bench import fleet, swarm
from bench.gaps import Watch

PORTS = list(range(9201, 9210))
ROUNDS = 3
LIMIT_S = 300


def run(hosts: list[str]) -> list[str]:
    """Three rounds of each; the ratios are of the medians."""
    ours: list[tuple[float, list[float]]] = []
    theirs: list[tuple[float, list[float]]] = []
    shares = []
    for number in range(1, ROUNDS + 1):
        whole, gaps, share = _ringfleet(hosts, number)
        ours.append((whole, gaps))
        shares.append(share)
        theirs.append(_swarm(hosts))
        whole_of_swarm, gaps_of_swarm = theirs[-1]
        print(f"  round {number}: ringfleet {whole:.1f} s, gaps {_told(gaps)} s; Swarm {whole_of_swarm:.1f} s, gaps {_told(gaps_of_swarm)} s", flush=True)
    mine, other = (statistics.median(whole for whole, _gaps in rounds) for rounds in (ours, theirs))
    gap, gap_of_swarm = (statistics.median(gap for _whole, gaps in rounds for gap in gaps) for rounds in (ours, theirs))
    worst, worst_of_swarm = (max(gap for _whole, gaps in rounds for gap in gaps) for rounds in (ours, theirs))
    # Medians of the rounds, of all services in all rounds, and the longest of those.
    return [f"asked for to empty          ringfleet {mine:5.1f} s   Swarm {other:5.1f} s   ratio {mine / other:.2f}",
            f"a service answers nowhere   ringfleet {gap:5.2f} s   Swarm {gap_of_swarm:5.2f} s   ratio {gap / gap_of_swarm:.2f}",
            f"the longest of these gaps   ringfleet {worst:5.2f} s   Swarm {worst_of_swarm:5.2f} s   ratio {worst / worst_of_swarm:.2f}",
            f"Ansible's own share of ringfleet's time: {statistics.median(shares):.0%}"]


def _told(gaps: list[float]) -> str:
    """Each service's gap, in the order of their ports."""
    return " ".join(f"{gap:.1f}" for gap in gaps)


def _urls(hosts: list[str]) -> list[list[tuple[str, int]]]:
    """Where each service may answer."""
    addresses = [lab_hosts.address(int(host.removeprefix(lab_hosts.PREFIX))) for host in hosts]
    return [[(address, port) for address in addresses] for port in PORTS]


def _ringfleet(hosts: list[str], turn: int) -> tuple[float, list[float], float]:
    """(seconds, each service's longest gap, Ansible's share)."""
    asked, crowd = hosts[0], hosts[-1]
    names = {f"{fleet.PREFIX}-drain{turn}-{port}" for port in PORTS}
    for host in hosts:
        fleet.remove(host)
    try:
        for name in sorted(names):
            fleet.on(crowd, "docker", "run", "-d", "--name", name, "--label", "ringfleet.managed=true", "--stop-signal", "SIGKILL",
                     "-p", f"{name.rsplit('-', 1)[1]}:80", fleet.IMAGE)
        fleet.until("the fleet to keep their specs", lambda: names <= {
            each["name"] for each in fleet.module(asked, "container_info")["containers"] if each["holder"] == crowd and each["spec_hash"]}, LIMIT_S)
        with Watch(_urls(hosts)) as watch:
            begun = time.time()
            fleet.run("ansible-playbook", "-i", str(fleet.INVENTORY), "ringfleet.core.drain", "-e", f"ringfleet_target={crowd}")
            whole = time.time() - begun
        told = {each["kind"]: each["sent_at"] / 1000 for each in fleet.module(asked, "broadcast_info", since=int(whole) + 5)["broadcasts"]
                if each["host"] in (asked, crowd) and each["kind"] in ("leaving", "drained") and each["sent_at"] / 1000 >= begun}
        return whole, watch.gaps(), 1 - (told["drained"] - told["leaving"]) / whole
    finally:
        for host in hosts:
            fleet.remove(host)
        fleet.run("ansible-playbook", "-i", str(fleet.INVENTORY), "ringfleet.core.join")


def _swarm(hosts: list[str]) -> tuple[float, list[float]]:
    """(seconds, each service's longest gap)."""
    asked, crowd = hosts[0], hosts[-1]
    with swarm.crowded(hosts, crowd, PORTS), Watch(_urls(hosts)) as watch:
        begun = time.time()
        swarm.available(asked, crowd, "drain")
        fleet.until("the swarm to have moved all", lambda: not fleet.running(crowd, swarm.NAME) and sum(
            len(fleet.running(host, swarm.NAME)) for host in hosts) == len(PORTS), LIMIT_S)
        whole = time.time() - begun
    return whole, watch.gaps()
