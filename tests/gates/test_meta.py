# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of itself agrees with what it carries."""

from __future__ import annotations

import ast
import tarfile
from pathlib import Path

import pytest
import yaml

from gates.part import CACHE, ROOT, Log

FOLDERS = ("plugins", "roles", "playbooks", "inventories", "tests", "molecule", "changelogs", "docs", "meta")
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.name != "__init__.py")


def _yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_there(folder: str) -> None:
    assert any((ROOT / folder).iterdir())


def test_the_action_group_names_every_module() -> None:
    assert sorted(_yaml("meta/runtime.yml")["action_groups"]["ringfleet"]) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_declares_its_attributes(module: str) -> None:
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8"))
    (text,) = [node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION"]
    documentation = yaml.safe_load(ast.literal_eval(text))
    shared = any("attributes" in name for name in documentation.get("extends_documentation_fragment", []))
    assert {"check_mode", "diff_mode"} <= set(documentation.get("attributes", {})) or shared


def test_what_requires_ansible_is_what_is_tested() -> None:
    (pinned,) = [line for line in (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines() if line.startswith("ansible-core==")]
    series = pinned.partition("==")[2].rpartition(".")[0]
    assert _yaml("meta/runtime.yml")["requires_ansible"] == f">={series}.0"


def test_galaxy_metadata() -> None:
    galaxy = _yaml("galaxy.yml")
    assert galaxy["dependencies"] == {}
    assert all(tag.isalnum() and tag.islower() for tag in galaxy["tags"])


def test_the_archive_carries_the_collection_and_nothing_of_its_making(tmp_path: Path) -> None:
    assert Log(CACHE / "logs" / "archive.log").run(["ansible-galaxy", "collection", "build", "--output-path", str(tmp_path), "."]) == 0
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as tar:
        tops = {name.split("/")[0] for name in tar.getnames()}
    assert {"README.md", "LICENSE", "meta", "plugins", "roles", "playbooks", "docs", "changelogs", "MANIFEST.json", "FILES.json"} <= tops
    assert not {"tests", "molecule", ".cache", ".git", ".ci", "Makefile"} & tops
