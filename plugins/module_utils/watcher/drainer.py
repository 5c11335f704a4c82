# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A leaving host empties itself: by the moves of every trigger, a few at a time, exclusive ones last, until it holds nothing.

It looks at rows, open moves and the wish in the table ``fleet``, never at its own memory: a restart of the watcher, a reboot of the
host and the end of whoever asked change nothing. It goes on while the fleet is paused, since a person asked for it.
"""
from __future__ import annotations

from ..errors import Conflict, ProtocolError
from ..model import ContainerRow, HostRow
from ..moves import steps
from ..moves.asking import Ask, ask_of, send
from ..moves.considered import Considered
from ..moves.planning import choice_for, need_of, plan_of
from ..moves.source import last_of
from ..placement.brakes import DRAIN
from ..placement.evacuation import Leaver, order
from ..ring.broadcast import DRAINED as TOLD_DRAINED
from ..ring.broadcast import LEAVING as TOLD_LEAVING
from ..ring.drains import Blockers, Drain
from ..ring.holds import hold_of
from ..ring.states import DRAINED, LEAVING, WATCHER, moved
from .failures import Failures
from .figures import without_figures

# Where a crash came between the state and the wish.
DEADLINE_S = 3600
# What was declined or failed is asked for again so much later, if some host has room by then.
_AGAIN_S = 30.0
# A drained host looks so seldom whether it is still empty.
_CALM_S = 5.0
# What everybody is told when the own row gets into a state.
_TOLD = {DRAINED: (TOLD_DRAINED, ''), LEAVING: (TOLD_LEAVING, 'it holds something again')}


class Drainer:
    """One host's own drain.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake
        self._tried = {}
        self._failures = Failures(built.clock)
        self._told = None
        self._due = 0.0
        self.sentence = ''

    def look(self):
        """Bring the drain on, if this host is leaving. Raises as the store does; what was done by then stands."""
        b, me = self._b, self._b.settings.host
        own, now = b.membership.own(), b.clock.monotonic()
        if own is None or own.state not in (LEAVING, DRAINED):
            self._tried, self._told, self.sentence = {}, None, ''
            self._failures.clear()
            return
        if own.state == DRAINED and now < self._due:
            return
        self._due = now + _CALM_S
        rows = [row for row in b.store.scan(ContainerRow) if me in (row.holder, row.move_to)]
        going = self._going()
        if not rows and not going:
            self._become(own, DRAINED)
            self.sentence = 'drained: this host holds nothing and takes nothing'
            return
        if own.state == DRAINED:
            self._become(own, LEAVING)
        blockers = self._send([row for row in rows if row.holder == me], going, self._wish(own))
        self._tell(blockers)
        words = ['%d still here' % sum(row.holder == me for row in rows)]
        if going:
            words.append('on their way: %s' % ', '.join(sorted(going)))
        words.extend('%s stays (%s)' % (name, why) for name, (why, _remedy) in sorted(blockers.items()))
        self.sentence = 'leaving: %s' % '; '.join(words)

    def _wish(self, own):
        wish = self._b.drains.of(own.host)
        return wish if wish.started_at else Drain(own.by, own.since_at, own.since_at + DEADLINE_S * 1000)

    def _become(self, own, state):
        """Put the own row into a state, if it is still in the one that was seen."""
        b = self._b
        row = b.store.read(HostRow, own.host)
        if row is None or row.state != own.state or row.state == state:
            return
        try:
            b.store.swap(row, moved(row, state, WATCHER, own.host, b.clock.wall()))
        except Conflict:
            # A join or a loss came first: the next look goes by what is so now.
            return
        if state == DRAINED:
            self._tell({})
        kind, detail = _TOLD[state]
        b.broadcaster.send(kind, detail=detail)
        b.membership.refresh()

    def _going(self):
        """Names of the containers of this host's open moves, those that are only asked for included."""
        b, found = self._b, set()
        for ident in b.store.open_moves(b.settings.host):
            move = b.store.move(ident)
            if move is None:
                continue
            try:
                found.add((plan_of(move) or ask_of(move)).name)
            except ProtocolError:
                # A newer neighbour's: it is left to whoever understands it, and this host is not empty before.
                found.add(ident)
        return found

    def _send(self, held, going, wish):
        """Ask for the moves whose turn it is; {container: (why, remedy)} of what stays for now.

        :param held: ContainerRows of this host. :param wish: the Drain. :param going: names of those on their way, to which what is asked for is added.
        """
        b, me, now = self._b, self._b.settings.host, self._b.clock.wall()
        leavers = sorted(((Leaver(need_of(b.load.report(row.name), row.name, me), row.priority, row.exclusive), row) for row in held),
                         key=lambda each: order(each[0]))
        # A move gives its slot to the next one with its commit: that its container proves well there takes time, and nothing of this host.
        slots = b.settings.drain_parallel - sum(row.name in going for row in held)
        weights, blockers, views = b.fleet.weights(), {}, b.prospects.views(me)
        plain = any(not row.exclusive and row.name in going for row in held)
        for leaver, row in leavers:
            if row.name in going:
                continue
            considered, failed = None, self._failed(row.name)
            against = self._stays(row) or failed
            if against is None and now >= wish.deadline_at:
                against = ('the deadline passed before its turn', 'Run the drain again, with a longer deadline.')
            if against is None and slots > 0 and not (row.exclusive and plain):
                letter = self._letter(row.name, wish)
                choice = choice_for(letter, leaver.need, views, weights)
                if choice.host:
                    self._ask(letter)
                    going.add(row.name)
                    slots, plain = slots - 1, plain or not row.exclusive
                else:
                    against = (choice.sentence, 'Make room on another host or add one: it is tried again by itself.')
                    considered = Considered(choice, weights, leaver.need)
            if against is not None:
                blockers[row.name] = against
                if against is not failed:
                    # What failed was decided, and told, when it was planned.
                    self._b.unmoved.refuse(self._letter(row.name, wish), against[0], considered)
        return blockers

    def _stays(self, row):
        """(why, remedy) of one that cannot move now whatever the other hosts are like, or None."""
        view, hold = self._b.custody.view, hold_of(row, self._b.clock.wall())
        if row.name in view.immovable:
            return ('it cannot move (%s)' % '; '.join(view.immovable[row.name]), 'Make it on another host yourself and remove it here.')
        if hold is not None:
            return ('it is %s' % hold, 'Wait for its end, or release it with container_hold.')
        if row.name in view.missing:
            return ('it is missing here', 'It is made again where that can be; else start it here under its name, or remove it.')
        return None

    def _failed(self, name):
        """(why, remedy) of the last try, while it is too early for the next one, or None."""
        ident, at = self._tried.get(name, ('', 0.0))
        last = last_of(self._b.store, ident, self._b.settings.host)
        if last is None or last.source_step != steps.ABORTED:
            return None
        self._failures.note(last)
        if self._b.clock.monotonic() - at >= _AGAIN_S:
            return None
        return (last.source_note, 'Look at it with move_info; it is tried again by itself.')

    def _letter(self, name, wish):
        host = self._b.settings.host
        return Ask(name, host, by='the drain of %s' % host, trigger=DRAIN, failed=self._failures.hosts(name), avoid=wish.avoid,
                   reasons=('host %s is drained' % host,))

    def _ask(self, letter):
        b, ident = self._b, self._b.new_id()
        self._tried[letter.name] = (ident, b.clock.monotonic())
        send(b.store, ident, letter)
        self._wake()

    def _tell(self, blockers):
        """Write what is in the way, where all can read it; changed figures alone are no change."""
        bare = {name: without_figures(why) for name, (why, _remedy) in blockers.items()}
        if bare == self._told:
            return
        try:
            self._b.drains.tell(self._b.settings.host, Blockers({name: list(each) for name, each in blockers.items()}))
        except Conflict:
            # A join took the drain back in this moment; the next look knows.
            return
        self._told = bare
