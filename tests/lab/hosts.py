# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the lab: containers with systemd, sshd and a Docker engine of their own, and limits like small machines.

Everything is named rflab-*; down removes by these names, with the anonymous volumes that hold the inner /var/lib/docker."""

from __future__ import annotations

import concurrent.futures
import os
import re
import subprocess
import zlib

from . import image, web
from .shell import LabError, run, say, succeeds, wait_for

# A second lab beside the first, for whoever must not disturb it: LAB_NAME=rflab2. Each has names and addresses of its own.
DEFAULT = "rflab"
LAB = os.environ.get("LAB_NAME", DEFAULT)
if not re.fullmatch(r"rflab[a-z0-9]{0,4}", LAB):
    raise SystemExit(f"lab: LAB_NAME={LAB!r} must be rflab, or rflab and up to four letters or digits")
NETWORK = f"{LAB}-net"
SUBNET = "10.213.7" if LAB == DEFAULT else f"10.213.{8 + zlib.crc32(LAB.encode()) % 240}"
PREFIX = f"{LAB}-h"
CPUS = "1"
MEMORY = "3g"
BOOT_TIMEOUT = 90.0
# Named one by one: --privileged fails on machines that lack CAP_SYS_RESOURCE themselves.
CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYSLOG", "MKNOD", "NET_RAW", "SYS_CHROOT", "DAC_READ_SEARCH")


def name(number: int) -> str:
    """Name of host number 1, 2, ..."""
    return f"{PREFIX}{number}"


def address(number: int) -> str:
    """Fixed address of host number 1, 2, ..."""
    return f"{SUBNET}.{10 + number}"


def existing() -> list[str]:
    """Names of the lab's hosts on this engine, running or not, by number."""
    names = run("docker", "ps", "-a", "--filter", f"name=^{PREFIX}[0-9]+$", "--format", "{{.Names}}").split()
    return sorted((n for n in names if re.fullmatch(rf"{PREFIX}\d+", n)), key=lambda n: int(n[len(PREFIX):]))


def up(count: int, web_on: str = "all") -> list[str]:
    """Bring hosts 1..count up and return their names; those that run already are kept as they are.

    web_on: "all", "none" or the name of the one host that gets the test image (so that a move has to bring it along)."""
    base = image.ensure()
    web_image = web.ensure()
    _network()
    numbers = range(1, count + 1)
    for number in numbers:
        _start(number, base)
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda number: _ready(name(number)), numbers))
        chosen = [name(n) for n in numbers if web_on in ("all", name(n))]
        list(pool.map(lambda host: load(host, web_image), chosen))
    return [name(number) for number in numbers]


def down() -> None:
    """Remove every host of the lab, their volumes, and the network."""
    hosts = existing()
    if hosts:
        run("docker", "rm", "-f", "-v", *hosts)
    if succeeds("docker", "network", "inspect", NETWORK):
        run("docker", "network", "rm", NETWORK)
    say(f"removed {', '.join(hosts) or 'no host'} and {NETWORK}")


def load(host: str, image_name: str) -> None:
    """Load an image of this machine's engine into one host, unless it has the same image."""
    wanted = run("docker", "image", "inspect", "-f", "{{.Id}}", image_name).strip()
    if succeeds("docker", "exec", host, "docker", "image", "inspect", wanted):
        return
    with subprocess.Popen(["docker", "save", image_name], stdout=subprocess.PIPE) as save:
        run("docker", "exec", "-i", host, "docker", "load", "-q", stdin=save.stdout)
    if save.returncode:
        raise LabError(f"docker save {image_name} failed with {save.returncode}")


def _network() -> None:
    if not succeeds("docker", "network", "inspect", NETWORK):
        run("docker", "network", "create", "--subnet", f"{SUBNET}.0/24", "--opt", f"com.docker.network.bridge.name={NETWORK}", NETWORK)


def _start(number: int, base: str) -> None:
    """Create and start one host, replacing one that was made from another image."""
    host = name(number)
    if succeeds("docker", "container", "inspect", host):
        if run("docker", "inspect", "-f", "{{.Config.Image}}", host).strip() == base:
            run("docker", "start", host)
            return
        run("docker", "rm", "-f", "-v", host)
    say(f"starting {host} at {address(number)}")
    run("docker", "run", "-d", "--name", host, "--hostname", host, "--network", NETWORK, "--ip", address(number),
        "--cpus", CPUS, "--memory", MEMORY, "--memory-swap", MEMORY, "--cgroupns=private",
        *(word for capability in CAPABILITIES for word in ("--cap-add", capability)),
        "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--device-cgroup-rule", "a *:* rwm",
        "-v", "/var/lib/docker", "--label", "rflab=host", base)


def _ready(host: str) -> None:
    """Wait until systemd is done, the inner engine answers and sshd listens."""
    wait_for(f"{host} to boot (docker exec {host} systemctl --failed)",
             lambda: succeeds("docker", "exec", host, "systemctl", "is-system-running"), BOOT_TIMEOUT)
    wait_for(f"the engine of {host}", lambda: succeeds("docker", "exec", host, "docker", "version"), BOOT_TIMEOUT)
    wait_for(f"sshd of {host}", lambda: succeeds("docker", "exec", host, "systemctl", "is-active", "-q", "ssh"), BOOT_TIMEOUT)
