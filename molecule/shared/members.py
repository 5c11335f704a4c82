# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixture of every verification: the members by name, from the lab's inventory."""

from __future__ import annotations

import pytest
import testinfra
from testinfra.host import Host


@pytest.fixture(scope="session")
def members(request: pytest.FixtureRequest) -> dict[str, Host]:
    """All hosts of group ringfleet."""
    inventory = request.config.getoption("--ansible-inventory")
    hosts = testinfra.get_hosts(["ansible://ringfleet"], ansible_inventory=inventory)
    return {host.backend.host: host for host in hosts}
