# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who owns what: adoption and release of labelled containers (design, section 5). Each decision is one conditional write.

A container belongs to the holder in its row. ``judge`` is pure: what a container seen here means, given its row.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import Conflict
from ..model import RUNNING, STOPPED, ContainerRow
from ..names import LABEL_MOVE
from .broadcast import ADOPTED, RELEASED
from .holds import released
from .replacing import is_replacing, taken_over

OURS = 'ours'
ADOPT = 'adopt'
VERSION = 'new version'
INTENT = 'intent'
COPY = 'copy of a move'
DUPLICATE = 'duplicate'
MOVING = 'moving'
STALE = 'stale copy'
REPLACES = 'replacement'
REPLACED = 'replaced'
REFUSED = 'not adopted'


@dataclass(frozen=True)
class Here:
    """A labelled container on this host: what the engine and its labels say of it. ``replaces``: the fleet's, should that be elsewhere."""
    name: str
    instance: str
    running: bool
    move: str
    image: str
    priority: int = 0
    exclusive: bool = False
    replaces: bool = False


def here_of(summary, priority=0):
    """Here of an engine's Summary. One that the engine is about to start again is wanted to run."""
    return Here(summary.name, summary.id, summary.state in ('running', 'restarting'), summary.labels.get(LABEL_MOVE, ''), summary.image, priority)


def judge(here, row, me, placed=None):
    """What ``here`` means for host ``me``: one of the words above, or RELEASED.

    A container that a move made here is never adopted on its own account: the row says whether it took effect. One that its
    user released is not adopted again, whoever has its name later; another instance under its name is.

    :param placed: this host's Placement of that name, or None.
    """
    known = placed is not None and placed.instance == here.instance
    if row is not None and row.holder == me and row.instance == here.instance:
        return OURS
    if placed is not None and placed.gave_up(here.instance):
        return RELEASED
    if row is None:
        return ADOPT
    if not row.holder:
        return _judge_unheld(here, row, known and placed.epoch <= row.epoch)
    deployed = here.replaces and here.running and not here.move and here.exclusive == row.exclusive
    if row.holder != me and known:
        return REPLACED if is_replacing(row) and row.previous == me else STALE
    if row.holder != me:
        return COPY if here.move else REPLACES if deployed else DUPLICATE
    if row.move:
        # Deployed once more before the one elsewhere was down: it waits for that too.
        return REPLACES if deployed and is_replacing(row) else MOVING
    return COPY if here.move else VERSION


def _judge_unheld(here, row, outlived):
    """The same where nobody holds the container of that name. :param outlived: this one is of an earlier epoch, and no new one."""
    if row.intent == RELEASED and row.instance == here.instance:
        return RELEASED
    if outlived:
        return STALE
    # What moves left behind of a released one has no claim to its name.
    return COPY if here.move and (row.intent == RELEASED or row.move == here.move) else ADOPT


class Ownership:
    """Adopts, updates and releases this host's containers."""

    def __init__(self, store, broadcaster, me):
        self._store = store
        self._broadcaster = broadcaster
        self._me = me

    def adopt(self, here, row):
        """Make ``here`` the container of its name. Returns the row, or None when somebody else was first."""
        after = ContainerRow(name=here.name, holder=self._me, epoch=(row.epoch if row else 0) + 1,
                             instance=here.instance, image=here.image, intent=RUNNING if here.running else STOPPED,
                             priority=here.priority, exclusive=here.exclusive)
        made = self._swap(row, after)
        if made is not None:
            self._broadcaster.send(ADOPTED, here.name)
        return made

    def new_version(self, here, row):
        """The user recreated the container under its name on its holder. Its spec is kept anew, if it can be: the old one is another version's,
        and nobody may make that in its place.
        """
        return self._swap(row, replace(row, instance=here.instance, image=here.image, spec_hash='', moved_for='', priority=here.priority,
                                       exclusive=here.exclusive, intent=RUNNING if here.running else STOPPED))

    def take_over(self, here, row):
        """Deployed again here, it is the container of its name instead of another host's. Returns the row, or None."""
        made = self._swap(row, taken_over(row, here, self._me))
        if made is not None:
            self._broadcaster.send(ADOPTED, here.name, detail='it replaces the one on %s' % made.previous)
        return made

    def settle(self, row):
        """What it replaces is down. Returns the row, or None."""
        return self._swap(row, replace(row, move='', move_to=''))

    def set_exclusive(self, row, exclusive):
        """Its labels say so, its row does not."""
        return self._swap(row, replace(row, exclusive=exclusive))

    def set_intent(self, row, intent):
        """The user stopped or started it: it stays so, wherever it goes."""
        return self._swap(row, replace(row, intent=intent))

    def release(self, row):
        """The user removed it: nobody holds it; the row and its epoch stay."""
        made = self._swap(row, released(replace(row, holder='', instance='')))
        if made is not None:
            self._broadcaster.send(RELEASED, row.name)
        return made

    def give_up(self, row):
        """Its user released it: nobody holds it, and it goes on where it is. Returns the row, or None."""
        made = self._swap(row, released(replace(row, holder='', previous=row.holder, intent=RELEASED)))
        if made is not None:
            self._broadcaster.send(RELEASED, row.name, detail='it goes on at %s, out of the fleet\'s hands' % row.holder)
        return made

    def offer(self, row):
        """Its user hands a released one over again: its host adopts it as it would a new one. Returns the row, or None."""
        return self._swap(row, replace(row, instance='', intent=RUNNING))

    def _swap(self, before, after):
        try:
            return self._store.swap(before, after)
        except Conflict:
            # Somebody else wrote first; the next look judges what is there now.
            return None
