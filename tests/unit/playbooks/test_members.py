# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A join of one host goes on while another member, whose address nobody gave, is out of reach."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from simulation.turning import AWAY

PLAYBOOK = """
- hosts: ringfleet
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: ringfleet.core.ring_join, tasks_from: members}
    - ansible.builtin.debug: {msg: "known are {{ ring_join_members.keys() | sort | join(' and ') }}"}
"""


def test_a_member_out_of_reach_is_left_out(tmp_path: pathlib.Path) -> None:
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ringfleet_address": "10.0.0.3"}
    hosts = {"h1": AWAY, "h2": {**AWAY, "ringfleet_address": "10.0.0.2"}, "h3": local}
    (tmp_path / "hosts.json").write_text(json.dumps({"ringfleet": {"hosts": hosts, "vars": {"ring_join_group": "ringfleet"}}}), encoding="utf-8")
    (tmp_path / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    done = subprocess.run(["ansible-playbook", "-i", str(tmp_path / "hosts.json"), str(tmp_path / "play.yml"), "--limit", "h3"],
                          capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert "known are h2 and h3" in done.stdout, done.stdout + done.stderr
