# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the verification: the members by name, from the lab's inventory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra.host import Host

# importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[2] / "shared"))

from members import members  # noqa: E402

# Tests use it by name.
__all__ = ("members",)


@pytest.fixture(scope="session")
def doomed(members: dict[str, Host]) -> str:
    """The host that is killed."""
    return sorted(members)[-1]


@pytest.fixture(scope="session")
def killed(members: dict[str, Host], doomed: str) -> Iterator[dict[str, Host]]:
    """The survivors, once the host was killed: its power is cut, nothing on it ends in order. It runs again afterwards."""
    subprocess.run(["docker", "kill", doomed], check=True, capture_output=True)
    try:
        yield {name: host for name, host in members.items() if name != doomed}
    finally:
        subprocess.run(["docker", "start", doomed], check=True, capture_output=True)
