# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new version on its holder whose spec is not kept, on the twin: nobody makes the version before it in its place."""
from __future__ import annotations

import random

import pytest
from simulation.deploying import MANAGED, NEWER, deploy, states
from simulation.faults import Crash
from simulation.losses import coordinator_of, die, fleet_of

# What seals to more than 1 MiB, however it is packed.
LARGE = '%x' % random.Random(1).getrandbits(12 << 20)


@pytest.fixture
def fleet():
    made = fleet_of(3)
    assert made.row('web').spec_hash
    return made


@pytest.mark.parametrize('more', [{'Privileged': True}, {'ExtraHosts': [LARGE]}], ids=['immovable', 'too large'])
def test_what_an_emptied_engine_had_is_not_made_again_as_the_version_before(fleet, more):
    made = deploy(fleet, 'h1', **more)
    fleet.run(5)
    assert (fleet.row('web').instance, fleet.row('web').spec_hash) == (made, '')
    fleet['h1'].up = False
    fleet['h1'].engine.boxes.clear()
    fleet['h1'].boot()
    fleet['h1'].up = True
    fleet.run(60)
    assert states(fleet) == []
    assert 'missing: web (its spec was never kept' in fleet['h1'].watcher.loop.sentence


def test_a_host_that_dies_before_it_kept_the_new_spec_is_not_failed_over_to_the_version_before(fleet):
    keeper = fleet['h1'].watcher.custody._keeper

    def dies(inspected, row):
        die(fleet, 'h1')
        raise Crash('before the spec is kept')

    keeper.keep = dies
    made = deploy(fleet, 'h1', dict(MANAGED, **NEWER))
    fleet.run_until(lambda: not fleet['h1'].alive)
    assert fleet.row('web').instance == made
    fleet.run(60)
    assert (fleet.row('web').holder, states(fleet)) == ('h1', [('h1', 'running')])
    assert coordinator_of(fleet, 'h1').watcher.coordinator.pending['web'].startswith('its spec was not kept yet')
