# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays of the role ring_node on a ring in a file (copies.py)."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from gates.part import ROOT
from simulation import copies

PLAYBOOK = """
- hosts: {host}
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {{name: ringfleet.core.ring_node, tasks_from: {tasks}}}
"""


def repaired(hosts: list[str], everything: bool) -> list[str]:
    """What is seen of a repair by these hosts, each of everything that it has or of its own ranges."""
    how = "-full" if everything else "-full -pr"
    return ([f"{host}: repair {how} {name}" for host in hosts for name in ("system_auth", "ringfleet")]
            + [f"{host}: repair -paxos-only ringfleet" for host in hosts])


class Play:
    """A ring of the hosts h1, h2 ... ; ``away``: hosts that cannot be reached."""

    def __init__(self, folder: pathlib.Path, size: int, away: tuple[str, ...] = (), **ring: object) -> None:
        self.folder, self.away = folder, away
        self.hosts = [f"h{each}" for each in range(1, size + 1)]
        copies.Ring.made(self.hosts, folder=folder, **ring)
        for host in self.hosts:
            wrapper = folder / f"python-{host}"
            wrapper.write_text(f'#!/bin/sh\nHERE={host} exec {sys.executable} "$@"\n', encoding="utf-8")
            wrapper.chmod(0o755)

    def __call__(self, host: str, tasks: str, **given: object) -> tuple[int, str]:
        """(exit status, all that was told) of these tasks of the role on a host."""
        tool = f"env PYTHONPATH={ROOT / '.cache'} {sys.executable} {copies.__file__} {self.folder}"
        nodetool = self.folder / "nodetool"
        nodetool.write_text(f'#!/bin/sh\nexec {tool} nodetool "$HERE" "$@"\n', encoding="utf-8")
        nodetool.chmod(0o755)
        members = {each: copies.address(each) for each in self.hosts}
        given = {"ring_node_members": members, "ring_node_secret": "unit-test-secret-0123456789-abcdefghij", "ring_node_nodetool": str(nodetool),
                 "ring_node_ringadmin": f"{tool} ringadmin", **given}
        hosts = {each: {"ansible_connection": "local", "ansible_python_interpreter": str(self.folder / f"python-{each}")} for each in self.hosts}
        for each in self.away:
            hosts[each] = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
        (self.folder / "hosts.json").write_text(json.dumps({"ringfleet": {"hosts": hosts}}), encoding="utf-8")
        (self.folder / "play.yml").write_text(PLAYBOOK.format(host=host, tasks=tasks), encoding="utf-8")
        done = subprocess.run(["ansible-playbook", "-i", str(self.folder / "hosts.json"), str(self.folder / "play.yml"), "-e", json.dumps(given)],
                              capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
        return done.returncode, done.stdout + done.stderr

    def ring(self) -> copies.Ring:
        """As it is now."""
        return copies.Ring.read(self.folder)

    def seen(self) -> list[str]:
        """What was done, in order."""
        return self.ring().state["seen"]

    def cut(self, steps: int) -> None:
        """Cut the next run short before its step of this number, from 0 on."""
        ring = self.ring()
        ring.state["cut"] = steps
        ring.save()
