# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look at a host before anything is changed: each thing that stands against it is one sentence, and all are told."""

from __future__ import annotations

import importlib.util
import pathlib
import socket

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "ring_node" / "files" / "preflight.py"
SPEC = importlib.util.spec_from_file_location("preflight", SOURCE)
preflight = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(preflight)

WANTED = {
    "systems": {"debian": ["12", "13"]}, "architectures": ["x86_64"], "python": [[3, 10], [3, 14]], "java": [11, 17], "systemd": 247,
    "docker": [1, 41], "programs": [], "memory_mb": 3072, "disk_mb": 4096, "ring": "ringfleet", "address": "10.0.0.1",
    "peers": {"h2": "10.0.0.2", "h3": "10.0.0.3"}, "present": ["h2"], "peer_ports": [7000, 9042], "own_ports": [7000, 9042],
    "data_dir": "/nonexistent/data", "node_dir": "/nonexistent", "unit": "no-such-unit.service",
    "authority": "CERT", "authority_file": "/nonexistent/ca.pem", "program": "/nonexistent/build.py", "version": "1.9.0",
    "place": {"datacenter": "dc1", "rack": "rack1", "tokens": 16},
}
FIT = {
    "system": ["debian", "12"], "architecture": "x86_64", "python": [3, 11], "venv": True, "java": [17], "systemd": [252], "docker": [1, 41],
    "docker_command": True, "place": {"datacenter": None, "rack": None, "tokens": None},
    "version": None, "missing": [], "memory_mb": 4096, "disk_mb": 9000, "addresses": ["127.0.0.1", "10.0.0.1"], "has_data": False, "ring": None, "taken": [],
    "unreachable": [], "joined": False, "authority": "",
}


def test_a_fit_host_has_no_problem() -> None:
    assert preflight.judge(FIT, WANTED) == []


@pytest.mark.parametrize(("found", "text"), [
    ({"system": ["debian", "11"]}, "operating system debian 11 is not supported (supported: debian 12/13"),
    ({"architecture": "riscv64"}, "architecture riscv64"),
    ({"python": [3, 9]}, "Python 3.9 is not supported: 3.10 to 3.14"),
    ({"venv": False}, "python3-venv"),
    ({"java": None}, "there is no Java"),
    ({"java": [21]}, "Java 21 is not supported"),
    ({"systemd": None}, "systemd is not the first process"),
    ({"systemd": [246]}, "systemd 246 is too old"),
    ({"docker": None}, "no Docker engine answers"),
    ({"docker": None, "docker_command": False}, "there is no command docker: install one (docker.io, and docker-cli"),
    ({"docker": [1, 40]}, "API 1.40 is too old"),
    ({"missing": ["ssh", "tar"]}, "programs are missing: ssh, tar"),
    ({"memory_mb": 1000}, "1000 MiB of memory are too little"),
    ({"disk_mb": 10}, "10 MiB of free disk"),
    ({"addresses": ["10.9.9.9"]}, "10.0.0.1 is no address of this host (it has 10.9.9.9)"),
    ({"has_data": True, "ring": "other"}, "belongs to the ring 'other', not to 'ringfleet'"),
    ({"joined": True, "authority": "OTHER"}, "joined a ring with another ringfleet_secret"),
    ({"joined": True, "authority": "CERT", "place": {"datacenter": "dc1", "rack": "r7", "tokens": "16"}},
     "the rack of this host's ring node is r7 and cannot become rack1, it would not start any more: keep r7 (ringfleet_rack)"),
    ({"joined": True, "authority": "CERT", "place": {"datacenter": "dc1", "rack": "rack1", "tokens": "8"}}, "keep 8 (ring_node_tokens)"),
    ({"joined": True, "authority": "CERT", "version": [1, 10, 0]}, "version 1.10.0 of ringfleet.core runs here, newer than this collection's 1.9.0"),
    ({"taken": [9042]}, "port 9042 of 10.0.0.1 is in use"),
    ({"unreachable": [["h2", 7000, "timed out"]]}, "port 7000/tcp of h2 (10.0.0.2) cannot be reached from here (timed out)"),
])
def test_each_lack_is_told(found: dict, text: str) -> None:
    problems = preflight.judge({**FIT, **found}, WANTED)
    assert len(problems) == 1
    assert text in problems[0]


def test_all_lacks_are_told_at_once() -> None:
    assert len(preflight.judge({**FIT, "java": None, "docker": None, "memory_mb": 1, "venv": False}, WANTED)) == 4


def test_an_absent_member_may_be_down_but_not_half_reachable() -> None:
    down = {**FIT, "unreachable": [["h3", 7000, "timed out"], ["h3", 9042, "timed out"]]}
    assert preflight.judge(down, WANTED) == []
    half = {**FIT, "unreachable": [["h3", 7000, "timed out"]]}
    assert "port 7000/tcp of h3" in preflight.judge(half, WANTED)[0]


def test_a_refusing_port_is_open_and_a_listening_one_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert preflight.connect("127.0.0.1", port) is None
        assert preflight.listens("127.0.0.1", port)
    assert preflight.connect("127.0.0.1", port) is None
    assert not preflight.listens("127.0.0.1", port)


def test_ring_and_seeds_are_read_from_the_configuration(tmp_path: pathlib.Path) -> None:
    config = tmp_path / "cassandra.yaml"
    (tmp_path / "cassandra-rackdc.properties").write_text("# dc=dc0\ndc=dc1\nrack=r2\n")
    (tmp_path / "build.py").write_text("VERSION = '1.2.30'\n")
    config.write_text("cluster_name: other\nnum_tokens: 16\nseed_provider:\n  - parameters:\n      - seeds: \"10.0.0.1,10.0.0.2\"\n")
    (tmp_path / "data" / "system" / "local-1").mkdir(parents=True)
    facts = preflight.gather({**WANTED, "node_dir": str(tmp_path), "program": str(tmp_path / "build.py"), "data_dir": str(tmp_path),
                              "address": "127.0.0.1", "own_ports": [], "peers": {}})
    assert (facts["ring"], facts["seeds"], facts["has_data"], facts["joined"]) == ("other", ["10.0.0.1", "10.0.0.2"], True, False)
    assert (facts["place"], facts["version"]) == ({"datacenter": "dc1", "rack": "r2", "tokens": "16"}, (1, 2, 30))


def test_what_did_not_join_yet_may_have_any_place_and_any_leftovers() -> None:
    other = {"datacenter": "dc9", "rack": "r7", "tokens": "1"}
    assert preflight.judge({**FIT, "place": other, "version": [9, 0, 0]}, WANTED) == []
    assert preflight.judge({**FIT, "joined": True, "authority": "CERT", "version": [1, 9, 0]}, WANTED) == []
