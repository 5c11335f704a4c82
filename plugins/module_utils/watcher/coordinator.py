# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The failover of lost hosts (design, section 5): who saw a host die claims it, and makes elsewhere what it ran.

The claim is one conditional write on the host's row, as it was watched; from then on its writer coordinates. So does who marked
a lease as expired (watcher/lease_watch.py), for what is exclusive alone, unless the host is lost as well. What it does can be
done twice: it looks at rows and open moves, never at its own memory, so whoever succeeds it goes on where it stopped.
"""
from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from ..errors import Conflict, ProtocolError
from ..model import FAILOVER, RUNNING, ContainerRow, HostRow
from ..moves import steps
from ..moves.planning import plan_of
from ..placement.brakes import LOST as TRIGGER
from ..placement.rehearsal import bound
from ..ring import leases
from ..ring.broadcast import LOST as TOLD
from ..ring.losses import too_few
from ..ring.states import LEFT, LOST, MEMBERS, OBSERVER, moved
from .hook import HOST_LOST
from .placing import Placing, letter
from .waiting import ITS_HOST, ITS_LEASE, NOT_ARMED, ON_ITS_WAY, OTHERS, STOPPED, STOPPED_BY_USER, UNDER_WAY, Wait

# A coordinator whose watcher is silent for so long brings nothing on.
_STUCK_S = 30.0
# While nothing changes a host that stays lost is looked at so seldom.
_CALM_S = 5.0
# Longer than this a container keeps nobody of a lower priority waiting.
_PATIENCE_S = 60.0
# Kinds of waiting that were decided here. One that found no place was told with its candidates when it was planned, and what goes
# on, or waits for its turn, is not decided yet.
_DECIDED = frozenset((ITS_HOST, STOPPED, ITS_LEASE, NOT_ARMED))
# Steps of a target behind which a move needs no other one: it was admitted, and the image is there.
_HAS_ROOM = frozenset((steps.STAGED, steps.CREATED, steps.STARTED, steps.COMMITTED, steps.HEALTHY, steps.UNHEALTHY, steps.STUCK, steps.DONE))


class Coordinator:
    """One host's part in the failover of others.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake
        self._placing = Placing(built, wake)
        self._due = 0.0
        self._seen = None
        self._held_since = {}
        self._waits = {}

    @property
    def pending(self):
        """{container: why} of the containers of lost hosts that wait here."""
        return {name: wait.why for name, wait in self._waits.items()}

    @property
    def reasons(self):
        """{container: why} of the same; '' while its failover goes on."""
        return {name: wait.reason for name, wait in self._waits.items()}

    @property
    def kinds(self):
        """{container: kind of waiting} of the same."""
        return {name: wait.kind for name, wait in self._waits.items()}

    def armed(self):
        """'' when a loss leads to a failover, else why it does not."""
        return self._against(self._b.fleet.pause())

    def known_against(self):
        """The same by the last known pause, without asking the store."""
        return self._against(self._b.fleet.known_pause)

    def _against(self, pause):
        few = too_few(self._b.membership.hosts())
        if few:
            return few
        return 'the fleet is paused (%s)' % pause.reason if pause.reason else ''

    def look(self):
        """Claim what may be claimed, and bring on what this host coordinates. Raises as the store does."""
        rows, me = {row.host: row for row in self._b.membership.hosts()}, self._b.settings.host
        self._take_parts(rows)
        losses = self._b.observer.losses()
        mine = [row for row in rows.values() if row.coordinator == me != row.host and (row.state == LOST or row.lease_expired)]
        gone = self.gone()
        died = [row for row in rows.values() if row.state in MEMBERS and row.host in losses]
        orphaned = [row for row in rows.values() if row.coordinator != me != row.host and row.coordinator in gone and (
            row.state == LOST or row.lease_expired)]
        claimable = died + [row for row in orphaned if row not in died]
        if not mine and not claimable:
            self._tell({}, ())
            return
        now = self._b.clock.monotonic()
        if not claimable and now < self._due:
            return
        self._due = now + _CALM_S
        against = self.armed()
        if against:
            self._tell({row.name: self._begun(row) or Wait(row.holder, against, NOT_ARMED)
                        for row in self._lost_by({row.host: row for row in mine + claimable}, losses)}, mine)
            return
        for row in claimable:
            if self._claim(row, losses.get(row.host, '')):
                mine.append(row)
        if claimable:
            rows = {row.host: row for row in self._b.membership.refresh()}
        pending = self._fail_over([rows.get(row.host, row) for row in mine])
        if any(wait.placing for wait in pending.values()) or {name: wait.why for name, wait in pending.items()} != self.pending:
            # Something goes on: look again at once.
            self._due = now
        self._tell(pending, mine)

    def _tell(self, waits, mine):
        """Show what waits, where all can read it too of the HostRows that are coordinated here, and record what was decided on it."""
        b = self._b
        self._waits = waits
        b.waiting.tell({row.host: {name: wait.reason for name, wait in waits.items() if wait.host == row.host} for row in mine})
        for name, wait in waits.items():
            if wait.kind in _DECIDED:
                b.unmoved.refuse(letter(b, name, wait.host), wait.why)

    def gone(self):
        """Names of the hosts that bring on no failover: lost, about to be declared so, left, or without a watcher for long."""
        observer, found = self._b.observer, set(self._b.observer.losses())
        for row in self._b.membership.hosts():
            judged = observer.judgement(row)
            if row.state in (LOST, LEFT) or ('beat' in judged.silent and (judged.since_s or 0.0) >= _STUCK_S):
                found.add(row.host)
        return found

    def _claim(self, row, loss):
        """Become the coordinator of a host, and with ``loss`` (why, or '') declare it lost."""
        b, me = self._b, self._b.settings.host
        before = b.store.read(HostRow, row.host)
        if before is None or before.nonce != row.nonce:
            # Not the row that was watched: it came back, or another observer was first.
            return False
        try:
            b.store.swap(before, replace(
                moved(before, LOST, OBSERVER, me, b.clock.wall()) if loss and before.state != LOST else before,
                coordinator=me, failover_epoch=before.failover_epoch + 1))
        except Conflict:
            return False
        b.broadcaster.send(TOLD, detail='%s: %s' % (row.host, loss or 'its coordinator %s is gone' % before.coordinator))
        if loss and before.state != LOST:
            b.hook.tell(HOST_LOST, row.host, reason=loss)
        self.succeed(row.host, before.coordinator)
        return True

    def succeed(self, lost, before):
        """List the moves of a predecessor at this host too: it has their source's part from now on."""
        b, self._due = self._b, 0.0
        for ident in b.store.open_moves(before) if before else ():
            plan = self._plan(b.store.move(ident))
            if plan is not None and plan.source == lost:
                b.store.index_move(b.settings.host, ident)

    def _take_parts(self, rows):
        """List the failovers in which this host has the source's part and does not know it: those of a host that it coordinates,
        where it died before it took them over, and its own, which nobody may have any more once it is back.
        """
        b, view = self._b, self._b.custody.view
        if view is self._seen:
            return
        me = b.settings.host
        for row in view.rows.values():
            # Its source holds it up to the commit, and is the holder before from then on: of others nothing is read.
            mine = any(me in (source, getattr(rows.get(source), 'coordinator', '')) for source in (row.holder, row.previous) if source)
            plan = self._plan(b.store.move(row.move)) if row.move and mine and row.move not in b.mover.open else None
            if plan is not None and plan.mode == FAILOVER and me in (plan.source, getattr(rows.get(plan.source), 'coordinator', '')):
                b.store.index_move(me, row.move)
                self._wake()
        self._seen = view

    @staticmethod
    def _plan(move):
        try:
            return plan_of(move) if move is not None else None
        except ProtocolError:
            # A newer neighbour's: it is left to whoever understands it.
            return None

    def _fail_over(self, hosts):
        """Bring on the failover of these HostRows; ``{container: _Wait}``.

        The higher priority first: a lower one is asked for when each above it has its room or waits for some, so that none takes
        the room that a higher one finds only at its second try.
        """
        of = {host.host: host for host in hosts}
        for host in hosts:
            if host.state == LOST:
                self._end_its_part(host.host)
        rows = sorted(self._lost_by(of), key=lambda row: (-row.priority, row.name))
        self._placing.begin()
        self._held_since = {level: since for level, since in self._held_since.items() if level in {row.priority for row in rows}}
        pending, before = {}, ''
        for level, its_rows in groupby(rows, key=lambda row: row.priority):
            waits = {row.name: self._leased(of[row.holder], row) or self._standing(row) or (
                Wait(row.holder, before, OTHERS) if before else self._placing.ask(row)) for row in its_rows}
            pending.update(waits)
            if not before and self._holds_up(level, waits.values()):
                before = 'those of priority %d come first' % level
        return pending

    def _lost_by(self, of, losses=()):
        """ContainerRows of these hosts that a failover is for: of one that is not lost, only what is exclusive."""
        return [row for row in self._b.store.scan(ContainerRow)
                if row.holder in of and (row.exclusive or of[row.holder].state == LOST or row.holder in losses)]

    def _holds_up(self, level, waits):
        """Whether lower priorities still wait for this one; not for ever, as where an image takes its time."""
        if not any(wait.placing for wait in waits):
            self._held_since.pop(level, None)
            return False
        now = self._b.clock.monotonic()
        return now - self._held_since.setdefault(level, now) < _PATIENCE_S

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

    def _leased(self, host, row):
        """The Wait of an exclusive container that is not taken over yet, or None; whether its host is lost says nothing about that."""
        if not row.exclusive or host.lease_expired:
            return None
        if not leases.has_lease(host):
            return Wait(host.host, '%s had no lease, so it is never taken over, it waits for it' % host.host, ITS_HOST)
        return Wait(host.host, leases.in_words(self._b.leases.runs_out_s(host)), ITS_LEASE)

    def _standing(self, row):
        """The Wait of one container, or None when it is time to ask for its failover."""
        lost = row.holder
        begun = self._begun(row)
        if begun is not None:
            return begun
        against = bound(row, self._placing.report(row))
        if against:
            return Wait(lost, '%s, it waits for %s' % (against, lost), ITS_HOST)
        return self._placing.standing(row)

    def _begun(self, row):
        """The Wait of one that is stopped, or on its way already, so that nothing is to be decided on it; or None."""
        if row.intent != RUNNING:
            return Wait(row.holder, STOPPED_BY_USER, STOPPED)
        move = self._b.store.move(row.move) if row.move else None
        if self._is_failover_of(row.holder, move):
            return Wait(row.holder, ON_ITS_WAY % row.move_to, UNDER_WAY, move.target_step not in _HAS_ROOM)
        return None

    def _is_failover_of(self, lost, move):
        """Whether a move takes its container from this lost host; one that brought it there is over with its target."""
        plan = self._plan(move)
        return plan is not None and plan.trigger == TRIGGER and plan.source == lost
