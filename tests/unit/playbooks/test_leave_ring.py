# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ring node leaves: copies go down one by one with a repair where it takes one, so that at no time a majority misses what was acknowledged."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
from simulation import leaving_ring

from gates.part import ROOT

PLAYBOOK = """
- hosts: h1
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: ringfleet.core.ring_node, tasks_from: leave}
"""


class Leaving:
    """A ring of so many hosts, of which the last one leaves."""

    def __init__(self, folder: pathlib.Path, size: int, dead: bool, **ring: int) -> None:
        self.folder, self.dead = folder, dead
        self.hosts = [f"h{each}" for each in range(1, size + 1)]
        (folder / "pending").mkdir()
        leaving_ring.Ring.made(folder, self.hosts, dead=(self.hosts[-1],) if dead else (), **ring)
        for host in self.hosts:
            wrapper = folder / f"python-{host}"
            wrapper.write_text(f'#!/bin/sh\nHERE={host} exec {sys.executable} "$@"\n', encoding="utf-8")
            wrapper.chmod(0o755)

    def play(self) -> tuple[int, str]:
        """(exit status, all that was told)."""
        tool = f"env PYTHONPATH={ROOT / '.cache'} {sys.executable} {leaving_ring.__file__} {self.folder}"
        nodetool = self.folder / "nodetool"
        nodetool.write_text(f'#!/bin/sh\nexec {tool} nodetool "$HERE" "$@"\n', encoding="utf-8")
        nodetool.chmod(0o755)
        members = {each: leaving_ring.address(each) for each in self.hosts}
        given = {"ring_node_members": members, "ring_node_secret": "unit-test-secret-0123456789-abcdefghij", "ring_node_leaving": members[self.hosts[-1]],
                 "ring_node_leaving_host": self.hosts[-1], "ring_node_leaving_dead": self.dead, "ring_node_nodetool": str(nodetool),
                 "ring_node_ringadmin": f"{tool} ringadmin", "ring_node_data_dir": str(self.folder / "pending")}
        hosts = {each: {"ansible_connection": "local", "ansible_python_interpreter": str(self.folder / f"python-{each}")} for each in self.hosts}
        (self.folder / "hosts.json").write_text(json.dumps({"ringfleet": {"hosts": hosts}}), encoding="utf-8")
        (self.folder / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
        done = subprocess.run(["ansible-playbook", "-i", str(self.folder / "hosts.json"), str(self.folder / "play.yml"), "-e", json.dumps(given)],
                              capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
        return done.returncode, done.stdout + done.stderr

    def ring(self) -> dict:
        return leaving_ring.Ring(self.folder).state

    def pending(self) -> bool:
        return any((self.folder / "pending").iterdir())


EVERYTHING = ["h1: repair -full system_auth", "h1: repair -full ringfleet", "h1: repair -paxos-only ringfleet"]
EACH = ([f"h{each}: repair -full -pr {name}" for each in (1, 2, 3, 4) for name in ("system_auth", "ringfleet")]
        + [f"h{each}: repair -paxos-only ringfleet" for each in (1, 2, 3, 4)])


@pytest.mark.parametrize(("size", "dead", "copies", "seen"), [
    (2, False, 2, [*EVERYTHING, "1 copies", "h2: decommission"]),
    (3, False, 3, ["2 copies", "h3: decommission", *EVERYTHING]),
    (4, True, 3, ["h1: removenode id-10.0.0.4", *EVERYTHING]),
    (5, False, 5, ["4 copies", "h5: decommission", *EVERYTHING, "3 copies", *EACH]),
    (5, True, 5, ["4 copies", "h1: removenode id-10.0.0.5", *EVERYTHING, "3 copies", *EACH]),
])
def test_no_majority_misses_what_was_acknowledged(tmp_path: pathlib.Path, size: int, dead: bool, copies: int, seen: list[str]) -> None:
    # What came down from 3 copies to 2 may be on one of them alone.
    leaving = Leaving(tmp_path, size, dead, copies=copies, **({"has": 1} if size == 2 else {}))
    code, told = leaving.play()
    assert code == 0, told
    done = leaving.ring()["seen"]
    # One keyspace after the other is altered.
    assert [each for number, each in enumerate(done) if not number or each != done[number - 1]] == seen
    assert (leaving.ring()["missed"] and not dead, leaving.pending()) == (False, False)


def test_one_that_was_cut_short_behind_an_alter_repairs_the_next_time(tmp_path: pathlib.Path) -> None:
    leaving = Leaving(tmp_path, 5, False, copies=4)
    (tmp_path / "pending" / "repair-pending.json").write_text('["ringfleet"]', encoding="utf-8")
    code, told = leaving.play()
    assert code == 0, told
    done = leaving.ring()
    assert (done["seen"][0], done["seen"][1:4], done["missed"], leaving.pending()) == ("h5: decommission", EVERYTHING, False, False)
    code, told = leaving.play()
    assert (code, "changed=0" in told, leaving.ring()) == (0, True, done), told
