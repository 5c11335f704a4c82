# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a move as two pure functions: what is seen goes in, the one next action of a side comes out.

Neither side remembers where it was. Each looks at the container's row (the authority), at the other side's columns and at
its own engine, and does the next thing; every action may be done twice. So a crash at any point is answered by looking
again (S204, S2041-S2043, S301-S302; figure 9; design, section 6).

    source                          row                         target
    plan, spec, index
    claim  ------------------------> move=M, move_to=target
                                                                 admit / decline
    send image (when asked)                                      fetch or ask for the image
                                                                 create and compare
    stop (stop-first)                                            start, healthy (start-first)
                                     holder=target, epoch+1 <--- commit
                                                                 start, healthy (stop-first)
    clean up, broadcast moved
                                     move='' <------------------ done, broadcast effective

Commit and abort are conditional writes on the same row, so exactly one of them wins.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..model import FAILOVER, START_FIRST

# Steps that the source writes.
PLANNED = 'planned'
CLAIMED = 'claimed'
IMAGE_SENT = 'image sent'
STOPPED = 'stopped'
CLEANED = 'cleaned'
ABORTED = 'aborted'

# Steps that the target writes.
ADMITTED = 'admitted'
DECLINED = 'declined'
IMAGE_WANTED = 'image wanted'
STAGED = 'staged'
CREATED = 'created'
STARTED = 'started'
FAILED = 'failed'
COMMITTED = 'committed'
HEALTHY = 'healthy'
UNHEALTHY = 'unhealthy'
STUCK = 'stuck'
DONE = 'done'
WITHDRAWN = 'withdrawn'

SOURCE_ENDS = (CLEANED, ABORTED)
TARGET_ENDS = (DONE, WITHDRAWN)


@dataclass(frozen=True)
class Copy:
    """This side's copy of the container, as its engine shows it.

    ``state``: absent, created, running, exited. ``health``: none, starting, healthy, unhealthy. ``well``: True once it
    may be relied on (health check up, or without one long enough without an exit), False once it may not, None before.
    """
    id: str = ''
    state: str = 'absent'
    health: str = 'none'
    well: bool = None
    ran: bool = False


@dataclass(frozen=True)
class Action:
    """What to do next. ``wait`` carries what is waited for."""
    name: str
    why: str = ''


# Actions of the source.
SEND_IMAGE, STOP, RECORD_STOPPED, ABORT, CLEAN, WITHDRAW, CLOSE = (
    'send image', 'stop', 'record stopped', 'abort', 'clean', 'withdraw', 'close')
# Actions of the target.
ADMIT, STAGE, CREATE, START, COMMIT, RECORD_HEALTHY, RECORD_UNHEALTHY, FAIL, FINISH, REMOVE_COPY, GIVE_UP, FORGO = (
    'admit', 'stage', 'create', 'start', 'commit', 'record healthy', 'record unhealthy', 'fail', 'finish',
    'remove copy', 'give up', 'forgo')
WAIT = 'wait'


def committed(plan, row):
    """Whether the move took effect, or another one did: an epoch above the plan's exists only behind a commit.

    The source opens no second move of a container while this one is open with it, but it may be lost: then the failover's
    raises it too.
    """
    return row is not None and row.epoch > plan.epoch


def returned(plan, row):
    """Whether the target gave the container back: committed, but its process could never be started there."""
    if row is None or row.epoch != plan.epoch + 2:
        return False
    return row.holder == plan.source and row.instance == plan.instance


def took_effect(move):
    """Whether a MoveRow says that its copy became the container; one that was committed and never noted so does not."""
    return not {COMMITTED, HEALTHY, UNHEALTHY, DONE}.isdisjoint(move.target_times)


def claimed(plan, row):
    """Whether the row names this move as the open one."""
    return row is not None and row.move == plan.id


def source_action(plan, row, move, copy, overdue):
    """The source's next action.

    :param plan: MovePlan. :param row: ContainerRow or None. :param move: MoveRow.
    :param copy: the source's own Copy (``plan.instance``). :param overdue: why its deadline passed, or ''.
    """
    if move.source_step in SOURCE_ENDS:
        return Action(CLOSE)
    if returned(plan, row):
        return Action(WITHDRAW, 'given back by %s: %s' % (plan.target, move.target_note))
    if committed(plan, row):
        if move.target_step in (HEALTHY, UNHEALTHY, DONE):
            return Action(CLEAN)
        if claimed(plan, row):
            return Action(WAIT, 'the target to say how the container is')
        # Nobody said that the other copy is well: this one is stale, and is kept for a while as every stale one.
        return Action(WITHDRAW, 'another move was faster')
    if not claimed(plan, row):
        return Action(WITHDRAW, 'it was never claimed' if move.source_step == PLANNED else 'aborted')
    if move.target_step in (DECLINED, FAILED):
        return Action(ABORT, '%s by %s: %s' % (move.target_step, plan.target, move.target_note))
    if overdue:
        return Action(ABORT, overdue)
    if plan.mode == FAILOVER:
        return _coordinators_action(plan, move)
    if copy.state == 'absent':
        return Action(ABORT, 'the container vanished from its host')
    if move.target_step == IMAGE_WANTED and move.source_step != IMAGE_SENT:
        return Action(SEND_IMAGE)
    if plan.mode != START_FIRST and move.target_step == CREATED:
        if copy.state == 'running':
            return Action(STOP)
        if move.source_step != STOPPED:
            return Action(RECORD_STOPPED)
    return Action(WAIT, waiting_for(plan, move))


def _coordinators_action(plan, move):
    """Before the commit of a failover: nothing runs at the lost source that could be stopped or could send the image."""
    if move.target_step == IMAGE_WANTED:
        return Action(ABORT, 'the image is not on %s, and no registry has it' % plan.target)
    return Action(WAIT, waiting_for(plan, move))


def target_action(plan, row, move, copy, image_there, image_arrived, again=False, hopeless=False, overdue=False):
    """The target's next action.

    :param copy: the target's Copy: the container that this move created here.
    :param image_there: the image is in the engine under its name.
    :param image_arrived: the streamed image is complete on disk.
    :param again: what is stuck may be tried again now. :param hopeless: it was tried for long enough. :param overdue: so was the claim waited for.
    """
    if move.target_step in TARGET_ENDS:
        return Action(CLOSE)
    if returned(plan, row):
        return Action(REMOVE_COPY)
    if committed(plan, row):
        return _after_commit(plan, row, move, copy, again, hopeless)
    if not claimed(plan, row):
        # Having admitted it, the target saw the claim: that it is gone means the source's abort applied.
        if move.target_step or move.source_step == ABORTED:
            return Action(REMOVE_COPY)
        # Who planned it claims it at once. One that could not, and is gone, ends it nevermore: a lost host's coordinator, and that one is back.
        return Action(FORGO, 'it was never claimed') if overdue else Action(WAIT, 'the claim')
    if move.target_step in (DECLINED, FAILED):
        return Action(WAIT, 'the source to abort')
    if not move.target_step:
        return Action(ADMIT)
    if copy.state == 'absent':
        if not image_there:
            if move.target_step == IMAGE_WANTED and not image_arrived:
                return Action(WAIT, 'the image')
            return Action(STAGE)
        return Action(CREATE) if move.target_step == STAGED else Action(STAGE)
    if move.target_step in (ADMITTED, IMAGE_WANTED, STAGED) or not move.instance:
        # The copy was made and the record of it was lost: look at it again and record it.
        return Action(CREATE)
    if plan.mode == START_FIRST:
        if copy.state == 'created':
            return Action(START)
        if copy.well is False:
            return Action(FAIL, 'the copy is not healthy (%s, health check: %s)' % (copy.state, copy.health))
        return Action(COMMIT) if copy.well else Action(WAIT, 'the copy to be healthy')
    if plan.mode == FAILOVER and plan.exclusive:
        return Action(COMMIT)
    if plan.mode == FAILOVER:
        # Nobody is served by waiting for its health: it runs nowhere else.
        return Action(START) if copy.state == 'created' else Action(COMMIT)
    if move.source_step == STOPPED:
        return Action(COMMIT)
    return Action(WAIT, 'the source to stop its copy')


def _after_commit(plan, row, move, copy, again, hopeless):
    told = move.target_step in (HEALTHY, UNHEALTHY)
    if not claimed(plan, row):
        if copy.id != row.instance and not told and move.target_step != COMMITTED:
            # Another move took the container elsewhere before this one could: it is not done, and its copy is nobody's.
            return Action(REMOVE_COPY)
        if copy.id != row.instance or told:
            return Action(FINISH)
        # A failover began behind the commit and came to nothing: this copy has to run all the same.
        return _settling(plan, copy)
    if copy.state == 'absent' and move.target_step == STUCK and hopeless and move.source_step != CLEANED:
        # The source's copy may be there still, and waits for a word that would never come.
        return Action(GIVE_UP, move.target_note)
    if copy.state == 'absent' and (move.target_step != STUCK or again):
        # Somebody removed it in the middle of the move: the source's copy may be gone too, so it is made again.
        return Action(CREATE)
    if copy.state != 'absent' and copy.id != row.instance:
        return Action(COMMIT)
    if copy.state == 'created' and plan.running and (move.target_step != STUCK or move.source_step != CLEANED):
        # Also behind its source's clean-up: one that was made again never ran.
        return Action(START)
    if move.source_step == CLEANED and (told or move.target_step == STUCK):
        return Action(FINISH)
    if copy.state == 'absent':
        return Action(WAIT, 'somebody to look: it vanished')
    if move.target_step == HEALTHY or (move.target_step == UNHEALTHY and not copy.well):
        return Action(WAIT, 'the source to clean up')
    return _settling(plan, copy)


def _settling(plan, copy):
    """From the commit to the word how the container is."""
    if not plan.running:
        return Action(RECORD_HEALTHY)
    if copy.state == 'created':
        return Action(START)
    if copy.well:
        return Action(RECORD_HEALTHY)
    if copy.well is False:
        return Action(RECORD_UNHEALTHY, '%s, health check: %s' % (copy.state, copy.health))
    return Action(WAIT, 'the container to be healthy')


def waiting_for(plan, move):
    """What the source waits for from the target, in words; also the name under which its deadline stands."""
    if not move.target_step:
        return 'admission'
    if move.target_step in (ADMITTED, IMAGE_WANTED):
        return 'staging'
    if move.target_step == STAGED:
        return 'creation'
    if plan.mode == START_FIRST:
        return 'health'
    return 'commit'


def outcome(plan, row, move):
    """The move in one word for people: open, committed, done, unhealthy (it is there, and not well), aborted.

    :param row: ContainerRow, or None where both sides have ended and nobody looked.
    """
    if move.source_step == ABORTED:
        return 'aborted'
    # Of a target that is lost behind its commit no end is heard: what it held went elsewhere.
    overtaken = row is not None and row.epoch > plan.epoch + 1
    if move.source_step == CLEANED and (move.target_step in TARGET_ENDS or overtaken):
        if UNHEALTHY in move.target_times and HEALTHY not in move.target_times:
            return UNHEALTHY
        return 'done' if HEALTHY in move.target_times or move.target_step == DONE else 'aborted'
    if committed(plan, row) and row.move in ('', plan.id):
        return 'committed'
    return 'open'
