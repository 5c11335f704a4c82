# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's variables: every mistake is named, with its remedy, and no value is repeated."""

from __future__ import annotations

import pytest

from ansible_collections.ringfleet.core.plugins.plugin_utils.variables import problems

SPEC = {
    "ringfleet_secret": {"type": "str", "required": True, "description": "The secret."},
    "ringfleet_ssh_port": {"type": "int", "description": "A port."},
    "ringfleet_settings": {"type": "dict", "description": "More."},
    "ringfleet_purge": {"type": "bool", "description": "All of it."},
}
GOOD = {"ringfleet_secret": "unit-test-secret-0123456789-abcdefghij"}


def test_good_variables_have_no_problem() -> None:
    assert problems(dict(GOOD, ringfleet_ssh_port=22, ringfleet_settings={}), SPEC) == []
    assert problems(dict(GOOD, ringfleet_ssh_port="22"), SPEC) == []
    assert problems(dict(GOOD, ringfleet_purge="true"), SPEC) == problems(dict(GOOD, ringfleet_purge=False), SPEC) == []


@pytest.mark.parametrize(("given", "text"), [
    ({"ringfleet_sekret": "x"}, "ringfleet_sekret is no variable of ringfleet: is it ringfleet_secret?"),
    ({"ringfleet_quite_else": "x"}, "remove it, or use one of"),
    ({"ringfleet_ssh_port": "ssh"}, "ringfleet_ssh_port must be of the type int, it is str"),
    ({"ringfleet_ssh_port": True}, "must be of the type int, it is bool"),
    ({"ringfleet_purge": "perhaps"}, "ringfleet_purge must be of the type bool, it is str"),
    ({"ringfleet_settings": ["a"]}, "ringfleet_settings must be of the type dict, it is list"),
    ({"ringfleet_secret": ["hidden-value"]}, "ringfleet_secret must be of the type str, it is list"),
    ({"ringfleet_secret": ""}, "ringfleet_secret is not set: The secret."),
    ({"ringfleet_secret": "too-short"}, "at least 32 characters"),
])
def test_each_mistake_is_named(given: dict, text: str) -> None:
    found = problems({**GOOD, **given}, SPEC)
    assert len(found) == 1
    assert text in found[0]
    assert "hidden-value" not in found[0] and "too-short" not in found[0]


def test_all_mistakes_at_once() -> None:
    assert len(problems({"ringfleet_a": 1, "ringfleet_ssh_port": []}, SPEC)) == 3
