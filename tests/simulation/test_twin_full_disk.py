# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose disk is full cannot tell its guard anything, on the twin: its lease is not kept alive over containers that are down."""
from __future__ import annotations

import pytest
from simulation.exclusive import adopted, power_off, power_on


@pytest.fixture
def fleet():
    return adopted()


@pytest.fixture
def full(fleet, monkeypatch):
    """Cleared, there is room again on h1's disk."""
    letters, found = fleet['h1'].guard.letters, [True]
    give = letters.give

    def give_or_not(orders):
        if found:
            raise OSError(28, 'No space left on device')
        give(orders)

    monkeypatch.setattr(letters, 'give', give_or_not)
    return found


def test_a_host_that_cannot_write_its_guard_s_orders_lets_its_lease_run_out(fleet, full):
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    assert "The guard's orders cannot be written" in fleet['h1'].watcher.lease.trouble
    # With room again it is a host as any other.
    full.clear()
    fleet.run_until(lambda: not fleet.lease('h1').lease_expired)
    fleet.run(30)
    assert fleet.settled()


# Back before its lease ran out, and behind that.
@pytest.mark.parametrize('off_s', [5, 60])
def test_nor_is_it_kept_alive_behind_a_reboot(fleet, full, off_s):
    for name in ('h2', 'h3'):
        fleet[name].engine.refuses_start.add('db')
    power_off(fleet['h1'])
    fleet.run(off_s)
    power_on(fleet['h1'])
    fleet.run(90)
    assert fleet.lease('h1').lease_expired
    for name in ('h2', 'h3'):
        fleet[name].engine.refuses_start.clear()
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.settled())
    full.clear()
    fleet.run_until(lambda: not fleet.lease('h1').lease_expired)
