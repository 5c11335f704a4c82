# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is exclusive on this host, held against rows, lease and guard: armed, held down, restarted (design, section 5).

Docker's restart policy of these containers is "no". One that ended is started again through the gate when its row wants it to
run: at once when it was interrupted (fenced, the host or the engine restarted), after a back-off when it ended by itself and its
label ``ringfleet.restart`` wants that. One that ended and shall not be restarted is noted as stopped, so that no host starts it.
"""
from __future__ import annotations

from ..containers.labels import NO, ON_FAILURE, is_exclusive, restart_of
from ..errors import LabelError, NoSuchContainer, RingfleetError
from ..model import RUNNING, STOPPED, ContainerRow
from ..names import UP
from ..ring.ownership import COPY, OURS, RELEASED, STALE

# What ends with the engine ends before the engine tells that it goes down.
_ENDED_S = 10.0
_BACKOFF_S, _LONGEST_S = 1.0, 60.0
# One that ran for so long did start.
_STEADY_S = 10.0


class Exclusives:
    """Looks after this host's exclusive containers.

    :param custody: whose View names them. :param jobs: as watcher.jobs.Jobs: a start may take its time.
    """

    def __init__(self, store, engine, clock, custody, lease, fencing, gate, jobs, host, log):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._custody = custody
        self._lease = lease
        self._fencing = fencing
        self._gate = gate
        self._jobs = jobs
        self._host = host
        self._log = log
        self._policed = set()
        # All by the engine's id: seconds of CLOCK_BOOTTIME, as the guard's, and how often in a row it was started again.
        self._ended = {}
        self._started = {}
        self._not_before = {}
        self._tries = {}
        self.waiting = {}

    def event(self, event):
        """Take note of an engine's event."""
        now = self._clock.boottime()
        if event.action == 'die':
            self._ended[event.id] = now
            if now - self._started.get(event.id, now) >= _STEADY_S:
                self._tries.pop(event.id, None)
            self._back_off(event.id)
        elif event.action == 'start':
            self._ended.pop(event.id, None)
            self._started[event.id] = now
        elif event.action == 'update':
            self._policed.discard(event.id)

    def stream_broke(self):
        """The engine went away: what it just told of as ended ended with it."""
        now = self._clock.boottime()
        self._ended = {ident: at for ident, at in self._ended.items() if now - at >= _ENDED_S}

    def _back_off(self, ident):
        self._not_before[ident] = self._clock.boottime() + min(_LONGEST_S, _BACKOFF_S * 2 ** self._tries.get(ident, 0))

    def troubles(self):
        """Sentences on what is wrong with exclusive containers here."""
        found = ['%s does not run: %s' % item for item in sorted(self.waiting.items())]
        return found + [each for each in (self._lease.trouble, self._fencing.trouble()) if each]

    def sentence(self):
        """What people should know of exclusive containers here, or ''."""
        free = self._lease.needed() is False and self._here()
        return '; '.join((['what is exclusive is not armed: no lease, never taken over'] if free else []) + self.troubles())

    def look(self):
        """Hold what is here against what may run, and act. Raises as store and engine do; then it is looked again."""
        if self._custody.looked_at is None:
            return
        view, here = self._custody.view, self._here()
        mine = {each.name: each for each in here if view.words.get(each.name) == OURS}
        self._lease.holds([each.id for each in mine.values()],
                          [row.name for row in view.rows.values() if row.exclusive and row.holder == self._host])
        self._fencing.sync([each.id for each in here if view.words.get(each.name) in (COPY, STALE)],
                           [each.id for each in here if each.state in UP], self._custody.looked_at)
        self._forget({each.id for each in view.managed})
        self._demote(here)
        for summary in here:
            if view.words.get(summary.name) == RELEASED:
                self.let_go(summary)
        for name, summary in mine.items():
            if summary.id not in self._policed:
                self._gate.take_policy(name, summary.id)
                self._policed.add(summary.id)
            if self._lease.valid() and not self._fencing.is_armed(summary.id) and not view.rows[name].move:
                self._arm(summary)
        self.waiting = {name: why for name, why in self.waiting.items() if name in mine}
        for summary in mine.values():
            self._resume(summary, view.rows[summary.name])

    def _here(self):
        return [each for each in self._custody.view.managed if is_exclusive(each.labels)]

    def _stays(self, row):
        return not row.move or row.move_to == self._host

    def let_go(self, summary):
        """Its user released it: Docker restarts it again as its label says, and the guard has nothing to do with it any more."""
        if summary.id not in self._policed and summary.id not in self._fencing.known():
            return
        self._policed.discard(summary.id)
        self._gate.give_policy(summary)
        self._fencing.let_go(summary.id)

    def _arm(self, summary):
        """One that runs is armed first; whether it may be started is asked in any case."""
        if summary.id not in self._fencing.known() and summary.state == 'running':
            self._fencing.arm(summary.id, self._fencing.term)
        self._gate.clear(summary.name, summary.id)

    def _forget(self, present):
        for ident in self._fencing.known() - present:
            try:
                self._engine.inspect(ident)
            except NoSuchContainer:
                self._fencing.forget(ident)
        for known in (self._ended, self._started, self._not_before, self._tries):
            for ident in set(known) - present:
                del known[ident]
        self._policed &= present

    def _demote(self, here):
        """An armed copy that the last look takes for foreign: the look may be old, the row by a serial read is not."""
        for summary in here:
            if self._custody.view.words.get(summary.name) in (COPY, STALE) and self._fencing.is_armed(summary.id):
                row = self._store.read(ContainerRow, summary.name)
                if row is None or row.holder != self._host or row.instance != summary.id:
                    self._fencing.hold_down(summary.id)

    # -- restarts ---------------------------------------------------------------------------------------------------

    def _resume(self, summary, row):
        name = summary.name
        if row.intent != RUNNING or not self._stays(row) or summary.state not in ('created', 'exited') or self._custody.stopping(name):
            self.waiting.pop(name, None)
            return
        now, ended = self._clock.boottime(), self._ended.get(summary.id)
        if ended is not None and not self._interrupted(summary.id):
            if self._shall_end(summary):
                if now - ended >= _ENDED_S:
                    self._end(row)
                return
            if now < self._not_before.get(summary.id, now):
                return
        self._jobs.start('resume ' + summary.id, lambda: self._start(summary))

    def _interrupted(self, ident):
        """Whether the guard ended what ran last. What ended while nobody looked was interrupted too, as by a restart of the host."""
        fenced = self._fencing.fenced().get(ident)
        return fenced is not None and fenced >= self._started.get(ident, fenced)

    def _shall_end(self, summary):
        """Whether it stays as it is, having ended by itself."""
        try:
            word = restart_of(summary.labels)
        except LabelError:
            return False
        if word == ON_FAILURE:
            return self._engine.inspect(summary.id)['State'].get('ExitCode') == 0
        return word == NO

    def _end(self, row):
        """It did what it was there for: nobody starts it again, here or elsewhere, until its user does."""
        now = self._store.read(ContainerRow, row.name)
        if now is not None and now.holder == self._host and now.instance == row.instance and not now.move:
            self._log.info('container %s ended by itself and is not started again, as its label ringfleet.restart says', row.name)
            self._custody.intend(row.name, STOPPED)

    def _start(self, summary):
        try:
            against = self._gate.start(summary.name, summary.id)
        except RingfleetError as exc:
            against = str(exc)
        if against:
            self.waiting[summary.name] = against
            return
        self.waiting.pop(summary.name, None)
        self._tries[summary.id] = min(self._tries.get(summary.id, 0) + 1, 6)
        self._log.info('container %s started again', summary.name)
        self._custody.dirty = True
