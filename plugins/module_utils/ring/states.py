# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a host and who may put it from one into another (the patent's node states: Start, normal, leaving, exit). Pure.

    joining --> normal --> leaving --> drained --> left --> joining (a new generation)
                  ^  <-------+            |
                  +-----------------------+                          only the playbook join undoes them
    any of the first four --> lost --> joining, or leaving where a drain stands, when it is back; left when it never will be
"""
from __future__ import annotations

from dataclasses import replace

from ..errors import StateRefused
from ..store.days import time_of

JOINING = 'joining'
NORMAL = 'normal'
LEAVING = 'leaving'
DRAINED = 'drained'
LEFT = 'left'
LOST = 'lost'
STATES = (JOINING, NORMAL, LEAVING, DRAINED, LEFT, LOST)
# They beat, are observed, and are failed over when they die.
MEMBERS = frozenset((JOINING, NORMAL, LEAVING, DRAINED))
# They take no container and adopt none.
PARTING = frozenset((LEAVING, DRAINED, LEFT))

# By whom.
WATCHER, PERSON, OBSERVER = 'its own watcher', 'a person', 'an observer'

_ALLOWED = {
    ('', JOINING): WATCHER, (JOINING, NORMAL): WATCHER, (LOST, JOINING): WATCHER, (LOST, LEAVING): WATCHER,
    (LEAVING, DRAINED): WATCHER, (DRAINED, LEAVING): WATCHER,
    (NORMAL, LEAVING): PERSON, (LEAVING, NORMAL): PERSON, (DRAINED, NORMAL): PERSON, (DRAINED, LEFT): PERSON, (LOST, LEFT): PERSON,
    (LEFT, JOINING): PERSON,
    (JOINING, LOST): OBSERVER, (NORMAL, LOST): OBSERVER, (LEAVING, LOST): OBSERVER, (DRAINED, LOST): OBSERVER, (LOST, LOST): OBSERVER}

_REMEDIES = {
    '': 'Run the playbook ringfleet.core.join for it.',
    JOINING: 'Wait until its watcher has joined; see ringfleet status there.',
    NORMAL: 'Drain it first: playbook ringfleet.core.drain.',
    LEAVING: 'Wait for the end of its drain, or undo it with the playbook ringfleet.core.join.',
    DRAINED: 'Take it out with the playbook ringfleet.core.exit, or undo the drain with ringfleet.core.join.',
    LEFT: 'Make it a member again with the playbook ringfleet.core.join.',
    LOST: 'Start it again, or take it out with ringfleet.core.exit and ringfleet_dead.'}


def moved(row, state, kind, who, at):
    """The HostRow in another state.

    :param kind: WATCHER, PERSON or OBSERVER. :param who: by whom, for the row. :param at: wall-clock millisecond.
    :raises StateRefused: with the state it is in, since when and by whom, and what to do.
    """
    if _ALLOWED.get((row.state, state)) != kind:
        raise StateRefused('Host %s is %s and cannot become %s by %s' % (row.host, told(row), state, kind), remedy(row))
    return replace(row, state=state, by=who, since_at=at)


def told(row):
    """The state of a HostRow in words, with since when and by whom."""
    return '%s since %s (by %s)' % (row.state, time_of(row.since_at), row.by) if row.state else 'no member yet'


def remedy(row):
    """What can be done about a HostRow's state."""
    return _REMEDIES.get(row.state, '')
