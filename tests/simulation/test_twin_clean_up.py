# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source leaves of its copy behind a move, on the twin: nothing where the target is well, all where it may be the last one."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.losses import die, fleet_of


@pytest.fixture
def moved():
    """A fleet of 4 in which web moved from h1 to h2 and is well there; the watcher of h1 stands still before its clean-up."""
    fleet = fleet_of(4)
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.row('web').holder == 'h2')
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'healthy')
    return fleet


def wakes(fleet):
    """It goes on with what it knew of the hosts."""
    fleet['h1'].watcher.membership.refresh = fleet['h1'].watcher.membership.hosts
    fleet['h1'].up = True


def test_a_source_that_slept_removes_its_copy(moved):
    moved.run(30)
    wakes(moved)
    moved.run_until(lambda: [each[:2] for each in moved.copies('web')] == [('h2', 'running')])


def test_a_source_that_slept_over_the_loss_of_its_target_keeps_its_copy(moved):
    die(moved, 'h2')
    moved['h2'].engine.boxes.clear()
    moved.run_until(lambda: moved.tables.rows[HostRow]['h2'].state == 'lost')
    wakes(moved)
    moved.run_until(lambda: moved['h1'].store.open_moves('h1') == [])
    assert [each[:2] for each in moved.copies('web') if each[0] == 'h1'] == [('h1', 'exited')]
