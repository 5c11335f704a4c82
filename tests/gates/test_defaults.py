# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's defaults and its argument specification say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gates.part import ROOT

ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())


def differences(role: str, defaults: dict[str, Any], options: dict[str, Any]) -> list[str]:
    """Each way in which both disagree, in words."""
    found = [f"{name}: in defaults/main.yml, not documented" for name in defaults if name not in options]
    for name, option in options.items():
        if not name.startswith(f"{role}_"):
            found.append(f"{name}: does not carry the role's name")
        if not option.get("description"):
            found.append(f"{name}: no description")
        if "default" in option and option.get("required"):
            found.append(f"{name}: required, and has a default")
        if name in defaults and "default" not in option:
            found.append(f"{name}: its default is not documented")
        if "default" in option and name not in defaults:
            found.append(f"{name}: documented default, none in defaults/main.yml")
        if name in defaults and "default" in option and defaults[name] != option["default"]:
            found.append(f"{name}: {defaults[name]!r} in defaults/main.yml, {option['default']!r} documented")
    return found


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_defaults_and_specification_agree(role: Path) -> None:
    specs = _load(role / "meta" / "argument_specs.yml").get("argument_specs", {})
    assert "main" in specs
    options = {name: option for entry in specs.values() for name, option in entry.get("options", {}).items()}
    assert differences(role.name, _load(role / "defaults" / "main.yml"), options) == []


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_role_has_a_readme(role: Path) -> None:
    assert (role / "README.md").is_file()


def test_there_are_roles() -> None:
    assert ROLES


def test_each_difference_is_told() -> None:
    told = differences(
        "r",
        {"r_a": 1, "r_b": 2, "r_c": 3},
        {"r_b": {"description": "b"}, "r_c": {"description": "c", "default": 4}, "r_d": {"description": "d", "default": 5}, "x": {}},
    )
    assert sorted(line.split(":")[0] for line in told) == ["r_a", "r_b", "r_c", "r_d", "x", "x"]
    assert differences("r", {"r_a": [1]}, {"r_a": {"description": "a", "default": [1]}}) == []
