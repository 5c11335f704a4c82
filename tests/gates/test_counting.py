# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counters of the gates themselves: what ran nothing, or skipped, is not green."""

from __future__ import annotations

from pathlib import Path

from gates import counting
from gates.part import Log, Outcome


def _junit(cases: str) -> str:
    return f"<testsuites><testsuite>{cases}</testsuite></testsuites>"


def test_junit_counts_a_skipped_test_as_failed_and_names_what_did_not_pass() -> None:
    text = _junit('<testcase classname="m" name="a"/><testcase classname="m" name="b"><skipped message="no lab"/></testcase>'
                  '<testcase classname="m" name="c"><failure message="assert 1 == 2&#10;more">long</failure></testcase>'
                  '<testcase classname="m" name="d"><error>boom</error></testcase>')
    assert counting.junit(text) == Outcome(1, 3, "1 skipped", ("m.b: no lab", "m.c: assert 1 == 2", "m.d: boom"))


def test_a_failure_is_told_by_its_first_line_that_says_something() -> None:
    text = _junit('<testcase classname="m" name="a"><failure message="AssertionError: &#10;  fatal: [h1]: no">long</failure></testcase>')
    assert counting.junit(text).names == ("m.a: fatal: [h1]: no",)


def test_nothing_run_is_not_green() -> None:
    assert not counting.junit(_junit("")).green
    assert Outcome(1, 0).green


def test_linted_files() -> None:
    assert counting.linted_files("Passed: 0 failure(s), 0 warning(s) in 12 files processed of 13 encountered. Profile 'production' was required") == 12
    assert counting.linted_files("Failed: 1 failure(s), 0 warning(s) in 12 files processed") == 0


def test_sanity_tests_and_what_was_left_out() -> None:
    output = 'Running sanity test "action-plugin-docs"\nRunning sanity test "compile" on Python 3.11\nWARNING: All targets skipped.\n'
    assert counting.sanity_tests(output) == ["action-plugin-docs", "compile"]
    assert counting.sanity_failures(output) == 0
    assert counting.sanity_failures(output + "FATAL: The 2 sanity test(s) listed below (out of 24) failed.") == 2
    assert counting.sanity_skips(output) == ["WARNING: All targets skipped."]


def test_complaints() -> None:
    assert counting.complaints("INFO: fine\nWARNING: no tags\nERROR: bad\nnot a WARNING\n") == ["WARNING: no tags", "ERROR: bad"]


def test_pip_settings_are_kept() -> None:
    listed = ":env:.cert='/mine'\nglobal.cert='/system'\nglobal.timeout='9'\ninstall.user='yes'\n"
    assert counting.pip_conf(listed) == "[global]\ncert = /mine\ntimeout = 9\n"


def test_a_command_past_its_deadline_is_killed(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    assert log.run(["sh", "-c", "echo begun; exec sleep 60"], minutes=0.01) == 124
    assert "killed after" in log.read()
