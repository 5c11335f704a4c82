# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Cassandra archive made from the published jars, for machines that cannot reach the project's own downloads.

It has what role ring_node needs of the real one: a top folder and lib/ with every jar. Byte-equal whenever made from equal jars."""

from __future__ import annotations

import gzip
import hashlib
import pathlib
import shutil
import tarfile
import tempfile

from .engine import install
from .shell import LAB_CACHE, digest, run, say

VERSION = "5.0.8"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>lab</groupId><artifactId>lab</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId><version>{VERSION}</version></dependency></dependencies>
</project>
"""
USELESS = ("-osx-", "-windows-", "-macos-")


def archive() -> pathlib.Path:
    """Path of the archive, made if it is not cached yet; its SHA-256 lies beside it."""
    folder = LAB_CACHE / f"cassandra-{digest(POM, PLUGIN, *USELESS)}"
    target = folder / f"apache-cassandra-{VERSION}-ringfleet.tar.gz"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as work:
            _fetch(pathlib.Path(work))
            partial = folder / "partial"
            pack(pathlib.Path(work) / "lib", partial)
            partial.rename(target)
    return target


def sha256(path: pathlib.Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fetch(work: pathlib.Path) -> None:
    """Copy Cassandra's jar and everything it needs at run time into work/lib, by Maven."""
    if not shutil.which("mvn"):
        install("maven")
    say(f"fetching the jars of Cassandra {VERSION}")
    (work / "pom.xml").write_text(POM)
    run("mvn", "-q", "-B", PLUGIN, "-DincludeScope=runtime", f"-DoutputDirectory={work / 'lib'}", cwd=work)


def pack(lib: pathlib.Path, target: pathlib.Path) -> None:
    """Write the archive with fixed order, owner and times, so that its checksum depends on the jars alone."""
    with target.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="") as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for jar in sorted(lib.glob("*.jar")):
            if any(word in jar.name for word in USELESS):
                continue
            entry = tarfile.TarInfo(f"apache-cassandra-{VERSION}/lib/{jar.name}")
            entry.size, entry.mode, entry.mtime = jar.stat().st_size, 0o644, 0
            with jar.open("rb") as content:
                tar.addfile(entry, content)
