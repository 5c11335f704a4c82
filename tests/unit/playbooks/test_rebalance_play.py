# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook rebalance on the twin: with the first host down, in check mode, for real, and again."""

from __future__ import annotations

import pathlib

import pytest
from simulation.handing import fleet_of_three
from simulation.turning import CARE, FLEET, Turning

LABELS = {"ringfleet.managed": "true", "ringfleet.mode": "start-first", "twin.cores": "0.06", "twin.memory": "1000000"}
HOSTS = ("h1", "h2", "h3")
PLAYBOOK = CARE.format(playbook="rebalance")


@pytest.fixture
def turning(tmp_path: pathlib.Path) -> Turning:
    """h2 runs three containers."""
    fleet = fleet_of_three()
    for name in ("a", "b", "c"):
        fleet["h2"].engine.run(name, "web:1", LABELS)
    fleet.run(30)
    made = Turning(fleet, tmp_path)
    yield made
    made.close()


def holders(turning: Turning) -> list[str]:
    return sorted(turning.fleet.row(name).holder for name in ("a", "b", "c"))


def test_check_mode_says_what_the_run_then_does_and_again_is_no_change(turning: Turning) -> None:
    code, told = turning.play(PLAYBOOK, "--check", hosts=HOSTS, away=("h1",), **FLEET)
    assert code == 0, told
    assert ("h2 -> h1, gains" in told, "h2 -> h3, gains" in told, told.count(": planned"), "changed=1" in told) == (True, True, 2, True)
    assert holders(turning) == ["h2", "h2", "h2"]
    code, told = turning.play(PLAYBOOK, hosts=HOSTS, away=("h1",), **FLEET)
    assert code == 0, told
    assert (told.count(": done"), "changed=1" in told, holders(turning)) == (2, True, ["h1", "h2", "h3"])
    code, told = turning.play(PLAYBOOK, "--limit", "h3", hosts=HOSTS, **FLEET)
    assert code == 0, told
    assert ("no move is worth it" in told, "changed=0" in told) == (True, True)


def test_a_paused_fleet_is_no_failure_and_no_change(turning: Turning) -> None:
    turning.fleet["h1"].call("fleet.pause", reason="switches are replaced", by="ada")
    code, told = turning.play(PLAYBOOK, "-e", "ringfleet_max_moves=1", hosts=HOSTS, **FLEET)
    assert code == 0, told
    assert "nothing is moved, because the fleet is paused (switches are replaced)" in told
    assert ("changed=0" in told, told.count(": planned"), holders(turning)) == (True, 1, ["h2", "h2", "h2"])
