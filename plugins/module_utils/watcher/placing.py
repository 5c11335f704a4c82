# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one container of a lost host to its place: looks for one on paper, asks for the move, and asks again when that came to nothing.

The move is asked for at this host, which has the source's part of a host that is gone.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from ..moves import steps
from ..moves.asking import Ask, send
from ..moves.considered import Considered
from ..moves.planning import choice_for, need_of
from ..moves.source import last_of
from ..placement.brakes import LOST as TRIGGER
from .failures import Failures
from .waiting import BEING_PLACED, NO_PLACE, UNDER_WAY, Wait

_AGAIN_S = 30.0
# So many letters a look, which is at once followed by the next: each is two writes, and the beats wait.
_AT_ONCE = 20
# What comes to nothing each time is asked for more seldom: each letter is a record that is kept for a month. Nothing runs meanwhile, and
# what was wrong may be over any moment, so never as seldom as a drain.
_SELDOM_S = 120.0
_KEPT_S = 3600.0


@dataclass(frozen=True)
class _Asked:
    """The last try for a container of a ``lost`` host: the move that was asked for ``at``, or ``why`` nobody could take it; the next one
    ``again_s`` later.
    """
    lost: str = ''
    ident: str = ''
    at: float = None
    why: str = ''
    again_s: float = 0.0


class Placing:
    """One host's asking for the containers of the hosts that it coordinates.

    :param built: watcher.build.Built. :param wake: called when the loop should look for moves at once.
    """

    def __init__(self, built, wake):
        self._b = built
        self._wake = wake
        self._asked = {}
        self._seen = {}
        self._sent = 0
        self._failures = Failures(built.clock)

    def begin(self):
        """A look begins: forget what the hosts were like at the last one, and tries of long ago. Not those of what no lost host holds just
        now: what is exclusive is its target's between a commit and a start that fails.
        """
        now = self._b.clock.monotonic()
        self._seen, self._sent = {}, 0
        self._asked = {name: asked for name, asked in self._asked.items() if now - asked.at < _KEPT_S}
        self._failures.tidy()

    def report(self, row):
        """The last LoadReport of a container that its lost host shared, or None."""
        return self._hosts(row.holder)[2].get(row.name)

    def standing(self, row):
        """The Wait of a container by the last try for it, or None when it is time to ask."""
        lost, now = row.holder, self._b.clock.monotonic()
        asked = self._asked.get(row.name, _Asked())
        last = last_of(self._b.store, asked.ident, self._b.settings.host)
        if asked.lost != lost or last is not None and last.source_step == steps.CLEANED:
            # That one took effect: it is another loss by now, maybe of the host that it went to, whose part in the move has no end then.
            self._asked.pop(row.name, None)
            return None
        if last is not None and last.source_step != steps.ABORTED:
            return Wait(lost, BEING_PLACED, UNDER_WAY, True)
        if last is not None:
            self._failures.note(last)
        if now - asked.at >= asked.again_s:
            return None
        why = asked.why if last is None else last.source_note
        return Wait(lost, why, NO_PLACE) if why else Wait(lost, BEING_PLACED, UNDER_WAY, True)

    def ask(self, row):
        """Ask for the failover of one container, if there is a place for it; its Wait."""
        if self._sent >= _AT_ONCE:
            return Wait(row.holder, BEING_PLACED, UNDER_WAY, True)
        b, before, asks = self._b, self._asked.get(row.name, _Asked()), letter(self._b, row.name, row.holder, self._failures.hosts(row.name))
        weights, views, reports = self._hosts(row.holder)
        need = need_of(reports.get(row.name), row.name, row.holder)
        choice = choice_for(asks, need, views, weights)
        if not choice.host and asks.failed:
            # It runs nowhere: one on which it could not be brought up lately is better than none.
            asks = replace(asks, failed=())
            choice = choice_for(asks, need, views, weights)
        if not choice.host:
            self._asked[row.name] = _Asked(row.holder, '', b.clock.monotonic(), choice.sentence, _AGAIN_S)
            b.unmoved.refuse(asks, choice.sentence, Considered(choice, weights, need))
            return Wait(row.holder, choice.sentence, NO_PLACE)
        ident = b.new_id()
        send(b.store, ident, asks, b.settings.host)
        self._asked[row.name] = _Asked(row.holder, ident, b.clock.monotonic(), again_s=min(2 * before.again_s, _SELDOM_S) if before.ident else _AGAIN_S)
        self._sent += 1
        self._wake()
        return Wait(row.holder, BEING_PLACED, UNDER_WAY, True)

    def _hosts(self, lost):
        """(Weights, HostViews, reports of the lost host), once a look: it may have had a hundred containers, and this is the loop's thread.
        What of these is asked for first is only promised, and counted, when its move is planned.
        """
        if lost not in self._seen:
            prospects = self._b.prospects
            self._seen[lost] = (prospects.weights(), prospects.views(lost), prospects.reports(lost))
        return self._seen[lost]


def letter(built, name, lost, failed=()):
    """The Ask by which a container of a lost host is asked for."""
    return Ask(name, lost, by='the failover of %s by %s' % (lost, built.settings.host), trigger=TRIGGER, failed=failed,
               reasons=('host %s is lost' % lost,))
