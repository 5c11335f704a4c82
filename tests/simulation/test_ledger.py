# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator calls a broken rule, and what not, where the two are near each other."""
from __future__ import annotations

import contextlib

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.guard.orders import Orders
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.engine import image_of
from simulation.ledger import UNKNOWN_S, Violation
from simulation.people import IMAGE
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


@pytest.mark.parametrize('ago_s, known', [(UNKNOWN_S - 1, False), (UNKNOWN_S + 1, True)])
def test_or_its_disks_were_lost_a_moment_ago(moved, ago_s, known):
    world, stale = moved
    world.ledger.gone['gone'] = world.time.now - ago_s
    with pytest.raises(Violation, match='is nowhere') if known else contextlib.nullcontext():
        world.ledger.touches(world['h2'], 'remove', [stale])


@pytest.fixture
def twice():
    """(world, [the copies of an exclusive container on h1 and h2]); the guard of h1 has a deadline for the first, in a second."""
    world, copies = World(1, 2), []
    for host in world.hosts.values():
        host.engine.add_image(image_of(IMAGE))
        copies.append(host.engine.run('db', IMAGE, {'ringfleet.exclusive': 'true'}))
    world.ledger.instances.update(dict.fromkeys(copies, 'db'))
    letters, boottime = world['h1'].guard.letters, world['h1'].clock.boottime()
    letters.give(Orders(world['h1'].boot_id, 1, {copies[0]: boottime + 1.0}))
    return world, copies


@pytest.mark.parametrize('asked_s, late', [(0.0, True), (0.9, True), (1.1, False)])
def test_a_start_that_is_carried_out_late_has_until_the_guards_next_look(twice, asked_s, late):
    world, (ident, _other) = twice
    asked = world.time.now + asked_s
    world.run(3.0)
    world.ledger.solitude.started(world['h1'], ident, asked)
    assert bool(world.ledger.solitude.twice()) is not late
    world.run(2.0)
    assert world.ledger.solitude.twice()


def test_one_on_time_has_none(twice):
    world, (ident, _other) = twice
    world.ledger.solitude.started(world['h1'], ident, world.time.now)
    assert world.ledger.solitude.twice()
