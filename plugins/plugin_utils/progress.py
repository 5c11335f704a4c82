# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is told while a host is drained."""

from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.watcher.figures import without_figures

# What of the module's result changes while it waits.
STATUS = ("host", "state", "total", "moved", "under_way", "left", "blockers", "deadline_at", "ended")


def line(before: dict, after: dict) -> str:
    """What changed between two results of the module drain, in one line; '' when nothing did.

    :param before: the result before, or {}.
    """
    known = {(each["name"], each["step"], each["outcome"]) for each in _moves(before)}
    words = [
        f"{each['name']} -> {each['target']}: {each['outcome'] if each['outcome'] != 'open' else each['step'] or 'asked'}"
        for each in _moves(after)
        if (each["name"], each["step"], each["outcome"]) not in known
    ]
    stayed = {(each["name"], without_figures(each["why"])) for each in before.get("blockers", [])}
    words += [
        each["why"] if each["name"] == after["host"] else f"{each['name']} stays: {each['why']}"
        for each in after.get("blockers", [])
        if (each["name"], without_figures(each["why"])) not in stayed
    ]
    if before and after["state"] != before["state"]:
        words.append(f"it is {after['state']}")
    if not words:
        return ""
    return f"{after['host']}: {'; '.join(words)}; {len(after['left'])} of {after['total']} left"


def _moves(result: dict) -> list:
    return [*result.get("moved", []), *result.get("under_way", [])]
