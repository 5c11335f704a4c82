# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the chaos run makes of what it sees: it must find what is wrong, and nothing else."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.moves import steps
from chaos import moves
from chaos.faults import FAULTS
from chaos.invariants import Copy, History, moved, unsettled
from chaos.ticks import Span, overlaps, spans


def row(**columns):
    return dict({'holder': 'h1', 'epoch': 1, 'instance': 'a', 'move': ''}, **columns)


def test_a_break_in_the_ticks_ends_a_span():
    assert spans('h1', 'a', [10.4, 10.0, 10.2, 15.0, 15.2]) == [Span('h1', 'a', 10.0, 10.4), Span('h1', 'a', 15.0, 15.2)]


@pytest.mark.parametrize('second, found', [((12.0, 14.0), 1), ((15.1, 16.0), 0), ((9.0, 20.0), 1), ((15.0, 15.0), 1)])
def test_two_copies_that_run_at_once_are_found(second, found):
    running = [Span('h1', 'a', 10.0, 15.0), Span('h2', 'b', *second)]
    assert len(overlaps(running)) == found
    assert len(overlaps(running[::-1])) == found


def test_one_copy_never_overlaps_with_itself():
    assert overlaps([Span('h1', 'a', 10.0, 15.0), Span('h1', 'a', 12.0, 14.0)]) == []


@pytest.mark.parametrize('thaw, found', [(('h1', 30.0, 35.0), 0), (('h2', 30.0, 35.0), 0), (('h3', 30.0, 35.0), 1), (('h1', 30.0, 30.5), 1)])
def test_only_the_moment_after_a_thaw_is_excused(thaw, found):
    assert len(overlaps([Span('h2', 'b', 20.0, 40.0), Span('h1', 'a', 30.1, 31.0)], [thaw])) == found


def test_history_finds_two_holders_of_an_epoch_a_fallen_epoch_and_a_lost_row():
    history = History()
    history.note({'web': row(epoch=2), 'db': row()})
    history.note({'web': row(epoch=2), 'db': row(epoch=2, holder='h2')})
    assert history.violations == []
    history.note({'web': row(epoch=2, holder='h3'), 'db': row(epoch=1)})
    assert history.violations == ['epoch 2 of web had two holders, h1 and h3', 'db fell from epoch 2 to 1']
    history.note({'web': row(epoch=2)})
    assert 'the row of db is gone, it was at epoch 2' in history.violations


WELL = {'containers': {'web': row()}, 'hosts': {'h1': {'state': 'normal'}}, 'copies': [Copy('h1', 'web', 'a', 'running')], 'open_moves': []}


@pytest.mark.parametrize('change, words', [
    ({}, []),
    ({'hosts': {'h1': {'state': 'lost'}}}, ['h1 is lost']),
    ({'hosts': {'h1': {'state': 'normal', 'lease_expired': True}}}, ['the lease of h1 is expired']),
    ({'copies': []}, ['web belongs to h1 (a) and runs at []']),
    ({'copies': [Copy('h1', 'web', 'a', 'exited')]}, ['web belongs to h1 (a) and runs at []']),
    ({'copies': [Copy('h1', 'web', 'a', 'running'), Copy('h2', 'web', 'b', 'exited')]}, []),
    ({'copies': [Copy('h1', 'web', 'a', 'running'), Copy('h2', 'web', 'b', 'running')]}, ["web belongs to h1 (a) and runs at [('h1', 'a'), ('h2', 'b')]"]),
    ({'containers': {'web': row(move='m')}}, ['web is in move m']),
    ({'containers': {'web': row(holder='')}}, ['nobody holds web']),
    ({'containers': {}}, ['nobody holds web']),
    ({'open_moves': [('h1', 'm')]}, ['move m is open at h1'])])
def test_what_is_not_well_is_named(change, words):
    assert unsettled(['web'], **dict(WELL, **change)) == words


def test_who_changed_hands_is_named():
    before = {'web': row(), 'db': row()}
    assert moved(before, {'web': row(holder='h2', epoch=2), 'db': row(instance='b')}, ['web', 'db']) == ['web went from h1 (epoch 1) to h2 (epoch 2)']


def test_each_step_of_each_side_has_its_faults_for_the_kinds_that_have_it():
    names = set(FAULTS)
    assert 'source-killed-stopped-exclusive' in names and 'target-killed-started-free' in names
    assert 'source-crashed-before-claimed-free' in names and 'target-crashed-after-committed-exclusive' in names
    assert not {name for name in names if 'stopped-free' in name or 'started-exclusive' in name}
    assert set(moves.SOURCE_STEPS) == {steps.PLANNED, steps.CLAIMED, steps.STOPPED, steps.CLEANED}
    assert set(moves.TARGET_STEPS) == {steps.ADMITTED, steps.STAGED, steps.CREATED, steps.STARTED, steps.COMMITTED, steps.HEALTHY, steps.DONE}
