# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module loads no more than it needs: the words it speaks with the watcher, not the watcher."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gates import imports
from gates.part import ROOT

PLUGINS = ROOT / "plugins"
MODULES = sorted(path for path in (PLUGINS / "modules").glob("*.py") if path.name != "__init__.py")
UTILS = PLUGINS / "module_utils"
# What a module may name itself; what these three import in turn comes with them.
DOORS = ("model.py", "errors.py", "protocol/client.py")


def allowed(plugins: Path) -> set[Path]:
    """The doors, their own closure, and packages' __init__."""
    doors = {plugins / "module_utils" / name for name in DOORS}
    files = set(doors)
    for door in doors:
        files |= imports.closure(door, plugins)[0]
    return files | set((plugins / "module_utils").glob("__init__.py")) | {plugins / "module_utils" / "protocol" / "__init__.py"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_loads_only_the_doors(module: Path) -> None:
    files, _foreign = imports.closure(module, PLUGINS)
    assert sorted(str(path.relative_to(PLUGINS)) for path in files - allowed(PLUGINS)) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_needs_no_package_on_the_host(module: Path) -> None:
    files, _foreign = imports.closure(module, PLUGINS)
    foreign = {found.name for path in {module, *files} for found in imports.imports(path, PLUGINS) if not found.typing_only}
    tops = {name.split(".")[0] for name in foreign if imports.source_of(name, PLUGINS) is None}
    assert tops - set(sys.stdlib_module_names) <= {"ansible"}
    assert {name for name in foreign if name.startswith("ansible.")} <= {"ansible.module_utils.basic.AnsibleModule"}


def test_the_doors_do_not_lead_into_the_house() -> None:
    rooms = {path.relative_to(UTILS).parts[0] for path in allowed(PLUGINS)}
    assert rooms <= {"__init__.py", "model.py", "errors.py", "protocol"}


def test_there_are_modules() -> None:
    assert MODULES


def test_the_closure_follows_relative_imports_and_packages(tmp_path: Path) -> None:
    room = tmp_path / "module_utils" / "room"
    room.mkdir(parents=True)
    (room / "__init__.py").touch()
    (room / "a.py").write_text("from ..b import thing\nfrom . import c\n", encoding="utf-8")
    (room / "c.py").write_text("def f():\n    import docker\n", encoding="utf-8")
    (tmp_path / "module_utils" / "b.py").write_text("import json\n", encoding="utf-8")
    (tmp_path / "modules").mkdir()
    module = tmp_path / "modules" / "m.py"
    module.write_text("from ansible_collections.ringfleet.core.plugins.module_utils.room.a import x\n", encoding="utf-8")
    files, foreign = imports.closure(module, tmp_path)
    assert {path.name for path in files} == {"__init__.py", "a.py", "b.py", "c.py"}
    assert foreign == {"json", "docker"}
