# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of a move: each step for what is seen, admission, and what a labelled container means."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.containers.receive import main as receive
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, MovePlan, MoveRow
from ansible_collections.ringfleet.core.plugins.module_utils.moves import steps
from ansible_collections.ringfleet.core.plugins.module_utils.moves.admission import Capacity, reasons_to_decline
from ansible_collections.ringfleet.core.plugins.module_utils.moves.steps import Copy
from ansible_collections.ringfleet.core.plugins.module_utils.ring import liveness, ownership

PLAN = MovePlan('m', 'web', 'h1', 'h2', mode='start-first', epoch=4, instance='old', image='web:1', memory=100,
                image_size=50, architecture='amd64', ports=('0.0.0.0:8080/tcp',))
STOP_FIRST = replace(PLAN, mode='stop-first')
CLAIMED = ContainerRow('web', 'h1', 4, 'old', move='m', move_to='h2')
COMMITTED = ContainerRow('web', 'h2', 5, 'new', move='m', move_to='h2', previous='h1')
FREE = replace(CLAIMED, move='', move_to='')
ELSEWHERE = ContainerRow('web', 'h3', 5, 'third', previous='h1')
RETURNED = ContainerRow('web', 'h1', 6, 'old', previous='h2')
RUNS = Copy('old', 'running', well=True, ran=True)
MADE = Copy('new', 'created')


def move(source='claimed', target='', instance=''):
    return MoveRow('m', source_step=source, target_step=target, instance=instance)


@pytest.mark.parametrize('plan, row, seen, copy, overdue, expected', [
    (PLAN, FREE, move('planned'), RUNS, '', steps.WITHDRAW),
    (PLAN, FREE, move('claimed'), RUNS, '', steps.WITHDRAW),
    (PLAN, CLAIMED, move(), RUNS, '', steps.WAIT),
    (PLAN, CLAIMED, move(), RUNS, 'too late', steps.ABORT),
    (PLAN, CLAIMED, move(target='declined'), RUNS, '', steps.ABORT),
    (PLAN, CLAIMED, move(target='failed'), RUNS, '', steps.ABORT),
    (PLAN, CLAIMED, move(target='image wanted'), RUNS, '', steps.SEND_IMAGE),
    (PLAN, CLAIMED, move('image sent', 'image wanted'), RUNS, '', steps.WAIT),
    (PLAN, CLAIMED, move(), Copy(), '', steps.ABORT),
    (PLAN, CLAIMED, move(target='created'), RUNS, '', steps.WAIT),
    (STOP_FIRST, CLAIMED, move(target='staged'), RUNS, '', steps.WAIT),
    (STOP_FIRST, CLAIMED, move(target='created'), RUNS, '', steps.STOP),
    (STOP_FIRST, CLAIMED, move(target='created'), Copy('old', 'exited'), '', steps.RECORD_STOPPED),
    (STOP_FIRST, CLAIMED, move('stopped', 'created'), Copy('old', 'exited'), '', steps.WAIT),
    (PLAN, COMMITTED, move(target='committed'), RUNS, 'too late', steps.WAIT),
    (PLAN, COMMITTED, move(target='unhealthy'), RUNS, '', steps.CLEAN),
    (PLAN, COMMITTED, move(target='stuck'), RUNS, '', steps.WAIT),
    (PLAN, COMMITTED, move(target='healthy'), RUNS, '', steps.CLEAN),
    (PLAN, replace(COMMITTED, move=''), move(target='done'), RUNS, '', steps.CLEAN),
    (PLAN, replace(COMMITTED, holder='h3', epoch=9, move='other'), move(target='done'), RUNS, '', steps.CLEAN),
    (PLAN, ELSEWHERE, move(target='started'), RUNS, '', steps.WITHDRAW),
    (STOP_FIRST, replace(COMMITTED, move='other'), move('planned'), RUNS, '', steps.WITHDRAW),
    (PLAN, RETURNED, move('stopped', 'committed'), Copy('old', 'exited'), '', steps.WITHDRAW),
    (PLAN, COMMITTED, move('cleaned', 'healthy'), Copy(), '', steps.CLOSE),
    (PLAN, FREE, move('aborted'), RUNS, '', steps.CLOSE)])
def test_the_sources_next_action(plan, row, seen, copy, overdue, expected):
    assert steps.source_action(plan, row, seen, copy, overdue).name == expected


@pytest.mark.parametrize('plan, row, seen, copy, there, arrived, expected', [
    (PLAN, FREE, move('planned'), Copy(), False, False, steps.WAIT),
    (PLAN, FREE, move('aborted'), Copy(), False, False, steps.REMOVE_COPY),
    (PLAN, FREE, move('claimed', 'created'), MADE, False, False, steps.REMOVE_COPY),
    (PLAN, CLAIMED, move(), Copy(), False, False, steps.ADMIT),
    (PLAN, CLAIMED, move(target='declined'), Copy(), False, False, steps.WAIT),
    (PLAN, CLAIMED, move(target='admitted'), Copy(), False, False, steps.STAGE),
    (PLAN, CLAIMED, move(target='image wanted'), Copy(), False, False, steps.WAIT),
    (PLAN, CLAIMED, move('image sent', 'image wanted'), Copy(), False, True, steps.STAGE),
    (PLAN, CLAIMED, move(target='staged'), Copy(), True, False, steps.CREATE),
    (PLAN, CLAIMED, move(target='staged'), MADE, False, False, steps.CREATE),
    (PLAN, CLAIMED, move(target='created', instance='new'), MADE, False, False, steps.START),
    (PLAN, CLAIMED, move(target='started', instance='new'), Copy('new', 'running', ran=True), False, False, steps.WAIT),
    (PLAN, CLAIMED, move(target='started', instance='new'), Copy('new', 'running', well=True), False, False, steps.COMMIT),
    (PLAN, CLAIMED, move(target='started', instance='new'), Copy('new', 'exited', well=False), False, False, steps.FAIL),
    (STOP_FIRST, CLAIMED, move(target='created', instance='new'), MADE, False, False, steps.WAIT),
    (STOP_FIRST, CLAIMED, move('stopped', 'created', 'new'), MADE, False, False, steps.COMMIT),
    (STOP_FIRST, COMMITTED, move('stopped', 'committed'), MADE, False, False, steps.START),
    (STOP_FIRST, COMMITTED, move('stopped', 'committed'), Copy('new', 'running'), False, False, steps.WAIT),
    (PLAN, COMMITTED, move(target='committed'), Copy('new', 'running', well=True), False, False, steps.RECORD_HEALTHY),
    (PLAN, COMMITTED, move(target='committed'), Copy('new', 'exited', well=False, ran=True), False, False,
     steps.RECORD_UNHEALTHY),
    (PLAN, COMMITTED, move(target='unhealthy'), Copy('new', 'exited', well=False, ran=True), False, False, steps.WAIT),
    (replace(PLAN, running=False), COMMITTED, move(target='committed'), MADE, False, False, steps.RECORD_HEALTHY),
    (PLAN, COMMITTED, move(target='healthy'), Copy('new', 'running', well=True), False, False, steps.WAIT),
    (PLAN, COMMITTED, move('cleaned', 'healthy'), Copy('new', 'running', well=True), False, False, steps.FINISH),
    # Its source was lost behind the commit, and the coordinator of its failover ended the source's part.
    (STOP_FIRST, COMMITTED, move('cleaned', 'committed'), MADE, False, False, steps.START),
    (PLAN, COMMITTED, move('cleaned', 'committed'), Copy('new', 'running', well=True), False, False, steps.RECORD_HEALTHY),
    (PLAN, COMMITTED, move('cleaned', 'stuck'), Copy(), False, False, steps.FINISH),
    # Or before it, and a failover was faster.
    (PLAN, ELSEWHERE, move(target='started'), Copy('new', 'running', well=True), False, False, steps.REMOVE_COPY),
    (STOP_FIRST, replace(ELSEWHERE, move='f'), move(target='created'), MADE, False, False, steps.REMOVE_COPY),
    (PLAN, ELSEWHERE, move('planned'), Copy(), False, False, steps.REMOVE_COPY),
    (PLAN, ELSEWHERE, move(target='committed'), Copy('new', 'running', well=True), False, False, steps.FINISH),
    # Or it began behind the commit, and was aborted.
    (STOP_FIRST, replace(COMMITTED, move=''), move(target='committed'), MADE, False, False, steps.START),
    (STOP_FIRST, replace(COMMITTED, move=''), move(target='created'), Copy('new', 'running', well=True), False, False, steps.RECORD_HEALTHY),
    (PLAN, COMMITTED, move(target='committed'), Copy(), False, False, steps.CREATE),
    (PLAN, COMMITTED, move(target='stuck'), Copy(), False, False, steps.WAIT),
    (PLAN, COMMITTED, move(target='unhealthy'), Copy('new', 'running', well=True), False, False, steps.RECORD_HEALTHY),
    (PLAN, COMMITTED, move('cleaned', 'unhealthy'), Copy('new', 'exited', well=False, ran=True), False, False, steps.FINISH),
    (PLAN, COMMITTED, move(target='created'), Copy('newer', 'created'), False, False, steps.COMMIT),
    (PLAN, replace(COMMITTED, move=''), move('cleaned', 'healthy'), RUNS, False, False, steps.FINISH),
    (PLAN, RETURNED, move('aborted', 'committed'), MADE, False, False, steps.REMOVE_COPY),
    (PLAN, FREE, move('aborted', 'withdrawn'), Copy(), False, False, steps.CLOSE)])
def test_the_targets_next_action(plan, row, seen, copy, there, arrived, expected):
    assert steps.target_action(plan, row, seen, copy, there, arrived).name == expected


def test_what_is_stuck_is_tried_again_when_it_may():
    assert steps.target_action(PLAN, COMMITTED, move(target='stuck'), Copy(), False, False, True).name == steps.CREATE


@pytest.mark.parametrize('row, target, expected', [
    (FREE, '', steps.FORGO), (FREE, 'admitted', steps.REMOVE_COPY), (CLAIMED, '', steps.ADMIT)])
def test_what_nobody_claims_for_long_is_forgone(row, target, expected):
    assert steps.target_action(PLAN, row, move('planned', target), Copy(), False, False, overdue=True).name == expected


def test_what_vanished_behind_the_commit_is_given_up_once_it_is_hopeless_unless_its_source_has_none_left():
    def hopeless(source, target, copy):
        return steps.target_action(PLAN, COMMITTED, move(source, target), copy, False, False, True, True).name
    assert hopeless('stopped', 'stuck', Copy()) == steps.GIVE_UP
    assert hopeless('cleaned', 'stuck', Copy()) == steps.CREATE
    assert hopeless('stopped', 'committed', Copy()) == steps.CREATE
    assert hopeless('stopped', 'stuck', Copy('new', 'running', well=True, ran=True)) == steps.RECORD_HEALTHY


@pytest.mark.parametrize('row, source, target, times, word', [
    (CLAIMED, 'claimed', 'created', (), 'open'), (COMMITTED, 'stopped', 'committed', (), 'committed'), (FREE, 'aborted', '', (), 'aborted'),
    (None, 'cleaned', 'done', ('healthy',), 'done'), (None, 'cleaned', 'done', ('unhealthy',), 'unhealthy'), (None, 'cleaned', 'done', (), 'done'),
    (None, 'cleaned', 'withdrawn', ('committed',), 'aborted'), (None, 'cleaned', 'withdrawn', ('healthy',), 'done'),
    # Its target is lost, and a failover made it elsewhere.
    (replace(ELSEWHERE, epoch=6), 'cleaned', 'committed', ('committed',), 'aborted'), (replace(ELSEWHERE, epoch=6), 'cleaned', 'healthy', ('healthy',), 'done'),
    (COMMITTED, 'cleaned', 'committed', ('committed',), 'committed')])
def test_a_moves_outcome_in_one_word(row, source, target, times, word):
    assert steps.outcome(PLAN, row, replace(move(source, target), target_times=dict.fromkeys(times, 1))) == word


def test_nothing_is_taken_over_before_it_may_be():
    """Of all that can be seen before a stop-first source has stopped, nothing makes the target commit."""
    for target in ('admitted', 'staged', 'created', 'image wanted'):
        for source in ('planned', 'claimed', 'image sent'):
            for copy in (Copy(), MADE, Copy('new', 'running', well=True)):
                action = steps.target_action(STOP_FIRST, CLAIMED, move(source, target, 'new'), copy, True, True)
                assert action.name != steps.COMMIT


ROOM = Capacity('amd64', frozenset(), frozenset(), frozenset(), 200, 100, 40)


@pytest.mark.parametrize('change, words', [
    ({'architecture': 'arm64'}, 'image is for amd64, this host is arm64'), ({'names': frozenset({'web'})}, 'named web'),
    ({'ports': frozenset({'127.0.0.1:8080/tcp'})}, 'port 0.0.0.0:8080/tcp is taken'),
    ({'memory_free': 99}, 'memory'), ({'disk_free': 89}, 'disk')])
def test_a_decline_says_why(change, words):
    reasons = reasons_to_decline(PLAN, replace(ROOM, **change))
    assert len(reasons) == 1
    assert words in reasons[0]


def test_admission():
    assert reasons_to_decline(PLAN, ROOM) == ()
    other = replace(ROOM, ports=frozenset({'0.0.0.0:8080/udp', '0.0.0.0:8081/tcp'}))
    assert reasons_to_decline(PLAN, other) == ()


HERE = ownership.Here('web', 'id', True, '', 'web:1')
COPY = replace(HERE, move='m')
MINE = ContainerRow('web', 'h1', 1, 'id')


@pytest.mark.parametrize('here, row, word', [
    (HERE, None, 'adopt'), (HERE, ContainerRow('web', epoch=3), 'adopt'), (HERE, MINE, 'ours'),
    (HERE, replace(MINE, instance='older'), 'new version'), (HERE, replace(MINE, holder='h2'), 'duplicate'),
    (COPY, replace(MINE, holder='h2'), 'copy of a move'), (COPY, replace(MINE, instance='x'), 'copy of a move'),
    (COPY, MINE, 'ours'), (HERE, replace(MINE, move='m'), 'ours'),
    (HERE, replace(MINE, move='m', instance='x'), 'moving'), (COPY, ContainerRow('web', move='m'), 'copy of a move')])
def test_what_a_labelled_container_means(here, row, word):
    assert ownership.judge(here, row, 'h1') == word


def test_signals_are_judged_by_change_on_ones_own_clock():
    signs = liveness.Signs()
    assert liveness.verdict(signs, 0.0, 5.0) == 'unseen'
    beat = liveness.Signal().seen((1,), 10.0).seen((1,), 14.0)
    assert beat.age(16.0) == 6.0
    assert liveness.verdict(liveness.Signs(beat, liveness.Signal().seen((1,), 14.0)), 16.0, 5.0) == 'watcher down'
    assert liveness.verdict(liveness.Signs(beat.seen((2,), 15.0), liveness.Signal()), 16.0, 5.0) == 'unseen'
    assert liveness.verdict(liveness.Signs(beat.seen((2,), 15.0), beat), 16.0, 5.0) == 'ring node down'
    assert liveness.verdict(liveness.Signs(beat, beat), 16.0, 5.0) == 'silent'
    assert liveness.verdict(liveness.Signs(beat, beat), 14.0, 5.0) == 'alive'


@pytest.mark.parametrize('command', ['', 'image', 'image ../../etc/passwd', 'image 0123456789ab; id', 'shell 0123456789ab'])
def test_the_forced_command_takes_nothing_else(tmp_path, command, capsys):
    assert receive(str(tmp_path), command, None) == 2
    assert list(tmp_path.iterdir()) == []
    assert 'only "image MOVE"' in capsys.readouterr().err


def test_the_forced_command_writes_one_file(tmp_path):
    with open(__file__, 'rb') as stream:
        assert receive(str(tmp_path), 'image 0123456789ab-cdef', stream) == 0
    with open(__file__, 'rb') as stream:
        assert (tmp_path / '0123456789ab-cdef.tar').read_bytes() == stream.read()
