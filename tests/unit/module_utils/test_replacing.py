# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container is that was deployed again on another host, and when the one before it is down for good."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow, Placement
from ansible_collections.ringfleet.core.plugins.module_utils.ring import ownership, replacing

NEW = ownership.Here('web', 'new', True, '', 'web:2', 5, replaces=True)
ROW = ContainerRow('web', 'h2', 3, 'old', 'its spec', 'web:1', hold_by='ada', hold_until=9, nonce='n')
DB = replace(NEW, exclusive=True)
LEASED = replace(ROW, exclusive=True)
MARKED = replacing.taken_over(LEASED, DB, 'h1')


@pytest.mark.parametrize('here, row, word', [
    (NEW, ROW, 'replacement'), (replace(NEW, replaces=False), ROW, 'duplicate'), (replace(NEW, running=False), ROW, 'duplicate'),
    (replace(NEW, move='m'), ROW, 'copy of a move'), (NEW, replace(ROW, move='m'), 'replacement'), (NEW, LEASED, 'duplicate'),
    (DB, LEASED, 'replacement'), (DB, ROW, 'duplicate'), (NEW, replace(ROW, holder='h1', move='m'), 'moving'), (DB, MARKED, 'ours'),
    (replace(DB, instance='newest'), MARKED, 'replacement'), (replace(DB, instance='newest', replaces=False), MARKED, 'moving'),
    (NEW, replace(ROW, holder=''), 'adopt')])
def test_what_it_means(here, row, word):
    assert ownership.judge(here, row, 'h1') == word


@pytest.mark.parametrize('row, word', [(MARKED, 'replaced'), (replace(MARKED, move=''), 'stale copy'), (replace(MARKED, previous='h3'), 'stale copy'),
                                       (replace(MARKED, move='m'), 'stale copy')])
def test_what_the_old_one_is(row, word):
    assert ownership.judge(replace(DB, instance='old'), row, 'h2', Placement('h2', 'web', 'old', 3)) == word


def test_the_row_of_the_new_version_has_nothing_of_the_old_one_s():
    assert replacing.taken_over(ROW, NEW, 'h1') == ContainerRow('web', 'h1', 4, 'new', image='web:2', previous='h2', priority=5, nonce='n')
    again = replacing.taken_over(MARKED, replace(DB, instance='newest'), 'h1')
    assert (again.epoch, again.instance, again.previous, again.move, again.move_to) == (5, 'newest', 'h2', 'replace-5-newest', 'h1')


@pytest.mark.parametrize('host, down', [
    (None, False), (HostRow('h2', 'normal'), False), (HostRow('h2', 'lost', lease_ttl_s=30.0), False), (HostRow('h2', 'left'), True),
    (HostRow('h2', 'normal', lease_ttl_s=30.0, lease_expired=True), True)])
def test_only_its_lease_or_a_person_says_that_it_is_down(host, down):
    assert replacing.is_down(host) is down
