# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The letter by which a move is asked for: who wants which container to leave, why, and where to."""
from __future__ import annotations

from dataclasses import dataclass

from ..model import FromDict
from ..placement.brakes import ASKED, Cause
from ..protocol import envelope

ASK = 'move.ask'


@dataclass(frozen=True)
class Ask(FromDict):
    """What is asked of the container's holder ``source``. Without a ``target`` the holder chooses, by formula (1-1).

    ``by``: who asks, in words. ``resource`` and ``reasons``: as placement.brakes.Cause. ``declined``: hosts that declined
    this container just now; ``failed``: those on which it could not be brought up lately; ``avoid``: hosts that are to be emptied next.
    ``brakes``: why others stayed that might have gone instead.
    """
    name: str
    source: str
    target: str = ''
    by: str = 'unknown'
    trigger: str = ASKED
    resource: str = ''
    reasons: tuple = ()
    declined: tuple = ()
    failed: tuple = ()
    avoid: tuple = ()
    brakes: tuple = ()

    @property
    def cause(self):
        """The Cause."""
        return Cause(self.trigger, self.resource, self.reasons)

    def sentence(self, what):
        """Who asks, why, and ``what`` was decided, as its record tells it."""
        return 'asked for by %s: %s' % (self.by, '; '.join((*self.reasons, what)))


def send(store, ident, ask, to=''):
    """Write the letter, then list the move at who has to answer it: the source, or ``to`` where the source is lost."""
    store.put_move(ident, asked=envelope.request(ASK, ask.to_dict(), ident))
    store.index_move(to or ask.source, ident)


def ask_of(move):
    """The Ask in a MoveRow. :raises ProtocolError: when this version does not understand it."""
    return Ask.from_dict(envelope.parse_request(move.asked)[2])
