# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller packs for a host depends on the content alone, and is written whole or not at all."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
import sys
import tarfile

import pytest
import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "ring_program" / "files" / "pack.py"
SPEC = importlib.util.spec_from_file_location("pack", SOURCE)
pack = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pack)


def _tree(folder: pathlib.Path) -> pathlib.Path:
    (folder / "sub" / "__pycache__").mkdir(parents=True)
    (folder / "a.py").write_text("A = 1\n")
    (folder / "sub" / "b.py").write_text("B = 2\n")
    (folder / "sub" / "__pycache__" / "b.py").write_text("stale")
    return folder


def test_program_is_the_same_from_equal_files(tmp_path: pathlib.Path) -> None:
    first = pack.program(_tree(tmp_path / "one"), tmp_path / "cache1")
    second = pack.program(_tree(tmp_path / "two"), tmp_path / "cache2")
    assert first[0] == second[0]
    assert first[1].read_bytes() == second[1].read_bytes()
    with tarfile.open(first[1]) as tar:
        assert [(each.name, oct(each.mode)) for each in tar] == [
            ("ringfleet", "0o755"), ("ringfleet/sub", "0o755"),
            ("ringfleet/__init__.py", "0o644"), ("ringfleet/a.py", "0o644"), ("ringfleet/sub/b.py", "0o644"), (".complete", "0o644")]


def test_a_changed_file_gives_another_key(tmp_path: pathlib.Path) -> None:
    tree = _tree(tmp_path / "one")
    before = pack.program(tree, tmp_path)[0]
    (tree / "a.py").write_text("A = 3\n")
    assert pack.program(tree, tmp_path)[0] != before


def test_wheels_that_are_packed_are_not_fetched_again(tmp_path: pathlib.Path) -> None:
    (tmp_path / "wheels-key.tar").write_bytes(b"there")
    assert pack.wheels(tmp_path, "key", "3.11", "x86_64", "/nonexistent", ["nothing==0"]).read_bytes() == b"there"


def test_missing_wheels_say_what_to_do(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SystemExit, match="ring_program_wheels"):
        pack.wheels(tmp_path, "key", "3.11", "x86_64", str(tmp_path), ["no-such-package==0"])
    assert not list(tmp_path.glob("wheels-*"))


def test_an_empty_source_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SystemExit, match="no Python files"):
        pack.program(tmp_path, tmp_path)


# What README promises; the packages are looked up in the index and not fetched.
@pytest.mark.parametrize(("python", "architecture"), [(f"3.{minor}", "x86_64") for minor in range(10, 15)] + [("3.10", "aarch64"), ("3.13", "aarch64")])
def test_every_supported_host_finds_its_wheels(tmp_path: pathlib.Path, python: str, architecture: str) -> None:
    packages = yaml.safe_load((SOURCE.parents[1] / "defaults" / "main.yml").read_text())["ring_program_packages"]
    found = subprocess.run([sys.executable, "-m", "pip", "install", "--dry-run", "--target", str(tmp_path), *pack.options(python, architecture), *packages],
                           capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
