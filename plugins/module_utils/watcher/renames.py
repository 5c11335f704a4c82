# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of this host that got another name, by ``docker rename`` or on the way of a new version: what they were called is released.

A container is known by its name, its copy by the engine's id. Two rows of one id would be two containers: moved, failed over and
started by two names.
"""
from __future__ import annotations

from ..model import RELEASED, ContainerRow
from ..names import is_aside, is_behind_its_name


class Renames:
    """Releases the names before.

    :param owner: ring.ownership.Ownership.
    """

    def __init__(self, store, owner, host):
        self._store = store
        self._owner = owner
        self._host = host

    def release(self, summaries, rows, placed):
        """Release the rows, also in ``rows``, of this host's copies that have another name now, and what the index (``placed``) knows of them:
        by that a container that gets the name back would be a stale copy.

        :return: ids of those whose row is still there, since a move of it is open or the write did not apply: they have no other name
            before that.
        """
        named = [each for each in summaries if not is_aside(each.name, each.id) and not is_behind_its_name(each.name, each.id, each.state)]
        again, names = set(), {each.id: each.name for each in named}
        for row in list(rows.values()):
            if row.holder != self._host or names.get(row.instance, row.name) == row.name:
                continue
            now = self._store.read(ContainerRow, row.name)
            if now is None or (now.holder, now.instance) != (self._host, row.instance):
                continue
            released = self._owner.release(now) if not now.move else None
            if released is None:
                again.add(row.instance)
                continue
            rows[row.name] = released
        for name, index in list(placed.items()):
            row = rows.get(name)
            held = row is not None and row.instance == index.instance and (row.holder == self._host or row.intent == RELEASED)
            if index.instance and names.get(index.instance, name) != name and not held:
                self._store.drop_placement(self._host, name)
                del placed[name]
        return again
