# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the runner runs: cheap parts up to the first that fails, the lab's all, patient ones beside them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gates import __main__ as runner
from gates import parts, running
from gates.part import Log, Outcome, Part
from lab.shell import wait_for


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs parts of these outcomes by group; the exit status."""
    monkeypatch.setattr(runner, "LOGS", tmp_path)
    monkeypatch.setattr(running, "LOGS", tmp_path)
    monkeypatch.setattr("sys.argv", ["gates"])

    def run(**groups: list[Outcome]) -> int:
        made = {
            name: tuple(Part(f"{name}{number}", "", lambda _log, outcome=outcome: outcome) for number, outcome in enumerate(groups.get(name, [])))
            for name in ("early", "patient", "ground", "on_lab")
        }
        for name, group in made.items():
            monkeypatch.setattr(parts, name.upper(), group)
        monkeypatch.setattr(parts, "PARTS", tuple(part for group in made.values() for part in group))
        return runner.main()

    return run


def test_it_sums_up(gates, capsys: pytest.CaptureFixture[str]) -> None:
    assert gates(early=[Outcome(3, 0)], patient=[Outcome(1, 0)], ground=[Outcome(2, 0)], on_lab=[Outcome(4, 0)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "10 passed, 0 failed"


@pytest.mark.parametrize("group", ["early", "ground"])
def test_it_stops_where_nothing_behind_can_be_right_and_says_what_did_not_run(gates, capsys: pytest.CaptureFixture[str], group: str) -> None:
    assert gates(on_lab=[Outcome(4, 0)], **{group: [Outcome(3, 0), Outcome(0, 0), Outcome(5, 0)]}) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "3 passed, 1 failed"
    assert "no test ran" in out and out.count("not run") == 2


def test_one_of_the_labs_parts_that_fails_hides_no_other(gates, capsys: pytest.CaptureFixture[str]) -> None:
    assert gates(patient=[Outcome(1, 1), Outcome(2, 0)], ground=[Outcome(1, 0)], on_lab=[Outcome(3, 1), Outcome(4, 0)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "11 passed, 2 failed"


def test_patient_parts_run_beside_the_labs_on_what_those_leave(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(running, "LOGS", tmp_path)
    begun, go_on, own = threading.Event(), threading.Event(), os.sched_getscheduler(0)

    def patient(log: Log) -> Outcome:
        begun.set()
        assert go_on.wait(30)
        # What it starts is as patient, its session too where that has a priority of its own.
        log.run(["chrt", "-p", "0"])
        last = log.run(["sh", "-c", "cd /proc/self; until [ ! -e autogroup ] || grep -q 'nice 19' autogroup; do sleep 0.1; done"], minutes=0.2) == 0
        return Outcome(int(last and os.sched_getscheduler(0) == os.SCHED_IDLE and "SCHED_IDLE" in log.read()), 0)

    run = running.Run()
    with run.beside([Part("patient", "", patient)]):
        assert begun.wait(30)
        assert os.sched_getscheduler(0) == own
        go_on.set()
    assert run.done["patient"][0] == Outcome(1, 0)


def test_what_ends_the_run_ends_what_is_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(running, "LOGS", tmp_path)
    begun, ran = threading.Event(), []

    def first(log: Log) -> Outcome:
        begun.set()
        ran.append(log.run(["sleep", "300"]))
        return Outcome(1, 0)

    def second(_log: Log) -> Outcome:
        ran.append("second")
        return Outcome(1, 0)

    run = running.Run()
    with pytest.raises(KeyboardInterrupt), run.beside([Part("first", "", first), Part("second", "", second)]):
        assert begun.wait(30)
        raise KeyboardInterrupt
    assert ran == [-9]


def test_a_run_that_is_terminated_ends_its_commands(tmp_path: Path) -> None:
    words = "import pathlib, sys; from gates import part, running; running.heed_termination(); part.Log(pathlib.Path(sys.argv[1])).run(sys.argv[2:])"
    sleeper = f"cd {tmp_path}; echo $$ > pid.new; mv pid.new pid; exec sleep 300"
    run = subprocess.Popen([sys.executable, "-c", words, str(tmp_path / "log"), "sh", "-c", sleeper], stderr=subprocess.DEVNULL)
    try:
        wait_for("the command", (tmp_path / "pid").exists, 30)
        run.terminate()
        assert run.wait(30) != 0
        assert not Path(f"/proc/{(tmp_path / 'pid').read_text(encoding='ascii').strip()}").exists()
    finally:
        run.kill()
        run.wait()
