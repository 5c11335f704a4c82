# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller packs for a host depends on the content alone, and is written whole or not at all."""

from __future__ import annotations

import importlib.util
import pathlib
import tarfile

import pytest

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
        assert tar.getnames() == ["ringfleet/__init__.py", "ringfleet/a.py", "ringfleet/sub/b.py", ".complete"]


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
