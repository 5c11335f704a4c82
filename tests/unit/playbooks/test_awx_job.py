# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them, with what a survey hands over: each wrapper up to its first answer; a drain on the twin, each line of progress once."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
from awx import job, survey
from simulation.losses import fleet_of
from simulation.turning import SOCKET, Turning

PROJECT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "awx"
NOWHERE = {"ansible_connection": "ansible.builtin.ssh", "ansible_host": "nowhere.invalid", "ansible_ssh_executable": "/bin/false"}
VARS = {"ringfleet_secret": "unit-test-secret-0123456789-abcdefghij", "ringfleet_cassandra_archive": "/none", "ringfleet_cassandra_checksum": "sha256:0"}
PLAYBOOK = f"""
- hosts: ringfleet
{SOCKET}
  tasks:
    - ansible.builtin.include_role: {{name: ringfleet.core.ring_leave, tasks_from: variables}}
    - ansible.builtin.include_role: {{name: ringfleet.core.ring_leave, tasks_from: speaker}}
    - ansible.builtin.include_role: {{name: ringfleet.core.ring_leave, tasks_from: drain}}
      when: inventory_hostname == ring_leave_speaker
"""


def answered(name: str, **answers: object) -> dict:
    """The extra variables of a template's job."""
    return survey.launch(json.loads((PROJECT / "surveys" / f"{name}.json").read_text(encoding="utf-8")), answers)


@pytest.mark.parametrize(("name", "answers", "words"), [
    ("drain", {"ringfleet_target": "h1, h2", "ringfleet_drain_deadline": 600}, "No watcher of the fleet answers: nothing was changed"),
    ("exit", {"ringfleet_target": "h1", "ringfleet_dead": "true"}, "No watcher of the fleet answers: nothing was changed"),
    ("uninstall", {"ringfleet_uninstall_confirm": "another", "ringfleet_purge": "true"}, "; all data of the fleet are deleted. If that is meant"),
    ("report", {}, "No member answers"),
    ("failover_plan", {}, "No watcher of the fleet answers: nothing was changed"),
    ("rebalance", {}, "No watcher of the fleet answers: nothing was changed"),
    ("reboot", {"ringfleet_target": "h1"}, "No watcher of the fleet answers: nothing was changed"),
    ("upgrade", {"ringfleet_target": "h1,h2"}, "No watcher of the fleet answers: nothing was changed"),
])
def test_a_wrapper_s_playbook_takes_its_survey(tmp_path: pathlib.Path, name: str, answers: dict, words: str) -> None:
    hosts = tmp_path / "hosts.yml"
    hosts.write_text(json.dumps({"ringfleet": {"hosts": {"h1": NOWHERE, "h2": NOWHERE}, "vars": VARS}}), encoding="utf-8")
    (tmp_path / "job").mkdir()
    done = job.run(tmp_path / "job", PROJECT / f"{name}.yml", hosts, answered(name, **answers))
    assert (done.rc != 0, words in " ".join(done.told.split())) == (True, True), done.told


@pytest.fixture
def turning(tmp_path: pathlib.Path) -> Turning:
    """Three hosts; h1 runs web."""
    made = Turning(fleet_of(3), tmp_path)
    yield made
    made.close()


def drain(turning: Turning, folder: str, extra: dict, *options: str) -> job.Job:
    """The drain wrapper's job, as far as a twin has what it needs."""
    play = turning.folder / "play.yml"
    play.write_text(PLAYBOOK, encoding="utf-8")
    (turning.folder / folder).mkdir()
    return job.run(turning.folder / folder, play, turning.inventory(*turning.fleet.hosts, **VARS), extra, *options)


def test_a_survey_s_answers_drain_a_host_and_each_line_is_told_once(turning: Turning) -> None:
    planned = drain(turning, "planned", answered("drain", ringfleet_target="h1"), "--check")
    assert (planned.rc, turning.fleet.row("web").holder) == (0, "h1"), planned.told
    done = drain(turning, "done", answered("drain", ringfleet_target="h1", ringfleet_partial="true", ringfleet_drain_deadline=1200))
    assert (done.rc, turning.fleet.row("web").holder != "h1") == (0, True), done.told
    lines = [line for line in done.told.splitlines() if re.fullmatch(r"h1: .*; \d of 1 left", line)]
    assert re.fullmatch(r"h1: web -> h[23]: done; it is drained; 0 of 1 left|h1: it is drained; 0 of 1 left", lines[-1])
    assert [len(done.having(line)) for line in lines] == [1] * len(lines)


def test_what_no_survey_may_hand_over_is_refused(turning: Turning) -> None:
    done = drain(turning, "refused", {"ringfleet_target": "h1", "ringfleet_partial": "perhaps"})
    assert (done.rc != 0, "ringfleet_partial must be of the type bool, it is str" in done.told) == (True, True)
    assert turning.fleet.row("web").holder == "h1"
