# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one gate through which every exclusive container is started, and comes to be this host's (design, section 5).

Why two copies never run at once. A copy is started only here, and only when, in this order,

1. the lease's term is known and the lease is valid (or this fleet has none, and nobody takes anything over),
2. a serial read of the container's row, behind that, names this host and this very copy, and no move takes it away,
3. the row was changed by this host since the lease was last acquired, so that a takeover that was decided before, while the
   lease was marked expired, can no longer apply: it names the nonce that it read,
4. the guard acknowledged that it ends this copy at the lease's fence deadline.

Who takes over (moves/planning.py) reads the container's row *first*, then sees by a serial read of the host's row that the
lease is expired, then claims by a conditional write that names the nonce of that first read. Was the lease regained in between,
the returned holder's own write of step 3 either came before that first read, and then the lease is no longer expired in the
second; or came after it, and the claim fails; or comes after the claim, and fails itself, and step 2 finds the move. The target
commits by a conditional write behind the claim, and starts its copy here, at its own gate, under its own lease.

What is started on time and carried out late is the guard's: past the deadline it kills whatever runs under an id that it was
told, and all known ids are held down before an expired lease is regained, which waits for starts under way (Lease.starting).
"""
from __future__ import annotations

from ..containers.labels import NO, restart_of
from ..errors import Conflict, LabelError, NoSuchContainer
from ..model import ContainerRow
from ..moves.parts import NO_RESTART
from ..names import UP
from ..ring.replacing import in_words, is_replacing

GUARD = 'the guard has not acknowledged it yet'


class Gate:
    """Answers in words why something may not be done now, '' when it may or was done. Nothing here waits: ask again.

    :param lease: watcher.lease.Lease. :param fencing: watcher.fencing.Fencing.
    """

    def __init__(self, host, store, engine, lease, fencing, log):
        self._host = host
        self._store = store
        self._engine = engine
        self._lease = lease
        self._fencing = fencing
        self._log = log
        self._stopped = set()

    def ready(self):
        """Why nothing exclusive may come here now, or ''."""
        self._lease.want()
        return self._lease.against()

    def admit(self, name, ident):
        """Why a container that its user started here cannot be adopted yet, or ''. It is armed first, then adopted."""
        term = self._fencing.term
        against = self.ready()
        if against:
            return against
        self.take_policy(name, ident)
        if self._lease.needed():
            return '' if self._fencing.arm(ident, term) else GUARD
        return ''

    def take_policy(self, name, ident):
        """Docker restarts nothing exclusive: it asks no lease. What it would have done is ringfleet's now."""
        policy = (self._engine.inspect(ident)['HostConfig'].get('RestartPolicy') or {}).get('Name') or 'no'
        if policy != 'no':
            self._engine.set_restart(ident, NO_RESTART)
            self._log.warning('container %s is exclusive: its restart policy %s is taken from Docker, ringfleet restarts it as its label '
                              'ringfleet.restart says', name, policy)

    def give_policy(self, summary):
        """Give Docker the restart policy again that the label ``ringfleet.restart`` says; none for a label that does not parse."""
        try:
            word = restart_of(summary.labels)
        except LabelError:
            word = NO
        self._engine.set_restart(summary.id, {'Name': word, 'MaximumRetryCount': 0})

    def clear(self, name, ident):
        """Steps 1 to 4: why this copy may not run here now, or ''."""
        term = self._fencing.term
        against = self.ready()
        if against:
            return against
        row = self._store.read(ContainerRow, name)
        if row is None or row.holder != self._host or row.instance != ident:
            return 'it is not what its row names'
        if is_replacing(row):
            return in_words(row)
        if row.move and row.move_to != self._host:
            return 'move %s takes it away' % row.move
        if not self._lease.needed():
            return '' if self._fencing.let_go(ident) else GUARD
        if not self._fencing.is_touched(ident):
            try:
                self._store.swap(row, row)
            except Conflict:
                return 'its row was changed just now'
            self._fencing.touch(ident, term)
        if not self._lease.valid():
            return self._lease.against()
        return '' if self._fencing.arm(ident, term) else GUARD

    def start(self, name, ident):
        """Start it, when it may be."""
        with self._lease.starting():
            term = self._fencing.term
            against = self.clear(name, ident)
            if against:
                return against
            if self._lease.needed() and (term != self._fencing.term or not self._lease.valid()):
                return self._lease.against() or GUARD
            self._stopped.discard(ident)
            self._engine.start(ident)
        return ''

    def stop(self, ident, timeout_s):
        """Stop it for a move, and hold it down: why that is not certain yet, or ''."""
        self.note_stop(ident)
        self._engine.stop(ident, timeout_s)
        return self.hold_down(ident)

    def note_stop(self, ident):
        """This host is about to stop a container itself, exclusive or not."""
        self._stopped.add(ident)

    def forget_stop(self, ident):
        """It was started again, or is gone."""
        self._stopped.discard(ident)

    def stopped(self, ident):
        """Whether this host stopped it itself, so that its stop says nothing of what its user wants."""
        return ident in self._stopped

    def hold_back(self, name, ident):
        """Hold down what its user started beside another host's: why it is not certain yet that it does not run, or ''."""
        self.take_policy(name, ident)
        return self.hold_down(ident)

    def is_held_down(self, ident):
        """Whether it is held down now."""
        return self._fencing.is_held_down(ident)

    def put_down(self, ident):
        """Hold down a copy that its row does not let run any more: why it is not certain yet that it is down, or ''.

        A start that asked the row before has come to its end first, and the engine answered behind it: one whose answer was lost may
        have taken effect, or may yet. Raises as the engine does.
        """
        against = self.hold_down(ident)
        if self._lease.start_under_way():
            return 'a start that is under way'
        return against or self._running(ident) or self.hold_down(ident)

    def _running(self, ident):
        try:
            status = (self._engine.inspect(ident).get('State') or {}).get('Status')
        except NoSuchContainer:
            return ''
        return 'it runs again' if status in UP else ''

    def hold_down(self, ident):
        """Why it is not certain yet that this copy does not run and is not started, or ''."""
        return '' if self._fencing.hold_down(ident) else 'the guard to hold the copy down'
