# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before a fleet is uninstalled it lets its containers go, all of them or none, on the twin: real watchers behind real sockets."""

from __future__ import annotations

import pathlib

import pytest
from simulation.handing import MANAGED, fleet_of_three
from simulation.turning import Turning

PLAYBOOK = """
- hosts: ringfleet
  gather_facts: false
  module_defaults:
    group/ringfleet.core.ringfleet:
      socket: "{{ twin_socket }}"
  tasks:
    - name: Release
      ansible.builtin.include_role:
        name: ringfleet.core.ring_uninstall
        tasks_from: release
      when: inventory_hostname == 'h2'
"""


class Uninstalled(Turning):
    """h1 runs web and h3 runs db."""

    def __init__(self, folder: pathlib.Path) -> None:
        fleet = fleet_of_three()
        for host, name in (("h1", "web"), ("h3", "db")):
            fleet[host].engine.run(name, "web:1", MANAGED)
        fleet.run(20)
        super().__init__(fleet, folder)

    def release(self, *names: str, check: bool = False) -> tuple[int, str]:
        """The part of the playbook, in a run on these hosts."""
        return self.play(PLAYBOOK, *(["--check"] if check else []), hosts=names)

    def holders(self) -> list[str]:
        return [self.fleet.row(name).holder for name in ("web", "db")]

    def paused(self) -> str:
        return self.fleet["h1"].call("fleet.info")["pause"]["reason"]


@pytest.fixture
def turning(tmp_path: pathlib.Path) -> Uninstalled:
    """Such a fleet."""
    made = Uninstalled(tmp_path)
    yield made
    made.close()


def test_all_are_released_and_the_fleet_decides_nothing_more(turning: Uninstalled) -> None:
    assert turning.release("h1", "h2", "h3", check=True)[0] == 0
    assert (turning.holders(), turning.paused()) == (["h1", "h3"], "")
    code, told = turning.release("h1", "h2", "h3")
    assert code == 0, told
    assert (turning.holders(), turning.paused()) == (["", ""], "ringfleet is being uninstalled")
    assert sorted(host for host, state, _ident in turning.fleet.copies("web") + turning.fleet.copies("db") if state == "running") == ["h1", "h3"]


def test_a_member_that_the_run_does_not_reach_is_named(turning: Uninstalled) -> None:
    code, told = turning.release("h1", "h2")
    assert (code != 0, "h3 is in the fleet and not in the group ringfleet" in told) == (True, True)
    assert (turning.holders(), turning.paused()) == (["h1", "h3"], "")


def test_a_member_that_leaves_is_one_too(turning: Uninstalled) -> None:
    turning.fleet["h1"].call("hold.take", name="db", by="ada", reason="nightly backup", for_s=600000)
    turning.fleet["h1"].call("drain.start", host="h3")
    code, told = turning.release("h1", "h2")
    assert (code != 0, "h3 is in the fleet and not in the group ringfleet" in told) == (True, True)
    assert (turning.holders(), turning.paused()) == (["h1", "h3"], "")


@pytest.mark.parametrize(("watcher", "warned"), [("", True), ("h2", False)])
def test_where_no_watcher_runs_it_warns_of_restart_policies(turning: Uninstalled, watcher: str, warned: bool) -> None:
    code, told = turning.play(PLAYBOOK.replace("tasks_from: release", "tasks_from: unreleased"), hosts=("h2",), ring_uninstall_watcher=watcher,
                              ring_uninstall_units=["ringfleet-watcher.service"])
    assert (code, "WARNING: no watcher of the fleet runs" in told) == (0, warned), told


@pytest.mark.parametrize("before", ["", "switches are replaced"])
def test_one_that_cannot_be_released_ends_it_and_the_fleet_goes_on(turning: Uninstalled, before: str) -> None:
    turning.fleet["h1"].call("fleet.pause", reason=before, by="ada")
    turning.fleet["h1"].call("hold.take", name="db", by="ada", reason="nightly backup", for_s=600000)
    code, told = turning.release("h1", "h2", "h3")
    assert code != 0
    assert "Nothing was uninstalled, and the fleet goes on. Release every container: Not released: db on h3: it is held by ada" in told
    assert (turning.fleet.row("db").holder, turning.paused()) == ("h3", before)
