# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of module_utils: arrows point one way, pure files are pure, the files work as they are on a host."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gates import imports
from gates.part import ROOT

PLUGINS = ROOT / "plugins"
UTILS = PLUGINS / "module_utils"
FILES = sorted(UTILS.rglob("*.py"))
LINES = 320

_BASE = {"names", "model", "errors", "settings"}
_MIDDLE = {"store", "protocol"} | _BASE
# watcher -> moves -> (placement, containers, network, ring) -> store -> model; a room also imports itself.
MAY_IMPORT = {
    "names": {"errors"},
    "model": {"errors"},
    "errors": set(),
    "settings": {"names", "model", "errors"},
    "protocol": _BASE,
    "store": _BASE,
    "placement": _BASE,
    "containers": _MIDDLE,
    "network": _MIDDLE,
    # A process of its own beside the watcher: it shares nothing with it.
    "guard": set(),
    # What people type: no more than a module may load.
    "command": {"protocol"} | _BASE,
    "ring": _MIDDLE,
    "monitor": {"containers"} | _MIDDLE,
    "moves": {"placement", "containers", "network", "ring"} | _MIDDLE,
    # The files that the guard goes by have one form.
    "watcher": {"guard", "moves", "monitor", "placement", "containers", "network", "ring"} | _MIDDLE,
    # The ring's administration: run by the roles, apart from the watcher.
    "ringadmin": {"store"} | _BASE,
}
PURE = ["placement/*.py", "ring/liveness.py", "ring/losses.py", "ring/backups.py", "ring/tolerance.py", "ring/quorum.py",
        "ring/leases.py", "ring/skew.py", "ring/states.py", "guard/fence.py",
        "monitor/fusion.py", "monitor/anomaly.py", "monitor/record.py",
        "moves/steps.py"]
# A clock, chance, or the outside: given to a pure file as values, if it needs what they say.
IMPURE = {"asyncio", "docker", "cassandra", "datetime", "io", "logging", "os", "pathlib", "random", "secrets", "selectors", "signal",
          "socket", "subprocess", "threading", "time", "urllib", "uuid"}
# requests comes with docker.
THIRD_PARTY = {"cassandra", "cryptography", "docker", "prometheus_client", "requests"}


def room(path: Path) -> str:
    return path.relative_to(UTILS).parts[0].removesuffix(".py")


def crossings(path: Path, plugins: Path = PLUGINS) -> list[str]:
    """The imports of a file that go against the arrows."""
    mine = path.relative_to(plugins / "module_utils").parts[0].removesuffix(".py")
    wrong = []
    for found in imports.imports(path, plugins):
        source = imports.source_of(found.name, plugins)
        if source is None or (plugins / "module_utils") not in source.parents:
            continue
        other = source.relative_to(plugins / "module_utils").parts[0].removesuffix(".py")
        if other not in {mine, "__init__"} | MAY_IMPORT[mine]:
            wrong.append(f"line {found.line}: {mine} -> {other}")
    return wrong


def test_every_room_has_its_arrows() -> None:
    assert {room(path) for path in FILES} - {"__init__"} <= set(MAY_IMPORT)
    assert FILES


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != UTILS or p.name != "__init__.py"], ids=lambda p: str(p.relative_to(UTILS)))
def test_arrows_point_one_way(path: Path) -> None:
    assert crossings(path) == []


def test_no_arrow_leads_back() -> None:
    for name, below in MAY_IMPORT.items():
        assert all(name not in MAY_IMPORT[other] for other in below), name


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(UTILS)))
def test_a_file_works_as_it_is_on_a_host(path: Path) -> None:
    """Relative imports only; nothing of Ansible; third-party imports guarded."""
    found = imports.imports(path, PLUGINS)
    tops = {item.name.split(".")[0] for item in found if not item.relative}
    assert tops <= set(sys.stdlib_module_names) | THIRD_PARTY
    assert [f"line {item.line}: {item.name}" for item in found if item.name.split(".")[0] in THIRD_PARTY and not (item.guarded or item.typing_only)] == []


@pytest.mark.parametrize("path", sorted({p for pattern in PURE for p in UTILS.glob(pattern)}), ids=lambda p: str(p.relative_to(UTILS)))
def test_pure_files_have_no_clock_and_no_outside(path: Path) -> None:
    assert {item.name.split(".")[0] for item in imports.imports(path, PLUGINS) if not item.relative} & IMPURE == set()


@pytest.mark.parametrize("path", sorted([*PLUGINS.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_has_one_job(path: Path) -> None:
    """A file past about 300 lines has two. Documentation blocks of modules do not count."""
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LINES or path.parent.name == "modules", f"{lines} lines"


def test_a_crossing_is_seen(tmp_path: Path) -> None:
    for name in ("store", "ring"):
        (tmp_path / "module_utils" / name).mkdir(parents=True)
        (tmp_path / "module_utils" / name / "__init__.py").touch()
    wrong = tmp_path / "module_utils" / "store" / "base.py"
    wrong.write_text("def f():\n    from ..ring import x\n", encoding="utf-8")
    assert crossings(wrong, tmp_path) == ["line 2: store -> ring"]
