# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook exit on the twin, up to the stop of services: what is refused before anything, and behind a drain; again; who speaks.

The ring node is taken out by a file of tasks that only says so.
"""

from __future__ import annotations

import pathlib

import pytest
from simulation.handing import MANAGED
from simulation.losses import die, fleet_of
from simulation.turning import FLEET, Turning, book

HOSTS = ("h1", "h2", "h3", "h4")


class Frozen(dict):
    """Endpoints of ring nodes, of which h2's is not heard any more."""

    def __setitem__(self, address: str, endpoint: object) -> None:
        if not endpoint.host_id.endswith("-2"):
            super().__setitem__(address, endpoint)


class Leaving(Turning):
    """h4 runs db. ``dying``: hosts that die once db has left h4, so during its drain."""

    def __init__(self, folder: pathlib.Path, silent: bool) -> None:
        fleet = fleet_of(4)
        fleet["h4"].engine.run("db", "web:1", MANAGED)
        fleet.run(20)
        if silent:
            object.__setattr__(fleet.tables, "endpoints", Frozen(fleet.tables.endpoints))
            fleet.run(10)
        self.dying = ()
        (folder / "node.yml").write_text(
            f"- ansible.builtin.file: {{path: '{folder}/taken-by-{{{{ inventory_hostname }}}}', state: touch, mode: '0644'}}\n", encoding="utf-8")
        super().__init__(fleet, folder)

    def _turn(self) -> None:
        while not self.stop.wait(0.02):
            self.fleet.run(0.2)
            if self.dying and self.fleet.row("db").holder != "h4":
                dying, self.dying = self.dying, ()
                for name in dying:
                    self.fleet.tables.endpoints.pop(self.fleet[name].address)
                    die(self.fleet, name)
                self.fleet.run(30)

    def leave(self, *words: str, **more: object) -> tuple[int, str]:
        asked = ("-e", "ringfleet_target=h4", "-e", f"ring_leave_node={self.folder}/node.yml")
        return self.play(book("exit", "Stop its services"), *asked, *words, **{"hosts": HOSTS, **FLEET, **more})

    def taken(self) -> list[str]:
        return [path.name for path in self.folder.glob("taken-by-*")]

    def state(self) -> str:
        return self.fleet["h1"].call("host.info", name="h4")["hosts"][0]["state"]


@pytest.fixture
def leaving(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Leaving:
    """Such a fleet; with a parameter the ring node of h2 is down."""
    made = Leaving(tmp_path, hasattr(request, "param"))
    yield made
    made.close()


@pytest.mark.parametrize("leaving", ["h2's ring node is down"], indirect=True)
def test_a_host_leaves_while_the_first_one_cannot_be_reached_and_again_is_no_change(leaving: Leaving) -> None:
    # A watcher that answers while its ring node is down is asked for nothing.
    code, told = leaving.leave(away=("h1",))
    assert code == 0, told
    assert (leaving.state(), leaving.taken()) == ("left", ["taken-by-h3"])
    code, told = leaving.leave("--limit", "h3,h4")
    assert (code, "changed=0" in told) == (0, True), told


def test_who_dies_during_the_drain_may_be_one_too_many(leaving: Leaving) -> None:
    leaving.dying = ("h2", "h3")
    code, told = leaving.leave()
    assert (code != 0, "no quorum: h2, h3 of the 3 others do not serve" in told) == (True, True), told
    assert (leaving.taken(), leaving.state()) == ([], "drained")


@pytest.mark.parametrize(("words", "away", "says"), [
    (["--limit", "h1,h2"], (), "h4 is not in this run, so that its services would run on"),
    ([], ("h4",), "h4 cannot be reached, so that its services would run on"),
])
def test_one_whose_services_could_not_be_stopped_is_refused(leaving: Leaving, words: list, away: tuple, says: str) -> None:
    code, told = leaving.leave(*words, away=away)
    assert (code != 0, says in told, leaving.state()) == (True, True, "normal"), told
