# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into the fleet and out of it, on the host where the container is (design, section 5).

Released, it goes on where it is, with all that its user gave it, and is left alone: the row and this host's index remember the
instance. Handed over, it is managed without being made again, with or without the label.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..containers.labels import is_managed
from ..errors import LabelError
from ..model import GIVEN_UP, RELEASED, ContainerRow, Placement
from ..names import LABEL_MANAGED, LABEL_PROJECT, check_container_name, is_aside
from ..ring.holds import hold_of

MANAGED = 'managed'
STATES = (MANAGED, RELEASED)
_TRIES = 3


@dataclass(frozen=True)
class Outcome:
    """What became of one container: whether it was changed, or why that was refused."""
    name: str
    host: str
    changed: bool = False
    refused: str = ''


class Handover:
    """Hands over and releases this host's containers.

    :param custody: looks again afterwards. :param exclusives: lets those go that run under a lease.
    """

    def __init__(self, store, engine, clock, owner, custody, exclusives, host):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._exclusives = exclusives
        self._owner = owner
        self._custody = custody
        self._host = host

    def to_state(self, names, project, state, check=False):
        """Bring each of ``names`` that is of a compose ``project`` ('': of any) into a state; with ``check`` only tell.

        :return: a list of Outcomes as dictionaries. A name that is not here any more is left out where a project is asked for.
        """
        here = {each.name: each for each in self._engine.containers()}
        found = []
        for name in names:
            summary = here.get(check_container_name(name))
            if project and (summary is None or summary.labels.get(LABEL_PROJECT) != project):
                continue
            if state == RELEASED:
                found.append(self._settled(name, lambda row, summary=summary: self._release(summary, row, check)))
            else:
                found.append(self._settled(name, lambda row, summary=summary, name=name: self._adopt(name, summary, row, check)))
        self._custody.dirty = True
        return [vars(each) for each in found]

    def _settled(self, name, act):
        """``act`` says (changed, refused), or None when somebody else wrote the row in between."""
        for _try in range(_TRIES):
            done = act(self._store.read(ContainerRow, name))
            if done is not None:
                return Outcome(name, self._host, *done)
        return Outcome(name, self._host, False, 'its row was changed by others again and again')

    def _release(self, summary, row, check):
        if row is None or row.holder != self._host:
            return False, ''
        against = self.against(row)
        if against or check:
            return not against, against
        if summary is not None and summary.id == row.instance:
            done = self.give_up(row)
            if done is not None and row.exclusive:
                self._exclusives.let_go(summary)
            return done
        # It is missing: there is nothing that could go on.
        if self._owner.release(row) is None:
            return None
        self._store.drop_placement(self._host, row.name)
        return True, ''

    def against(self, row):
        """Why a container cannot be released now, or ''."""
        hold = hold_of(row, self._clock.wall())
        if hold is not None:
            return 'it is %s' % hold
        return 'it is in move %s' % row.move if row.move else ''

    def give_up(self, row):
        """Release what a row names; of a lost host's container too, on its behalf. (True, ''), or None when it was changed meanwhile."""
        # The note before the row: behind its release another may take the name, and this instance would pass for an old copy.
        self._store.put_placement(Placement(row.holder, row.name, row.instance, GIVEN_UP))
        if self._owner.give_up(row) is None:
            now = self._store.read(ContainerRow, row.name)
            if now is not None and now.holder == row.holder:
                self._store.put_placement(Placement(now.holder, now.name, now.instance, now.epoch))
            return None
        return True, ''

    def _adopt(self, name, summary, row, check):
        against = self._against(name, summary, row)
        if against:
            return False, against
        held = row is not None and row.holder != ''
        if held and (row.holder != self._host or row.instance == summary.id):
            return False, ''
        if held and row.move:
            return False, 'it is in move %s' % row.move
        if check:
            return True, ''
        epoch = row.epoch if held else (row.epoch if row else 0) + 1
        self._store.put_placement(Placement(self._host, name, summary.id, epoch))
        here = self._custody.here(summary)
        if here.exclusive and not held:
            # It comes here by the gate alone, which waits for lease and guard: custody adopts it when that is so.
            return (True, '') if row is None or self._owner.offer(row) is not None else None
        made = self._owner.new_version(here, row) if held else self._owner.adopt(here, row)
        return None if made is None else (True, '')

    def _against(self, name, summary, row):
        if row is not None and row.holder not in ('', self._host):
            return ''
        if summary is not None and is_aside(name, summary.id):
            return 'it is a stale copy, which gave its name up'
        if summary is None:
            return 'there is no container of that name on %s' % self._host
        try:
            self._custody.here(summary)
            if LABEL_MANAGED in summary.labels and not is_managed(summary.labels):
                return 'its label %s=%s says no' % (LABEL_MANAGED, summary.labels[LABEL_MANAGED])
        except LabelError as exc:
            return str(exc)
        return ''
