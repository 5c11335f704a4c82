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

OURS = 'ours'
ADOPT = 'adopt'
VERSION = 'new version'
INTENT = 'intent'
COPY = 'copy of a move'
DUPLICATE = 'duplicate'
MOVING = 'moving'
STALE = 'stale copy'


@dataclass(frozen=True)
class Here:
    """A labelled container on this host: what the engine says of it."""
    name: str
    instance: str
    running: bool
    move: str
    image: str


def here_of(summary):
    """Here of an engine's Summary. One that the engine is about to start again is wanted to run."""
    return Here(summary.name, summary.id, summary.state in ('running', 'restarting'), summary.labels.get(LABEL_MOVE, ''), summary.image)


def judge(here, row, me):
    """What ``here`` means for host ``me``: one of the words above.

    A container that a move made here is never adopted on its own account: the row says whether it took effect.
    """
    if row is None or not row.holder:
        return COPY if here.move and row is not None and row.move == here.move else ADOPT
    if row.holder != me:
        return COPY if here.move else DUPLICATE
    if row.move:
        return OURS if row.instance == here.instance else MOVING
    if row.instance != here.instance:
        return COPY if here.move else VERSION
    return OURS


class Ownership:
    """Adopts, updates and releases this host's containers."""

    def __init__(self, store, broadcaster, me):
        self._store = store
        self._broadcaster = broadcaster
        self._me = me

    def adopt(self, here, row):
        """Make ``here`` the container of its name. Returns the row, or None when somebody else was first."""
        after = ContainerRow(name=here.name, holder=self._me, epoch=(row.epoch if row else 0) + 1,
                             instance=here.instance, image=here.image, intent=RUNNING if here.running else STOPPED)
        made = self._swap(row, after)
        if made is not None:
            self._broadcaster.send(ADOPTED, here.name)
        return made

    def new_version(self, here, row):
        """The user recreated the container under its name on its holder."""
        return self._swap(row, replace(row, instance=here.instance, image=here.image, moved_for='',
                                       intent=RUNNING if here.running else STOPPED))

    def set_intent(self, row, intent):
        """The user stopped or started it: it stays so, wherever it goes."""
        return self._swap(row, replace(row, intent=intent))

    def release(self, row):
        """The user removed it: nobody holds it; the row and its epoch stay."""
        made = self._swap(row, replace(row, holder='', instance=''))
        if made is not None:
            self._broadcaster.send(RELEASED, row.name)
        return made

    def _swap(self, before, after):
        try:
            return self._store.swap(before, after)
        except Conflict:
            # Somebody else wrote first; the next look judges what is there now.
            return None
