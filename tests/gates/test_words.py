# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing committed knows the machine it was written on, or hosts that are not the reader's business."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from gates.part import ROOT

# Addresses that the collection's texts may name.
HOSTS = {
    "github.com", "www.gnu.org", "fsf.org", "www.fsf.org", "docs.ansible.com", "cassandra.apache.org", "maven.apache.org", "www.apache.org", "docs.docker.com",
    "datatracker.ietf.org", "www.kernel.org", "docs.kernel.org", "www.haproxy.org", "docs.haproxy.org", "www.freedesktop.org", "patents.google.com",
    "json-schema.org", "www.jsonrpc.org", "docs.python.org", "docs.pytest.org", "localhost", "127.0.0.1",
}
_URL = re.compile(r"\bhttps?://([A-Za-z0-9.-]+)")
_EXAMPLE = re.compile(r"(^|\.)(example|test|invalid|localdomain)(\.(com|org|net))?\.?$|^\.*$|^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$")
_SHARED = {"/", "/root/", "/home/", "/tmp/", "/opt/", "/srv/", "/var/", "/usr/"}


def committed() -> list[str]:
    """Files that git knows or would take."""
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def own_words() -> list[str]:
    """This checkout's place, and the hosts that this machine gets packages from."""
    parent = f"{ROOT.parent}/"
    words = [str(ROOT), *([] if parent in _SHARED else [parent])]
    for key in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "GOPROXY", "NPM_CONFIG_REGISTRY"):
        words += _URL.findall(os.environ.get(key, ""))
    return [word for word in words if len(word) > 1]


def foreign_hosts(text: str) -> set[str]:
    """Hosts in the text's URLs that are neither known nor an example."""
    return {host for host in _URL.findall(text) if host not in HOSTS and not _EXAMPLE.search(host)}


@pytest.mark.parametrize("name", committed())
def test_a_file_names_no_foreign_place(name: str) -> None:
    content = (ROOT / name).read_bytes()
    if b"\0" in content:
        return
    text = content.decode("utf-8")
    assert [word for word in own_words() if word in text] == []
    assert foreign_hosts(text) == set()


@pytest.mark.parametrize("name", [name for name in committed() if name.endswith(".py") and (ROOT / name).stat().st_size])
def test_a_python_file_carries_the_licence(name: str) -> None:
    head = (ROOT / name).read_text(encoding="utf-8")[:600]
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in head
    assert "GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)" in head


def test_foreign_hosts_are_seen() -> None:
    scheme = "https" + "://"
    text = f"see {scheme}registry.nowhere.io/simple and {scheme}github.com/x, {scheme}a.example.com, {scheme}10.1.2.3/x"
    assert foreign_hosts(text) == {"registry.nowhere.io"}


def test_own_words_are_of_this_machine() -> None:
    assert str(ROOT) in own_words()
