# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's inventory: what a user would write for such hosts, plus the settings of a small, fast ring."""

from __future__ import annotations

import json
import pathlib

from . import hosts, jars
from .shell import LAB_CACHE

# Not a secret: it protects containers that live for minutes on one machine.
SECRET = "lab-secret-which-protects-nothing-of-value"
FILE = LAB_CACHE / ("inventory" if hosts.LAB == hosts.DEFAULT else f"inventory-{hosts.LAB}") / "hosts.yml"


def build(names: list[str], archive: str, checksum: str) -> dict:
    """The inventory as data; names are host names of the lab."""
    members = {name: {"ringfleet_address": hosts.address(int(name[len(hosts.PREFIX):]))} for name in names}
    return {"ringfleet": {"hosts": members, "vars": {
        "ansible_connection": "community.docker.docker",
        "ansible_pipelining": True,
        "ansible_python_interpreter": "/usr/bin/python3",
        "ringfleet_secret": SECRET,
        "ringfleet_cassandra_archive": archive,
        "ringfleet_cassandra_checksum": f"sha256:{checksum}",
        "ringfleet_cache": str(LAB_CACHE / "controller"),
        "ring_node_heap": "320m",
        "ring_node_memory_max": "1G",
        "ring_node_min_memory_mb": 2048,
        "ring_node_lab": {
            "collector": ["-XX:+UseSerialGC"],
            # A joiner with a ring delay under 5 s that did not wait for gossip to settle became a member without its data: it still waits.
            "jvm_options": ["-XX:TieredStopAtLevel=1", "-Dcassandra.ring_delay_ms=5000", "-Dcassandra.superuser_setup_delay_ms=2000",
                            "-Dcassandra.shutdown_announce_in_ms=0", "-Dcassandra.gossip_settle_min_wait_ms=1000", "-Dcassandra.gossip_settle_interval_ms=500"],
            "settings": {"memtable_heap_space": "16MiB", "memtable_offheap_space": "16MiB", "concurrent_reads": 2, "concurrent_writes": 4,
                         "commitlog_segment_size": "5MiB", "commitlog_total_space": "64MiB", "file_cache_size": "32MiB"},
        },
    }}}


def write(names: list[str]) -> pathlib.Path:
    """Write the inventory file (JSON is YAML) for these hosts and return its path."""
    archive = jars.archive()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(build(names, str(archive), jars.sha256(archive)), indent=2) + "\n"
    if not FILE.exists() or FILE.read_text() != text:
        FILE.write_text(text)
    return FILE
