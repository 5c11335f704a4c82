# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator calls a broken rule, where two cases are near each other."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.engine import image_of
from simulation.ledger import Violation
from simulation.acts import IMAGE
from simulation.world import World


@pytest.fixture
def moved():
    """(world, the stale copy on h2) of a container whose row names a copy on h1, which is not there."""
    world = World(1, 2)
    world['h2'].engine.add_image(image_of(IMAGE))
    stale = world['h2'].engine.run('web', IMAGE)
    world.ledger.instances.update({stale: 'web', 'gone': 'web'})
    world.tables.rows[ContainerRow]['web'] = ContainerRow('web', holder='h1', instance='gone', epoch=2)
    return world, stale


def test_a_stale_copy_is_kept_while_the_one_of_its_row_is_nowhere(moved):
    world, stale = moved
    with pytest.raises(Violation, match='is nowhere'):
        world.ledger.touches(world['h2'], 'remove', [stale])


def test_unless_its_user_removed_that_one(moved):
    world, stale = moved
    world.ledger.removed.add('gone')
    world.ledger.touches(world['h2'], 'remove', [stale])
