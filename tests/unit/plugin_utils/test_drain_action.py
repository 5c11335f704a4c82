# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action drain: a line a change, the module's own result, a watcher that restarts is waited for, a failure is one."""

from __future__ import annotations

import types

import pytest

from ansible_collections.ringfleet.core.plugins.action import drain
from ansible_collections.ringfleet.core.plugins.plugin_utils.progress import line


def told(state="leaving", left=("a", "b"), **more):
    return dict({"host": "h1", "state": state, "total": 2, "moved": [], "under_way": [], "left": list(left), "blockers": [], "deadline_at": 1,
                 "ended": state == "drained", "changed": False, "departures": [], "before": {}, "after": {}, "diff": {}}, **more)


def move(name, step, outcome="open"):
    return {"name": name, "target": "h2", "step": step, "move": "1-x", "outcome": outcome}


@pytest.fixture
def run(monkeypatch):
    """Runs the action; the module gives these results one after the other. Returns (result, lines, arguments of each call)."""

    def run(results, check_mode=False, **args):
        lines, calls, answers = [], [], iter(results)
        monkeypatch.setattr(drain.display, "display", lines.append)
        monkeypatch.setattr(drain.time, "sleep", lambda seconds: None)
        action = drain.ActionModule.__new__(drain.ActionModule)
        action._task = types.SimpleNamespace(args=dict(host="h1", **args), check_mode=check_mode, async_val=0, diff=False)
        action._connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
        action._supports_check_mode, action._supports_async = True, False
        action._execute_module = lambda module_name, module_args, task_vars: calls.append(module_args) or next(answers)
        return action.run(task_vars={}), lines, calls

    return run


def test_each_change_is_one_line_and_the_result_is_the_module_s(run):
    steps = [told(changed=True, under_way=[move("a", "admitted")]), told(under_way=[move("a", "admitted")]),
             told(left=["b"], moved=[move("a", "done", "done")]), told("drained", [], moved=[move("a", "done", "done"), move("b", "done", "done")])]
    result, lines, calls = run(steps)
    assert lines == ["h1: a -> h2: admitted; 2 of 2 left", "h1: a -> h2: done; 1 of 2 left", "h1: b -> h2: done; it is drained; 0 of 2 left"]
    assert (result["changed"], result["state"], result["ended"], result.get("failed")) == (True, "drained", True, None)
    assert set(told()) <= set(result)
    assert [(each["wait"], each.get("begin")) for each in calls] == [(False, None)] + [(False, False)] * 3


def test_a_watcher_that_restarts_is_waited_for_and_a_failure_is_one(run):
    gone = {"failed": True, "kind": "WatcherUnavailable", "msg": "down"}
    result, lines, calls = run([told(changed=True), gone, told("drained", [])])
    assert result["state"] == "drained" and not result.get("failed")
    result, lines, calls = run([told(changed=True), dict(told(ended=True), failed=True, msg="not empty at its deadline")])
    assert (result["failed"], result["msg"], result["changed"], result["left"]) == (True, "not empty at its deadline", True, ["a", "b"])


def test_it_waits_no_longer_than_asked(run):
    result, lines, calls = run([told(changed=True)] * 3, timeout=0)
    assert (result["failed"], "still has a, b after 0 s" in result["msg"]) == (True, True)


@pytest.mark.parametrize("more", [{"wait": False}, {"check_mode": True}])
def test_unwaited_or_checked_it_asks_once(run, more):
    result, lines, calls = run([told(changed=True)], **more)
    assert (result["state"], len(calls), lines) == ("leaving", 1, [])


def test_what_is_refused_is_not_watched(run):
    result, lines, calls = run([{"failed": True, "msg": "No host h1 in the fleet"}])
    assert (result["failed"], len(calls)) == (True, 1)


def test_a_silent_watcher_is_told_once_although_other_blockers_were():
    blocked = told(blockers=[{"name": "a", "why": "no room, 3 MiB", "remedy": ""}])
    silent = told(blockers=[{"name": "h1", "why": "its watcher has been silent for 6 s", "remedy": ""}, *blocked["blockers"]])
    assert line(blocked, silent) == "h1: its watcher has been silent for 6 s; 2 of 2 left"
    assert line(silent, told(blockers=[{"name": "h1", "why": "its watcher has been silent for 11 s", "remedy": ""}])) == ""


def test_another_reason_is_told_too():
    blocked = told(blockers=[{"name": "a", "why": "no room, 3 MiB", "remedy": ""}])
    assert line(blocked, told(blockers=[{"name": "a", "why": "it is held", "remedy": ""}])) == "h1: a stays: it is held; 2 of 2 left"


def test_a_blocker_is_told_once():
    blocked = told(blockers=[{"name": "a", "why": "no room, 3 MiB", "remedy": ""}])
    assert line({}, blocked) == "h1: a stays: no room, 3 MiB; 2 of 2 left"
    assert line(blocked, told(blockers=[{"name": "a", "why": "no room, 4 MiB", "remedy": ""}])) == ""
