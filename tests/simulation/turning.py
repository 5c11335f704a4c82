# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A twin fleet of which time goes on by itself, and each watcher listens on a real socket: for parts of playbooks."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import threading

import pytest

from ansible_collections.ringfleet.core.plugins.module_utils.protocol.server import Server

from gates.part import ROOT
from simulation.twin import Fleet, TwinHost

# A host that cannot be reached.
AWAY = {"ansible_connection": "ansible.builtin.ssh", "ansible_host": "nowhere.invalid", "ansible_ssh_executable": "/bin/false", "twin_socket": "/none"}

# What lets a play's modules ask the watchers of such a fleet.
SOCKET = """
  gather_facts: false
  module_defaults:
    group/ringfleet.core.ringfleet:
      socket: "{{ twin_socket }}"
"""

# What a playbook that acts for the fleet does, with the twin's sockets; ``playbook`` is its name and that of its tasks.
CARE = """
- hosts: ringfleet
  gather_facts: false
  module_defaults: &twin
    group/ringfleet.core.ringfleet:
      socket: "{{{{ twin_socket }}}}"
  tasks:
    - name: Begin
      ansible.builtin.include_role:
        name: ringfleet.core.ring_care
        tasks_from: begin
      vars:
        ring_care_playbook: {playbook}
- hosts: ringfleet
  gather_facts: false
  module_defaults: *twin
  tasks:
    - name: Act
      ansible.builtin.include_role:
        name: ringfleet.core.ring_care
        tasks_from: {playbook}
      when: inventory_hostname == ring_leave_speaker
"""
# The variables without which nothing is begun.
FLEET = {"ringfleet_secret": "unit-test-secret-0123456789-abcdefghij", "ringfleet_cassandra_archive": "x", "ringfleet_cassandra_checksum": "sha256:0"}


def book(name: str, upto: str = "") -> str:
    """A playbook of the collection as it is, its modules asking the twin's watchers; without the plays from the one named ``upto`` on."""
    text = (ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")
    if upto:
        text, found, _rest = text.partition(f"\n- name: {upto}\n")
        assert found
    # What is delegated asks the watcher of the host that it is delegated to.
    sockets = SOCKET.replace("{{ twin_socket }}", "{{ hostvars[ring_care_witness | default(inventory_hostname)].twin_socket }}").lstrip("\n")
    return text.replace("  gather_facts: false\n", sockets).replace("fleet/roles.yml", str(ROOT / "playbooks" / "fleet" / "roles.yml"))


class _Door:
    """What a socket serves: the watcher that runs now, or nobody."""

    def __init__(self, host: TwinHost) -> None:
        self.host = host

    def answer(self, text: str, on_bug: object) -> str:
        """As a Registry does."""
        if not self.host.alive:
            raise ConnectionAbortedError(f"{self.host.name} is down")
        return self.host.watcher.registry.answer(text, on_bug)


class Turning:
    """Turns a fleet until ``close``."""

    def __init__(self, fleet: Fleet, folder: pathlib.Path) -> None:
        self.fleet = fleet
        self.folder = folder
        self.servers = {name: Server(str(folder / f"{name}.sock"), _Door(host), pytest.fail) for name, host in fleet.hosts.items()}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._turn)
        for server in self.servers.values():
            server.start()
        self.thread.start()

    def _turn(self) -> None:
        while not self.stop.wait(0.02):
            self.fleet.run(0.2)

    def close(self) -> None:
        """Time stands."""
        self.stop.set()
        self.thread.join()
        for server in self.servers.values():
            server.stop()

    def inventory(self, *names: str, away: tuple[str, ...] = (), **variables: object) -> pathlib.Path:
        """A file with these hosts in the group ringfleet, each on this machine but for those that are ``away``."""
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        group = {name: AWAY if name in away else {**local, "twin_socket": str(self.folder / f"{name}.sock")} for name in names}
        path = self.folder / "hosts.yml"
        path.write_text(json.dumps({"ringfleet": {"hosts": group, "vars": variables}}), encoding="utf-8")
        return path

    def play(self, playbook: str, *words: str, hosts: tuple[str, ...], away: tuple[str, ...] = (), **variables: object) -> tuple[int, str]:
        """(exit status, all that was told on one line) of a playbook on these hosts, with ``words`` on its command line."""
        inventory = self.inventory(*hosts, away=away, **variables)
        (self.folder / "play.yml").write_text(playbook, encoding="utf-8")
        done = subprocess.run(["ansible-playbook", "-i", str(inventory), str(self.folder / "play.yml"), *words],
                              capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
        return done.returncode, " ".join((done.stdout + done.stderr).split())
