# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook failover_plan on the twin: any member that answers, whichever is down, and it fails when a host cannot be lost."""

from __future__ import annotations

import pathlib

import pytest
from simulation.handing import MANAGED, fleet_of_three
from simulation.turning import CARE, FLEET, Turning

PLAYBOOK = CARE.format(playbook="failover_plan")
HOSTS = ("h1", "h2", "h3")


@pytest.fixture
def turning(tmp_path: pathlib.Path) -> Turning:
    """h1 runs web, h2 what is bound to it."""
    fleet = fleet_of_three()
    fleet["h1"].engine.run("web", "web:1", MANAGED)
    fleet["h2"].engine.run("disk", "web:1", MANAGED, Privileged=True)
    fleet.run(20)
    made = Turning(fleet, tmp_path)
    yield made
    made.close()


def test_it_fails_for_what_would_wait_and_shows_who_takes_the_rest(turning: Turning) -> None:
    code, told = turning.play(PLAYBOOK, hosts=HOSTS, away=("h1",), **FLEET)
    assert code != 0
    assert "Cannot be lost now: h2; see above" in told
    assert "h1: web -> h" in told
    assert "h1: can be lost" in told
    assert "h2: disk waits: it cannot run elsewhere" in told


@pytest.mark.parametrize("word", ["ringfleet_target=h1,h3", "ringfleet_accept=di*", "ringfleet_fail=false"])
def test_it_is_well_where_that_is_not_asked_or_accepted(turning: Turning, word: str) -> None:
    code, told = turning.play(PLAYBOOK, "-e", word, "--check", "--limit", "h3", hosts=HOSTS, **FLEET)
    assert code == 0, told
    assert "changed=0" in told


def test_a_variable_of_another_playbook_is_refused(turning: Turning) -> None:
    code, told = turning.play(PLAYBOOK, "-e", "ringfleet_partial=true", hosts=HOSTS, **FLEET)
    assert (code != 0, "ringfleet_partial is no variable of ringfleet" in told) == (True, True)
