# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the controller: packs what a host needs into one archive in the controller's cache, and prints its key and path.

`pack.py program SOURCE CACHE` packs the collection's own files (a host needs nothing but them and the wheels);
`pack.py wheels CACHE KEY PYTHON ARCHITECTURE FOLDER PACKAGE...` packs wheels for the host's Python and architecture, downloaded by this
Python's pip, or taken from FOLDER when it is not "-". Archives are named by the hash of their content or recipe and made only once."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

# The newest glibc that a supported system has at least; pip takes older ones as well only when they are named.
GLIBC_MINORS = (17, 24, 26, 27, 28, 31, 34)


def main(argv: list[str]) -> int:
    """Pack, print one line of JSON; 1 with a message when that does not work."""
    if argv[:1] == ["program"] and len(argv) == 3:
        key, path = program(pathlib.Path(argv[1]), pathlib.Path(argv[2]))
    elif argv[:1] == ["wheels"] and len(argv) >= 7:
        key, path = argv[2], wheels(pathlib.Path(argv[1]), argv[2], argv[3], argv[4], argv[5], argv[6:])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps({"key": key, "path": str(path)}))
    return 0


def program(source: pathlib.Path, cache: pathlib.Path) -> tuple[str, pathlib.Path]:
    """Archive of all Python files below source as the package ringfleet; the key is the hash of the archive."""
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*.py") if "__pycache__" not in path.parts}
    if not files:
        raise SystemExit(f"no Python files in {source}")
    files.setdefault("__init__.py", b"")
    content = archive({f"ringfleet/{name}": data for name, data in files.items()})
    key = hashlib.sha256(content).hexdigest()[:12]
    path = cache / f"program-{key}.tar"
    if not path.exists():
        save(path, content)
    return key, path


def wheels(cache: pathlib.Path, key: str, python: str, architecture: str, folder: str, packages: list[str]) -> pathlib.Path:
    """Archive of the wheels of these packages, for that Python ("3.11") and architecture ("x86_64")."""
    path = cache / f"wheels-{key}.tar"
    if path.exists():
        return path
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, "-m", "pip", "download", *options(python, architecture), "--dest", work]
        command += ["--no-index", "--find-links", folder] if folder != "-" else []
        done = subprocess.run(command + packages, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"the controller got no wheels for Python {python} on {architecture}; put them into a folder and name it in "
                             f"ring_program_wheels. pip said: {done.stderr.strip()[-1500:]}")
        save(path, archive({wheel.name: wheel.read_bytes() for wheel in pathlib.Path(work).iterdir()}))
    return path


def options(python: str, architecture: str) -> list[str]:
    """pip's, for wheels of another Python and machine than this one, in exact versions."""
    platforms = [f"manylinux_2_{minor}_{architecture}" for minor in GLIBC_MINORS] + [f"manylinux2014_{architecture}", "any"]
    return ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--implementation", "cp", "--python-version", python,
            *[word for platform in platforms for word in ("--platform", platform)]]


def archive(files: dict[str, bytes]) -> bytes:
    """A tar archive with fixed order, owners and times; the last entry, .complete, tells that unpacking was not cut short.

    Folders have entries of their own: root's umask would decide who may read them."""
    out = io.BytesIO()
    folders = {parent.as_posix() for name in files for parent in pathlib.PurePosixPath(name).parents} - {"."}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(folders):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name, data in [*sorted(files.items()), (".complete", b"")]:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def save(path: pathlib.Path, content: bytes) -> None:
    """Write whole or not at all: two playbook runs may share the cache."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.replace(partial, path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
