# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a host, before anything is changed: what is here, and everything that stands against a ring node, at once.

Input: one JSON object on standard input (see `Wanted`). Output: one JSON object {"facts": {...}, "problems": [text, ...]}.
Only the standard library, Python 3.8 and newer, so that an unsupported host can still be told why."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time

CONNECT_TIMEOUT = 3.0
VERSION = r"(\d+)\.(\d+)\.(\d+)"
JAVA_HINT = "openjdk-17-jre-headless; Debian 13 has none, Temurin 17 runs there"
PLACE_VARIABLES = {"datacenter": "ringfleet_datacenter", "rack": "ringfleet_rack", "tokens": "ring_node_tokens"}


def output(*argv):
    """What a command prints (both streams, stripped), or None when it is not there or fails."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=20,
                              check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def first_number(pattern, text):
    """The numbers of the first match as a tuple of int, or None."""
    found = re.search(pattern, text or "")
    return tuple(int(group) for group in found.groups()) if found else None


def read(path):
    """Text of a file, or an empty string when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def system_name():
    """("debian", "12") out of os-release."""
    pairs = dict(line.split("=", 1) for line in read("/etc/os-release").splitlines() if "=" in line)
    return pairs.get("ID", "").strip('"'), pairs.get("VERSION_ID", "").strip('"')


def memory_mb():
    """MiB of this host: its own cgroup's limit where it has one, of the machine otherwise."""
    total = int(first_number(r"MemTotal:\s+(\d+)", read("/proc/meminfo"))[0]) // 1024
    for path in ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"):
        text = read(path).strip()
        if text.isdigit():
            total = min(total, int(text) // 2**20)
    return total


def free_disk_mb(path):
    """MiB free where path is or will be."""
    while not os.path.isdir(path):
        path = os.path.dirname(path) or "/"
    return shutil.disk_usage(path).free // 2**20


def environment_of(unit):
    """The environment of the unit's running process, empty when it does not run."""
    pid = output("systemctl", "show", "-p", "MainPID", "--value", unit)
    if not pid or pid == "0":
        return {}
    return dict(pair.split("=", 1) for pair in read(f"/proc/{pid}/environ").split("\0") if "=" in pair)


def connect(address, port):
    """None when the port answers or refuses (no firewall is in the way), else why not."""
    try:
        socket.create_connection((address, port), CONNECT_TIMEOUT).close()
    except ConnectionRefusedError:
        return None
    except OSError as error:
        return "timed out" if isinstance(error, socket.timeout) else error.strerror or str(error)
    return None


def listens(address, port):
    """True when something accepts connections there."""
    try:
        socket.create_connection((address, port), CONNECT_TIMEOUT).close()
    except OSError:
        return False
    return True


def place_of(config, rackdc):
    """What a ring node is never given another of, by the text of its files: {"datacenter", "rack", "tokens"}, None where they do not say."""
    found = {"datacenter": re.search(r"^dc=(.*)$", rackdc, re.MULTILINE), "rack": re.search(r"^rack=(.*)$", rackdc, re.MULTILINE),
             "tokens": re.search(r"^num_tokens: (\d+)$", config, re.MULTILINE)}
    return {what: match.group(1).strip() if match else None for what, match in found.items()}


def gather(wanted):
    """What is here; every value as it was found, without a judgement."""
    data = wanted["data_dir"]
    local = os.path.join(data, "data", "system")
    config = read(os.path.join(wanted["node_dir"], "cassandra.yaml"))
    seeds = re.search(r"seeds: [\"']?([^\"'\n]*)", config)
    name = re.search(r"^cluster_name: [\"']?([^\"'\n]*)", config, re.MULTILINE)
    running = environment_of(wanted["unit"])
    return {
        "now": time.time(),
        "hostname": socket.gethostname(),
        "system": system_name(),
        "architecture": platform.machine(),
        "python": sys.version_info[:2],
        "venv": output(sys.executable, "-c", "import ensurepip, venv") is not None,
        "java": first_number(r'version "(\d+)', output("java", "-version")),
        "systemd": first_number(r"^systemd (\d+)", output("systemctl", "--version")) if os.path.isdir("/run/systemd/system") else None,
        "docker_command": shutil.which("docker") is not None,
        "docker": first_number(r"^(\d+)\.(\d+)$", output("docker", "version", "--format", "{{.Server.APIVersion}}")),
        "missing": [program for program in wanted["programs"] if not shutil.which(program)],
        "memory_mb": memory_mb(),
        "disk_mb": free_disk_mb(data),
        "addresses": re.findall(r"inet6? ([0-9a-f.:]+)/", output("ip", "-o", "address") or ""),
        "place": place_of(config, read(os.path.join(wanted["node_dir"], "cassandra-rackdc.properties"))),
        "version": first_number(f"VERSION = '{VERSION}'", read(wanted["program"])),
        "joined": os.path.exists(os.path.join(data, "joined")),
        "has_data": os.path.isdir(local) and any(entry.startswith("local-") for entry in os.listdir(local)),
        "ring": name.group(1) if name else None,
        "seeds": [seed for seed in seeds.group(1).split(",") if seed] if seeds else [],
        "authority": read(wanted["authority_file"]),
        "running": running.get("RINGFLEET_CONFIG") if running else None,
        "unit_running": bool(running),
        "taken": [] if running else [port for port in wanted["own_ports"] if listens(wanted["address"], port)],
        "unreachable": [[peer, port, why] for peer, address in sorted(wanted["peers"].items()) for port in wanted["peer_ports"]
                        for why in [connect(address, port)] if why],
    }


def judge(facts, wanted):
    """Everything that stands against a ring node here, each as one sentence with its remedy. Pure."""
    problems = []
    system, version = facts["system"]
    need = problems.append
    if version not in wanted["systems"].get(system, []):
        supported = ", ".join(f"{name} {'/'.join(versions)}" for name, versions in sorted(wanted["systems"].items()))
        need(f"the operating system {system or '?'} {version or '?'} is not supported (supported: {supported}; ring_node_systems adds others at your own risk)")
    if facts["architecture"] not in wanted["architectures"]:
        need(f"the architecture {facts['architecture']} is not supported (supported: {', '.join(wanted['architectures'])})")
    low, high = (tuple(bound) for bound in wanted["python"])
    if not low <= tuple(facts["python"]) <= high:
        need(f"Python {dotted(facts['python'])} is not supported: {dotted(low)} to {dotted(high)} is needed (ansible_python_interpreter chooses another)")
    if not facts["venv"]:
        need("Python cannot make virtual environments: install the package python3-venv")
    if facts["java"] is None:
        need(f"there is no Java: install a Java {' or '.join(map(str, wanted['java']))} runtime ({JAVA_HINT})")
    elif facts["java"][0] not in wanted["java"]:
        need(f"Java {facts['java'][0]} is not supported: Cassandra 5.0 needs {' or '.join(map(str, wanted['java']))} as the command java ({JAVA_HINT})")
    if facts["systemd"] is None:
        need("systemd is not the first process")
    elif facts["systemd"][0] < wanted["systemd"]:
        need(f"systemd {facts['systemd'][0]} is too old: {wanted['systemd']} or newer is needed")
    if facts["docker"] is None and not facts["docker_command"]:
        need("there is no command docker: install one (docker.io, and docker-cli where that is a package of its own)")
    elif facts["docker"] is None:
        need("no Docker engine answers on this host: install and start one (docker.io)")
    elif tuple(facts["docker"]) < tuple(wanted["docker"]):
        need(f"the Docker engine's API {dotted(facts['docker'])} is too old: {dotted(wanted['docker'])} or newer is needed (Docker 20.10)")
    if facts["missing"]:
        need(f"these programs are missing: {', '.join(facts['missing'])}")
    if facts["memory_mb"] < wanted["memory_mb"]:
        need(f"{facts['memory_mb']} MiB of memory are too little: {wanted['memory_mb']} MiB are needed (ring_node_min_memory_mb)")
    if facts["disk_mb"] < wanted["disk_mb"]:
        need(f"{facts['disk_mb']} MiB of free disk for {wanted['data_dir']} are too little: {wanted['disk_mb']} MiB are needed (ring_node_min_disk_mb)")
    if wanted["address"] not in facts["addresses"]:
        need(f"{wanted['address']} is no address of this host (it has {', '.join(facts['addresses'])}): set ringfleet_address")
    if facts["has_data"] and facts["ring"] not in (None, wanted["ring"]):
        need(f"this host belongs to the ring {facts['ring']!r}, not to {wanted['ring']!r}: it keeps its data and is not touched")
    if facts["joined"] and facts["authority"].strip() != wanted["authority"].strip():
        need("this host has joined a ring with another ringfleet_secret (or authority): use that one; a ring is not given another secret by a run")
    for what, value in sorted(facts["place"].items()):
        if facts["joined"] and value is not None and value != str(wanted["place"][what]):
            need(f"the {what} of this host's ring node is {value} and cannot become {wanted['place'][what]}, it would not start any more: keep {value} "
                 f"({PLACE_VARIABLES[what]}), or take the host out with the playbook exit and let it join again")
    if facts["joined"] and facts["version"] and tuple(facts["version"]) > first_number(VERSION, wanted["version"]):
        need(f"version {dotted(facts['version'])} of ringfleet.core runs here, newer than this collection's {wanted['version']}: use the newer one")
    for port in facts["taken"]:
        need(f"port {port} of {wanted['address']} is in use by something else")
    down = [peer for peer in wanted["peers"] if peer not in wanted["present"]
            and sum(entry[0] == peer for entry in facts["unreachable"]) == len(wanted["peer_ports"])]
    for peer, port, why in facts["unreachable"]:
        if peer not in down:
            need(f"port {port}/tcp of {peer} ({wanted['peers'][peer]}) cannot be reached from here ({why}): open it between the members")
    return problems


def dotted(numbers):
    """(3, 11) as "3.11"."""
    return ".".join(str(number) for number in numbers)


def main():
    """Read, look, judge, print."""
    wanted = json.load(sys.stdin)
    facts = gather(wanted)
    print(json.dumps({"facts": facts, "problems": judge(facts, wanted)}))


if __name__ == "__main__":
    main()
