# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook drain on the twin: its plan, with the first host out of reach, with a limit, several hosts, again."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.handing import MANAGED, fleet_of_three
from simulation.turning import FLEET, Turning, book

HOSTS = ("h1", "h2", "h3")


@pytest.fixture
def turning(tmp_path: pathlib.Path) -> Turning:
    """h1 runs web."""
    fleet = fleet_of_three()
    fleet["h1"].engine.run("web", "web:1", {**MANAGED, "twin.cores": "0.02", "twin.memory": "1000000"})
    fleet.run(30)
    made = Turning(fleet, tmp_path)
    yield made
    made.close()


def drain(turning: Turning, target: str, *words: str, **more: object) -> tuple[int, str]:
    return turning.play(book("drain"), "-e", f"ringfleet_target={target}", *words, **{"hosts": HOSTS, **FLEET, **more})


def state(turning: Turning, host: str) -> str:
    return turning.fleet["h3"].call("host.info", name=host)["hosts"][0]["state"]


def test_the_first_host_is_drained_while_only_others_can_be_reached(turning: Turning) -> None:
    code, told = drain(turning, "h1", "--check", away=("h1",))
    assert code == 0, told
    assert ("h1: web -> h" in told, "h1: web: h3 has A " in told, "h1: CPU " in told, "h3: CPU " in told) == (True, True, True, True), told
    assert (state(turning, "h1"), "changed=1" in told) == ("normal", True)
    code, told = drain(turning, "h1", away=("h1",))
    assert code == 0, told
    assert (state(turning, "h1"), turning.fleet.row("web").holder != "h1", "it is drained" in told) == ("drained", True, True)
    code, told = drain(turning, "h1", "--limit", "h3")
    assert (code, "nothing is to be moved" in told, "changed=0" in told) == (0, True, True), told


def test_the_plan_names_a_host_whose_load_nobody_knows(turning: Turning) -> None:
    turning.fleet.tables.rows[HostRow]["h9"] = HostRow("h9", "left", 1, address="10.0.0.9")
    turning.fleet.run(10)
    code, told = drain(turning, "h1", "--check")
    assert (code, "h9: its load is not known" in told, "h3: CPU " in told) == (0, True, True), told


def test_without_room_the_plan_is_shown_and_nothing_is_begun(turning: Turning) -> None:
    for host in ("h2", "h3"):
        turning.fleet[host].cgroups.cores = 0.4
    turning.fleet.run(15)
    code, told = drain(turning, "h1", "--check")
    assert (code != 0, "The fleet would not carry what h1 runs" in told) == (True, True)
    assert ("h1: web stays (" in told, "h2 is out: " in told, "h3: CPU " in told) == (True, True, True), told
    assert state(turning, "h1") == "normal"


def test_behind_a_host_that_is_not_emptied_no_other_is_begun(turning: Turning) -> None:
    turning.fleet["h1"].call("hold.take", name="web", by="ada", reason="nightly backup", for_s=600000)
    code, told = drain(turning, "h1,h2", "-e", "ringfleet_drain_deadline=5")
    assert (code != 0, "web: it is held by ada" in told) == (True, True), told
    assert (state(turning, "h1"), state(turning, "h2")) == ("leaving", "normal")
