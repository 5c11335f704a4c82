# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the verification: the members by name, from the lab's inventory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from testinfra.host import Host

# importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[2] / "shared"))

from members import members  # noqa: E402

# Tests use it by name.
__all__ = ("members",)


@pytest.fixture(scope="session")
def addresses(members: dict[str, Host]) -> dict[str, str]:
    """Each member's address on the ring."""
    return {name: host.ansible.get_variables()["ringfleet_address"] for name, host in members.items()}


@pytest.fixture(scope="session")
def first(members: dict[str, Host]) -> Host:
    """A member to ask: any one answers for the fleet."""
    return members[min(members)]


@pytest.fixture(scope="session")
def home(members: dict[str, Host]) -> str:
    """Where converge started the containers."""
    return sorted(members)[0]


@pytest.fixture(scope="session")
def away(members: dict[str, Host]) -> str:
    """Where one moves to."""
    return sorted(members)[1]


@pytest.fixture(scope="session")
def third(members: dict[str, Host]) -> str:
    """A member that has no part in the move."""
    return sorted(members)[2]
