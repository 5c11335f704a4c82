# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for whole hosts and fleets ask a watcher, and where they stop asking."""

from __future__ import annotations

import pytest

from ansible_collections.ringfleet.core.plugins.module_utils.errors import DrainRefused
from ansible_collections.ringfleet.core.plugins.modules.drain import drain
from ansible_collections.ringfleet.core.plugins.modules.rebalance import rebalance


class Failed(Exception):
    """What a module's fail_json raises here."""


class Module:
    """As AnsibleModule."""

    def __init__(self, check_mode=False, **params):
        self.params, self.check_mode = params, check_mode

    def fail_json(self, **result):
        raise Failed(result)


class Client:
    """Answers by method, or raises; ``asked``: the methods."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def call(self, method, /, **params):
        self.asked.append(method)
        answer = self.answers[method.replace(".", "_")]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def poll(self, until, method, /, timeout_s, every_s=0.3, **params):
        return self.call(method, **params)


STATUS = {"host": "h1", "state": "leaving", "total": 1, "moved": [], "under_way": [], "left": ["web"], "blockers": [], "deadline_at": 1, "ended": False,
          "failure": ""}
PLAN = {"departures": [{"name": "web"}], "before": {"h2": {"cpu": 0.1, "memory": 0.1}}, "after": {"h2": {"cpu": 0.2, "memory": 0.1}}}
DRAIN = {"host": "h1", "together": [], "partial": False, "deadline": 60, "timeout": None, "wait": False}


def test_a_drain_that_is_only_looked_at_is_not_planned_anew():
    client = Client(drain_status=STATUS)
    assert (drain(Module(begin=False, **DRAIN), client)["left"], client.asked) == (["web"], ["drain.status"])


def test_what_is_refused_is_told_with_the_plan():
    client = Client(drain_plan=PLAN, drain_start=DrainRefused("The fleet would not carry what h1 runs", "Add a host."))
    with pytest.raises(Failed) as failed:
        drain(Module(check_mode=True, begin=True, **DRAIN), client)
    told = failed.value.args[0]
    assert (told["msg"], told["departures"], told["after"]) == ("The fleet would not carry what h1 runs. Add a host.", PLAN["departures"], PLAN["after"])


@pytest.mark.parametrize(("outcome", "outcomes"), [("done", ["done", "done"]), ("aborted", ["aborted", "aborted"]), ("unhealthy", ["unhealthy", "planned"]),
                                                   ("open", ["open", "planned"])])
def test_behind_a_move_that_did_not_end_well_none_is_begun(outcome, outcomes):
    shift = {"name": "web", "source": "h1", "target": "h2", "resource": "cpu", "gain": 0.1, "spread": 0.1, "reason": "level"}
    plan = {"moves": [shift, dict(shift, name="api")], "paused": "", "before": {}, "after": {}, "spread_before": 0.2, "spread_after": 0.1}
    move = {"id": "1-x", "outcome": outcome, "target_note": "its check fails", "source_note": "declined"}
    client, module = Client(rebalance_plan=plan, rebalance_ask={"id": "1-x"}, move_info={"moves": [move]}), Module(max_moves=5, timeout=1)
    try:
        told = rebalance(module, client)
    except Failed as failed:
        told = failed.args[0]
    assert [each["outcome"] for each in told["moves"]] == outcomes
    assert ("msg" in told) == (outcome in ("unhealthy", "open"))
