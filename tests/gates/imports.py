# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Python file of ``plugins/`` imports, read from its syntax tree, and followed through the collection."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COLLECTION = ("ansible_collections", "ringfleet", "core")
UTILS = (*COLLECTION, "plugins", "module_utils")


@dataclass(frozen=True)
class Import:
    """One imported name: absolute and dotted; *guarded* when inside a try, a function, or ``if TYPE_CHECKING``."""

    name: str
    relative: bool
    guarded: bool
    typing_only: bool
    line: int


def dotted(path: Path, plugins: Path) -> str:
    """The full name of a file below *plugins* as Python knows it."""
    parts = (*COLLECTION, "plugins", *path.relative_to(plugins).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, plugins: Path) -> list[Import]:
    """All imports of the file, the ones inside functions too. ``from a import b`` gives ``a.b``: b may be a module."""
    me = dotted(path, plugins)
    package = me if path.name == "__init__.py" else me.rpartition(".")[0]
    return list(_walk(ast.parse(path.read_text(encoding="utf-8")), package, False, False))


def _walk(node: ast.AST, package: str, guarded: bool, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, False, guarded, typing_only, child.lineno)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            if child.level:
                above = package.split(".")
                above = above[: len(above) - child.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in child.names:
                yield Import(f"{base}.{alias.name}", child.level > 0, guarded, typing_only, child.lineno)
        else:
            inside = guarded or isinstance(child, (ast.Try, ast.FunctionDef, ast.AsyncFunctionDef))
            only = typing_only or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
            yield from _walk(child, package, inside, only)


def source_of(name: str, plugins: Path) -> Path | None:
    """The file of this collection that a dotted name means: a module, a package, or an object in either; None for others' names."""
    parts = tuple(name.split("."))
    if parts[: len(COLLECTION) + 1] != (*COLLECTION, "plugins"):
        return None
    inside = parts[len(COLLECTION) + 1:]
    for length in (len(inside), len(inside) - 1):
        here = plugins.joinpath(*inside[:length])
        for path in (here.with_suffix(".py"), here / "__init__.py"):
            if length > 0 and path.is_file():
                return path
    raise LookupError(f"{name} is no file of this collection")


def closure(path: Path, plugins: Path) -> tuple[set[Path], set[str]]:
    """The collection's files that importing *path* loads (packages' __init__ included), and others' names that they import."""
    files: set[Path] = set()
    foreign: set[str] = set()
    todo = [path]
    while todo:
        here = todo.pop()
        for found in imports(here, plugins):
            if found.typing_only:
                continue
            source = source_of(found.name, plugins)
            if source is None:
                foreign.add(found.name)
                continue
            packages = [parent / "__init__.py" for parent in source.parents if plugins in parent.parents]
            for new in [source, *(init for init in packages if init.is_file())]:
                if new not in files:
                    files.add(new)
                    todo.append(new)
    return files, foreign
