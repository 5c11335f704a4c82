# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves in odd company, on the twin: two of one container at once, and one whose copies vanish in the middle of it."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict
from ansible_collections.ringfleet.core.plugins.module_utils.moves.asking import Ask, send
from ansible_collections.ringfleet.core.plugins.module_utils.moves.planning import RECEIVE, plan_of
from ansible_collections.ringfleet.core.plugins.module_utils.protocol import envelope
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import MemoryStore
from simulation.engine import image_of
from simulation.losses import assert_no_open_moves, fleet_of, runs


def stopped_for(fleet, target='h2'):
    """The id of a move whose source has stopped its copy, and whose target has gone to sleep."""
    ident = fleet['h1'].call('move.ask', name='web', target=target)['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'claimed')
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'created')
    fleet[target].up = False
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'stopped')
    return ident


def test_a_move_that_was_never_claimed_leaves_another_one_s_stopped_copy_alone():
    fleet = fleet_of(3)
    move = fleet.tables.moves[stopped_for(fleet)]
    plan = replace(plan_of(move), id='other', target='h3')
    client = MemoryStore(fleet.tables)
    client.put_move('other', asked=move.asked, request=envelope.request(RECEIVE, plan.to_dict(), 'other'), source_step='planned')
    fleet['h1'].fuse.calls.clear()
    client.index_move('h1', 'other')
    fleet.run_until(lambda: fleet.tables.moves['other'].source_step == 'aborted')
    assert 'start' not in fleet['h1'].fuse.calls
    assert fleet.copies('web')[0][1] == 'exited'


def test_a_move_that_nobody_claims_is_left_by_its_target_once_no_claim_can_apply():
    fleet = fleet_of(3)
    first = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.tables.moves[first].request)
    planned = fleet.tables.moves[first]
    fleet.run_until(lambda: runs(fleet, 'web', 'h2') and not fleet.open_moves())
    # As one whose planner is gone: a coordinator of a host that is back.
    row, plan, client = fleet.row('web'), replace(plan_of(planned), id='other', source='h2', target='h3', epoch=2), MemoryStore(fleet.tables)
    client.put_move('other', asked=planned.asked, request=envelope.request(RECEIVE, plan.to_dict(), 'other'), source_step='planned')
    client.index_move('h3', 'other')
    fleet.run(50)
    assert fleet.open_moves() == [('h3', 'other')]
    fleet.run_until(lambda: not fleet.open_moves(), 20)
    assert fleet.tables.moves['other'].target_step == 'withdrawn'
    with pytest.raises(Conflict):
        client.swap(row, replace(row, move='other', move_to='h3'))


def test_a_move_waits_until_an_aborted_one_has_started_its_copy_again():
    fleet = fleet_of(3)
    stopped_for(fleet)
    # The source dies right behind its abort, and is asked for another move, which it finds first.
    fleet['h1'].fuse.calls.clear()
    fleet['h1'].fuse.at = (1, 'after')
    fleet.run_until(lambda: fleet['h1'].crashes)
    assert (fleet.row('web').move, fleet['h1'].fuse.calls) == ('', ['put_move', '_cas'])
    send(MemoryStore(fleet.tables), '000000000000-first', Ask('web', 'h1', 'h3'))
    fleet.run_until(lambda: fleet.tables.moves['000000000000-first'].source_step == 'aborted' or fleet.row('web').holder == 'h3')
    fleet.run(15)
    assert [each[:2] for each in fleet.copies('web') if each[1] == 'running'] == [(fleet.row('web').holder, 'running')]


@pytest.mark.parametrize('sources_too', [False, True])
def test_a_copy_that_vanished_is_made_again_as_soon_as_its_image_is_there(sources_too):
    fleet = fleet_of(3)
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    fleet['h2'].engine.boxes.clear()
    fleet['h2'].engine.images.clear()
    if sources_too:
        fleet['h1'].engine.boxes.clear()
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'stuck')
    fleet.run(40)
    fleet['h2'].engine.add_image(image_of('web:1'))
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'))
    fleet.run(5)
    assert_no_open_moves(fleet)
