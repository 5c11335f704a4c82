# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failover of lost hosts (design, section 5): who saw a host die claims it, and makes elsewhere what it ran.

The claim is one conditional write on the host's row, as it was watched; from then on its writer coordinates. What it does
can be done twice: it looks at rows and open moves, never at its own memory, so whoever succeeds it goes on where it stopped.
"""
from __future__ import annotations

from dataclasses import replace

from ..errors import Conflict, ProtocolError
from ..model import RUNNING, ContainerRow, HostRow
from ..moves import steps
from ..moves.asking import Ask, send
from ..moves.planning import plan_of
from ..moves.source import next_id
from ..placement.brakes import LOST as TRIGGER
from ..ring.broadcast import LOST as TOLD
from ..ring.membership import LEFT, LOST, NORMAL

# Two nodes of three are a quorum; with fewer hosts the loss of one stops the store, and nobody could tell who is left.
LEAST_HOSTS = 3
_AGAIN_S = 30.0
# While nothing changes a host that stays lost is looked at so seldom.
_CALM_S = 5.0


class Coordinator:
    """One host's part in the failover of others.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake
        self._asked = {}
        self._due = 0.0
        self.pending = {}

    def armed(self):
        """'' when a loss leads to a failover, else why it does not."""
        members = [row for row in self._b.membership.hosts() if row.state != LEFT]
        if len(members) < LEAST_HOSTS:
            return 'not armed: %d of the %d hosts that a failover needs' % (len(members), LEAST_HOSTS)
        pause = self._b.fleet.pause()
        return 'the fleet is paused (%s)' % pause.reason if pause.reason else ''

    def look(self):
        """Claim what may be claimed, and bring on what this host coordinates. Raises as the store does."""
        rows, me = {row.host: row for row in self._b.membership.hosts()}, self._b.settings.host
        losses = self._b.observer.losses()
        mine = [row for row in rows.values() if row.state == LOST and row.coordinator == me]
        gone = {row.host for row in rows.values() if row.state in (LOST, LEFT)} | set(losses)
        died = [row for row in rows.values() if row.state == NORMAL and row.host in losses]
        orphaned = [row for row in rows.values() if row.state == LOST and row.coordinator != me and row.coordinator in gone]
        claimable = died + orphaned
        if not mine and not claimable:
            self.pending = {}
            return
        now = self._b.clock.monotonic()
        if not claimable and now < self._due:
            return
        self._due = now + _CALM_S
        against = self.armed()
        if against:
            self.pending = {each.name: against for each in self._b.store.scan(ContainerRow)
                            if each.holder in {row.host for row in mine + claimable}}
            return
        for row in claimable:
            if self._claim(row, losses.get(row.host, 'its coordinator %s is gone' % row.coordinator)):
                mine.append(row)
        if claimable:
            self._b.membership.refresh()
        pending = {}
        for row in mine:
            pending.update(self._fail_over(row.host))
        if pending != self.pending:
            # Something goes on: look again at once.
            self._due = now
        self.pending = pending

    def _claim(self, row, why):
        b, me = self._b, self._b.settings.host
        before = b.store.read(HostRow, row.host)
        if before is None or before.nonce != row.nonce:
            # Not the row that was watched: it came back, or another observer was first.
            return False
        try:
            b.store.swap(before, replace(
                before, state=LOST, by=me, coordinator=me, failover_epoch=before.failover_epoch + 1,
                since_at=b.clock.wall() if before.state != LOST else before.since_at))
        except Conflict:
            return False
        b.broadcaster.send(TOLD, detail='%s: %s' % (row.host, why))
        self._take_over(row.host, before.coordinator)
        return True

    def _take_over(self, lost, before):
        """List the moves of a predecessor at this host too: it has their source's part from now on."""
        b = self._b
        for ident in b.store.open_moves(before) if before else ():
            plan = self._plan(b.store.move(ident))
            if plan is not None and plan.source == lost:
                b.store.index_move(b.settings.host, ident)

    @staticmethod
    def _plan(move):
        try:
            return plan_of(move) if move is not None else None
        except ProtocolError:
            # A newer neighbour's: it is left to whoever understands it.
            return None

    def _fail_over(self, lost):
        """Bring on the failover of one host; ``{container: why}`` for what waits."""
        self._end_its_part(lost)
        pending = {}
        for row in sorted(self._b.store.scan(ContainerRow), key=lambda each: each.name):
            if row.holder == lost:
                why = self._one(lost, row)
                if why:
                    pending[row.name] = why
        return pending

    def _end_its_part(self, lost):
        """Moves that left the lost host: behind their commit its clean-up is all that is missing, and it does that when it
        returns; before it they are replaced by the failover's own.
        """
        b = self._b
        for ident in b.store.open_moves(lost):
            move = b.store.move(ident)
            plan = self._plan(move)
            if plan is None or plan.source != lost or move.source_step in steps.SOURCE_ENDS:
                continue
            row = b.store.read(ContainerRow, plan.name)
            if steps.committed(plan, row) and row.holder != lost:
                b.store.put_move(ident, source_step=steps.CLEANED, source_note='its source is lost')

    def _one(self, lost, row):
        """Ask for the failover of one container, unless that is under way; why it waits, or ''."""
        b, now = self._b, self._b.clock.monotonic()
        if row.intent != RUNNING:
            return 'its user stopped it'
        if row.move and self._is_failover_of(lost, row.move):
            return 'it is on its way to %s' % row.move_to
        report = b.prospects.report(row.name, lost)
        if report is not None and report.immovable:
            return 'it cannot run elsewhere (%s), it waits for %s' % ('; '.join(report.immovable), lost)
        if not row.spec_hash:
            return 'its spec was not kept yet when %s was lost, it waits for it' % lost
        ident, asked_at = self._asked.get(row.name, ('', None))
        last = self._last_of(ident)
        if last is not None and last.source_step != steps.ABORTED:
            return 'it is being placed'
        if asked_at is not None and now - asked_at < _AGAIN_S:
            return last.source_note if last is not None else 'it is being placed'
        ident = b.new_id()
        send(b.store, ident, Ask(row.name, lost, by='the failover of %s by %s' % (lost, b.settings.host), trigger=TRIGGER,
                                 reasons=('host %s is lost' % lost,)), b.settings.host)
        self._asked[row.name] = (ident, now)
        self._wake()
        return 'it is being placed'

    def _last_of(self, ident):
        """The newest of a move and those that asked the next best after it."""
        move = self._b.store.move(ident) if ident else None
        while move is not None:
            following = self._b.store.move(next_id(move.id))
            if following is None:
                return move
            move = following
        return None

    def _is_failover_of(self, lost, ident):
        """Whether a move takes its container from this lost host; one that brought it there is over with its target."""
        plan = self._plan(self._b.store.move(ident))
        return plan is not None and plan.trigger == TRIGGER and plan.source == lost
