# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before an upgrade changes anything it compares the versions of all members, on the twin."""

from __future__ import annotations

import pathlib

import pytest
from simulation.handing import fleet_of_three
from simulation.losses import fleet_of
from simulation.turning import CARE, FLEET, Turning, book

from ansible_collections.ringfleet.core.plugins.module_utils.watcher import build

PLAYBOOK = CARE.format(playbook="upgrade").replace("tasks_from: upgrade", "tasks_from: versions")


@pytest.mark.parametrize(("version", "says"), [("0.9.9", ""), ("9.0.0", "Nothing was changed. This collection is 1.0.0, older than what runs on h2 (9.0.0)")])
def test_an_older_collection_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, version: str, says: str) -> None:
    fleet = fleet_of_three()
    with monkeypatch.context() as other:
        other.setattr(build, "VERSION", version)
        fleet["h2"].boot()
    fleet.run(10)
    turning = Turning(fleet, tmp_path)
    code, told = turning.play(PLAYBOOK, hosts=("h1", "h2", "h3"), away=("h1",), **FLEET)
    turning.close()
    assert ((code != 0), says in told) == (bool(says), True), told


# Of these h4 has left.
HOSTS = ("h1", "h2", "h3", "h4")
SAYS = "Nothing was changed. h1 cannot be reached: mend that, or name the others in ringfleet_target"


@pytest.mark.parametrize(("words", "fails", "says"), [
    ([], True, SAYS),
    (["-e", "ringfleet_target=h2"], False, "ok: [h3]"),
    (["-e", "ringfleet_target=h2", "--limit", "h1,h3"], True, "Nothing was changed. h2 is not in this run"),
    (["-e", "ringfleet_target=h2,h4"], True, "Nothing was changed. h4 has left the fleet"),
])
def test_whom_it_cannot_serve_is_named_before_anything_and_another_one_may_be_out_of_reach(tmp_path: pathlib.Path, words: list, fails: bool, says: str) -> None:
    fleet = fleet_of(4)
    fleet["h1"].call("drain.start", host="h4")
    fleet.run_until(lambda: fleet["h1"].call("host.info", name="h4")["hosts"][0]["state"] == "drained", 60)
    fleet["h1"].call("exit.leave", host="h4")
    turning = Turning(fleet, tmp_path)
    code, told = turning.play(book("upgrade", "Upgrade one host after the other"), *words, hosts=HOSTS, away=("h1",), **FLEET)
    turning.close()
    assert (code != 0, says in told) == (fails, True), told
    assert ("Refuse to go back to an older version" in told) != fails
