# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the lab that need no engine."""

from __future__ import annotations

import io
import pathlib
import tarfile

import pytest

from lab import hosts, image, inventory, jars, web
from lab.shell import LabError, digest, run, wait_for


def test_archive_depends_on_the_jars_alone(tmp_path: pathlib.Path) -> None:
    lib = tmp_path / "lib"
    lib.mkdir()
    for name in ("b.jar", "a.jar", "c-osx-x86_64.jar"):
        (lib / name).write_text(name)
    first, second = tmp_path / "first", tmp_path / "second"
    jars.pack(lib, first)
    (lib / "a.jar").touch()
    jars.pack(lib, second)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as tar:
        assert tar.getnames() == [f"apache-cassandra-{jars.VERSION}/lib/{name}" for name in ("a.jar", "b.jar")]


def test_digest_keeps_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab") == digest(b"ab")


def test_inventory_gives_each_host_its_fixed_address() -> None:
    group = inventory.build(["rflab-h1", "rflab-h12"], "/a.tar.gz", "00")["ringfleet"]
    assert {n: h["ringfleet_address"] for n, h in group["hosts"].items()} == {"rflab-h1": "10.213.7.11", "rflab-h12": "10.213.7.22"}
    assert group["vars"]["ringfleet_cassandra_checksum"] == "sha256:00"


def test_addresses_are_distinct_and_in_the_subnet() -> None:
    addresses = [hosts.address(n) for n in range(1, 51)]
    assert len(set(addresses)) == 50
    assert all(a.startswith(hosts.SUBNET + ".") and 0 < int(a.rsplit(".", 1)[1]) < 255 for a in addresses)


def test_image_name_changes_with_its_files(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.tag()
    (tmp_path / "Dockerfile").write_text("FROM other")
    monkeypatch.setattr(image, "FILES", tmp_path)
    assert image.tag() != before


def test_web_image_obeys_a_stop_and_has_its_applets() -> None:
    with tarfile.open(fileobj=io.BytesIO(web._tree(b"busybox"))) as tar:
        assert tar.getmember("bin/httpd").linkname == "busybox"
        script = tar.extractfile("bin/web")
        assert script is not None and b"trap" in script.read()


def test_failed_command_tells_its_error() -> None:
    with pytest.raises(LabError, match="no such thing"):
        run("sh", "-c", "echo no such thing >&2; exit 3")


def test_waiting_names_what_it_waited_for() -> None:
    with pytest.raises(LabError, match="the moon"):
        wait_for("the moon", lambda: False, timeout=0.01, step=0.001)
