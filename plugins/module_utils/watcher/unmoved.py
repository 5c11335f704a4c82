# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions by which nothing moves, whatever asked for it: each with its candidates, once for each change of the reasons.

Who finds no host is asked again and again, each half minute or each second; only a reason that changed is a new decision.
"""
from __future__ import annotations

from ..model import Decision
from ..placement.relief import NONE_MOVED
from .figures import without_figures

# After so long without a word the same reasons are told anew; a quiet minute after a move is no end of the trouble.
_FORGET_S = 600.0


class Unmoved:
    """Stores them for one host.

    :param new_id: () to the id of a decision.
    """

    def __init__(self, store, clock, new_id, host):
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._host = host
        self._told = {}

    def refuse(self, ask, why, considered=None):
        """Store why what an Ask asks for is not done. Raises as the store does; then it is told the next time.

        :param considered: moves.considered.Considered, where hosts were looked at.
        """
        columns = considered.columns() if considered is not None else {}
        self.tell(ask.name, ask.trigger, ask.sentence(NONE_MOVED % why), brakes=ask.brakes, **columns)

    def tell(self, name, trigger, sentence, **columns):
        """Store a decision by which nothing moves, unless it is the last one of this name again; changed figures alone are no change.

        :param name: the container; '' for one on a whole host. :param columns: further ones of the Decision.
        """
        now, bare = self._clock.monotonic(), without_figures(sentence)
        before, at = self._told.get(name, ('', now))
        if before == bare and now - at <= _FORGET_S:
            self._told[name] = (bare, now)
            return
        self._store.put_decision(Decision(self._new_id(), self._host, trigger, name, sentence=sentence, decided_at=self._clock.wall(), **columns))
        # Moves tell it from threads of their own: what grows or shrinks is made anew, never changed while another one walks over it.
        recent = {key: each for key, each in self._told.items() if now - each[1] <= _FORGET_S}
        self._told = dict(recent, **{name: (bare, now)})

    def forget(self, name):
        """It moved: the same reasons are news again."""
        self._told = {key: each for key, each in self._told.items() if key != name}
