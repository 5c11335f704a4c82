# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asked for the report: any member that answers, over a real socket of a twin's watcher."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
from simulation.engine import image_of
from simulation.twin import Fleet

from ansible_collections.ringfleet.core.plugins.module_utils.protocol.server import Server

PLAYBOOK = """
- hosts: all
  gather_facts: false
  module_defaults:
    group/ringfleet.core.ringfleet:
      socket: "{{ twin_socket }}"
  tasks:
    - name: Ask
      ansible.builtin.include_role:
        name: ringfleet.core.ring_report
        tasks_from: ask
    - name: Write
      ansible.builtin.include_role:
        name: ringfleet.core.ring_report
        tasks_from: write
      when: inventory_hostname == ring_report_speaker
"""
AWAY = {"ansible_connection": "ansible.builtin.ssh", "ansible_host": "nowhere.invalid", "ansible_ssh_executable": "/bin/false", "twin_socket": "/none"}


@pytest.fixture
def socket(tmp_path: pathlib.Path) -> str:
    """A watcher's, with a container."""
    fleet = Fleet()
    for host in fleet.hosts.values():
        host.engine.add_image(image_of("web:1"))
    fleet["h1"].engine.run("web", "web:1", {"ringfleet.managed": "true"})
    fleet.run(30)
    server = Server(str(tmp_path / "s.sock"), fleet["h2"].watcher.registry, pytest.fail)
    server.start()
    yield str(tmp_path / "s.sock")
    server.stop()


def report(folder: pathlib.Path, **hosts: dict) -> tuple[subprocess.CompletedProcess, str]:
    """A run on these hosts, and the page that it wrote."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path = folder / "report.html"
    (folder / "hosts.yml").write_text(json.dumps({"all": {
        "hosts": {name: {**local, **more} for name, more in hosts.items()}, "vars": {"ring_report_path": str(path)}}}), encoding="utf-8")
    (folder / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    done = subprocess.run(["ansible-playbook", "-i", str(folder / "hosts.yml"), str(folder / "play.yml")], capture_output=True, text=True, check=False,
                          env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    return done, path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_host_out_of_reach_and_a_watcher_that_is_down_are_passed_over(tmp_path: pathlib.Path, socket: str) -> None:
    done, page = report(tmp_path, away=AWAY, down={"twin_socket": "/none"}, well={"twin_socket": socket})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "As h2 sees it" in page
    assert "<strong>web</strong>" in page


def test_when_nobody_answers_it_is_said_and_nothing_is_written(tmp_path: pathlib.Path) -> None:
    done, page = report(tmp_path, away=AWAY, down={"twin_socket": "/none"})
    assert (done.returncode != 0, page) == (True, "")
    assert "No member answers" in done.stdout
    assert "no socket /none" in " ".join(done.stdout.split())
