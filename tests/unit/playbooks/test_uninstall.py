# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook uninstall asks before it touches anything; what it does then is tried on the lab.

Every run here ends at the question: its hosts have a connection that does not exist, so that nothing behind it could be reached.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest

HOST = {"ansible_connection": "ansible.builtin.ssh", "ansible_host": "nowhere.invalid", "ansible_ssh_executable": "/bin/false"}
VARS = {"ringfleet_secret": "unit-test-secret-0123456789-abcdefghij", "ringfleet_cassandra_archive": "/none", "ringfleet_cassandra_checksum": "sha256:0"}
TOUCHED = "Learn the host's addresses"


def uninstall(tmp_path: pathlib.Path, *more: str) -> str:
    """What the playbook says; it must fail."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"ringfleet": {"hosts": {"h1": HOST, "h2": HOST}, "vars": VARS}}), encoding="utf-8")
    done = subprocess.run(["ansible-playbook", "-i", str(inventory), "ringfleet.core.uninstall", *more], capture_output=True, text=True, check=False,
                          env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"})
    assert done.returncode != 0
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("confirm", [(), ("-e", "ringfleet_uninstall_confirm=another")])
def test_it_refuses_until_the_ring_s_name_is_said(tmp_path: pathlib.Path, confirm: tuple) -> None:
    told = uninstall(tmp_path, *confirm)
    assert "Nothing was changed. This removes ringfleet from every host of the group ringfleet: h1, h2." in told
    assert "-e ringfleet_uninstall_confirm=ringfleet" in told
    assert TOUCHED not in told


def test_it_says_that_data_are_deleted(tmp_path: pathlib.Path) -> None:
    assert "all data of the fleet are deleted" in uninstall(tmp_path, "-e", "ringfleet_purge=true")


def test_the_name_is_this_ring_s(tmp_path: pathlib.Path) -> None:
    told = uninstall(tmp_path, "-e", "ringfleet_ring=north ringfleet_uninstall_confirm=ringfleet")
    assert "-e ringfleet_uninstall_confirm=north" in told
    assert TOUCHED not in told


def test_it_refuses_a_part_of_the_fleet(tmp_path: pathlib.Path) -> None:
    told = uninstall(tmp_path, "-e", "ringfleet_uninstall_confirm=ringfleet", "--limit", "h1")
    assert "run it without --limit; not in this run: h2" in told
    assert TOUCHED not in told


def test_a_host_out_of_reach_ends_it_before_anything_is_changed(tmp_path: pathlib.Path) -> None:
    told = uninstall(tmp_path, "-e", "ringfleet_uninstall_confirm=ringfleet")
    assert TOUCHED in told
    assert "Find the units" not in told
