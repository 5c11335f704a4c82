# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weekly repair's units as the role writes them: a time of its own for each host, in a form that systemd takes."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from gates.part import ROOT

PLAYBOOK = """
- hosts: all
  gather_facts: false
  connection: local
  vars_files: ["{role}/vars/main.yml"]
  tasks:
    - name: Write
      ansible.builtin.template:
        src: "{role}/templates/{{{{ item }}}}.j2"
        dest: "{folder}/{{{{ inventory_hostname }}}}-{{{{ item }}}}"
        mode: "0644"
      loop: "{{{{ ring_node_repair_units }}}}"
"""


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the units of eight hosts."""
    folder = tmp_path_factory.mktemp("units")
    hosts = {f"h{number}": {} for number in range(1, 8)} | {"set": {"ring_node_repair_calendar": "Sun 04:00"}}
    shared = {"ansible_python_interpreter": sys.executable, "ring_node_repair_calendar": ""}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}), encoding="utf-8")
    (folder / "play.yml").write_text(PLAYBOOK.format(role=ROOT / "roles" / "ring_node", folder=folder), encoding="utf-8")
    done = subprocess.run(["ansible-playbook", "-i", str(folder / "hosts.json"), str(folder / "play.yml")], capture_output=True, text=True,
                          check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def times(units: pathlib.Path) -> dict[str, str]:
    return {path.name.split("-")[0]: re.search(r"^OnCalendar=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE).group(1)
            for path in units.glob("*.timer")}


def test_each_host_has_a_time_of_its_own(units: pathlib.Path) -> None:
    found = times(units)
    assert all(re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):[0-5]\d", text) for text in found.values())
    assert len(set(found.values())) == len(found) == 8


def test_the_service_notes_its_end_in_the_watchers_file_behind_all_repairs(units: pathlib.Path) -> None:
    commands = re.findall(r"^ExecStart=(.*)$", (units / "h1-ringfleet-repair.service").read_text(encoding="utf-8"), re.MULTILINE)
    assert [command.partition(" repair ")[2] for command in commands] == ["-full -pr system_auth", "-full -pr ringfleet", "-paxos-only ringfleet", ""]
    assert commands[-1].endswith("mv /var/lib/ringfleet/repaired.new /var/lib/ringfleet/repaired'")
