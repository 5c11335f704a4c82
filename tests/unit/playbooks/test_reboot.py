# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook reboot on the twin: one host after the other, none while the fleet is not whole, none behind a failure."""

from __future__ import annotations

import json
import os
import pathlib
import sys

import pytest
from simulation.handing import MANAGED, fleet_of_three
from simulation.losses import die, recover
from simulation.turning import FLEET, Turning, book
from simulation.twin import Fleet

from gates.part import ROOT

# The machine is restarted by the thread in which the twin's time goes on.
RESTART = """
- name: Ask for it
  ansible.builtin.file:
    path: "{folder}/restart-{{{{ inventory_hostname }}}}"
    state: touch
    mode: "0644"
- name: Wait until it was done
  ansible.builtin.wait_for:
    path: "{folder}/restart-{{{{ inventory_hostname }}}}"
    state: absent
    sleep: 1
    timeout: 300
"""


class Rebooting(Turning):
    """A fleet of which hosts are restarted when a file asks for it; ``seen``: (host, which others were down) of each restart."""

    def __init__(self, folder: pathlib.Path) -> None:
        fleet = fleet_of_three()
        fleet["h1"].engine.run("web", "web:1", MANAGED)
        fleet.run(30)
        self.seen = []
        self.stays_down = ""
        (folder / "restart.yml").write_text(RESTART.format(folder=folder), encoding="utf-8")
        super().__init__(fleet, folder)

    def _turn(self) -> None:
        while not self.stop.wait(0.02):
            self.fleet.run(0.2)
            for path in self.folder.glob("restart-*"):
                name = path.name.partition("-")[2]
                self.seen.append((name, [each.name for each in self.fleet.hosts.values() if not each.alive], self.held(name)))
                die(self.fleet, name)
                self.fleet.run(20)
                if name != self.stays_down:
                    recover(self.fleet, name)
                path.unlink()

    def held(self, host: str) -> bool:
        return self.fleet.row("web").holder == host

    def reboot(self, *words: str, **more: object) -> tuple[int, str]:
        """The playbook itself."""
        command = (f"env PYTHONPATH={ROOT / '.cache'} {sys.executable} -m ansible_collections.ringfleet.core.plugins.module_utils.command.main"
                   " --socket {{ twin_socket }}")
        asked = {"ring_care_command": command, "ring_care_restart": str(self.folder / "restart.yml"), "ring_care_short": 6, "ring_care_pause": 1}
        return self.play(book("reboot"), "-e", json.dumps(asked), *words, **{"hosts": ("h1", "h2", "h3"), **FLEET, **more})


def leave(fleet: Fleet, host: str) -> None:
    """It left the fleet."""
    fleet["h1"].call("drain.start", host=host)
    fleet.run_until(lambda: fleet["h1"].call("host.info", name=host)["hosts"][0]["state"] == "drained", 60)
    fleet["h1"].call("exit.leave", host=host, disarm=True)


@pytest.fixture
def rebooting(tmp_path: pathlib.Path) -> Rebooting:
    """h1 runs web."""
    assert os.environ.get("ANSIBLE_COLLECTIONS_PATH")
    made = Rebooting(tmp_path)
    yield made
    made.close()


def test_one_host_after_the_other_and_nothing_is_lost(rebooting: Rebooting) -> None:
    code, told = rebooting.reboot("--check")
    assert (code, rebooting.seen) == (0, []), told
    assert "h1 would be rebooted" in told
    code, told = rebooting.reboot()
    assert code == 0, told
    assert [(name, down) for name, down, _held in rebooting.seen] == [("h1", []), ("h2", []), ("h3", [])]
    assert (rebooting.fleet.row("web").holder, rebooting.fleet.row("web").epoch) == ("h1", 1)


def test_drained_first_and_taken_back(rebooting: Rebooting) -> None:
    code, told = rebooting.reboot("-e", "ringfleet_target=h1", "-e", "ringfleet_drain=true")
    assert code == 0, told
    assert rebooting.seen == [("h1", [], False)]
    assert rebooting.fleet["h2"].call("host.info", name="h1")["hosts"][0]["state"] == "normal"


def test_it_ends_where_a_host_does_not_come_back(rebooting: Rebooting) -> None:
    rebooting.stays_down = "h2"
    code, told = rebooting.reboot("-e", "ringfleet_reboot_timeout=10")
    assert code != 0
    assert [name for name, _down, _held in rebooting.seen] == ["h1", "h2"]


def test_none_is_touched_while_the_fleet_is_not_whole(rebooting: Rebooting) -> None:
    die(rebooting.fleet, "h1")
    code, told = rebooting.reboot("-e", "ringfleet_target=h3")
    assert (code != 0, rebooting.seen) == (True, [])
    assert "h3, before its reboot: the fleet is not whole, and no further host is touched. h1 is not" in told


def test_named_hosts_only_and_another_one_may_be_out_of_reach(rebooting: Rebooting) -> None:
    code, told = rebooting.reboot("-e", "ringfleet_target=h3", away=("h1",))
    assert code == 0, told
    assert rebooting.seen == [("h3", [], False)]


@pytest.mark.parametrize(("words", "away", "says"), [
    (["-e", "ringfleet_target=h2", "--limit", "h1,h3"], (), "h2 is not in this run: leave the limit away"),
    ([], ("h1",), "h1 cannot be reached: mend that, or name the others in ringfleet_target"),
    (["-e", "ringfleet_target=h3"], (), "h3 has left the fleet: the playbook ringfleet.core.join makes it a member again"),
])
def test_whom_it_cannot_serve_is_named_and_nothing_is_begun(rebooting: Rebooting, words: list, away: tuple, says: str) -> None:
    if "has left" in says:
        leave(rebooting.fleet, "h3")
    code, told = rebooting.reboot(*words, away=away)
    assert (code != 0, f"Nothing was changed. {says}" in told, rebooting.seen) == (True, True, []), told


def test_a_host_of_the_group_that_is_no_member_is_left_alone(rebooting: Rebooting) -> None:
    leave(rebooting.fleet, "h3")
    code, told = rebooting.reboot("--check", "-e", "ring_care_short=1")
    assert "h3 is no member of the fleet, since it has left or never joined: it is left alone" in told
    # Of two hosts none may be away; of h3 nothing is said behind that.
    assert (code != 0, "h1, before its reboot: no further host may be away" in told, "h3, before" in told) == (True, True, False), told


def test_one_that_cannot_be_restarted_is_watched_as_before(rebooting: Rebooting) -> None:
    (rebooting.folder / "restart.yml").write_text("- ansible.builtin.fail: {msg: no such command}\n", encoding="utf-8")
    code, told = rebooting.reboot()
    assert code != 0
    assert "h1: it was not restarted, and is watched as before: no such command. No further host is touched" in told
    assert [each["away_until"] for each in rebooting.fleet["h2"].call("host.info")["hosts"]] == [0, 0, 0]
