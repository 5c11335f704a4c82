# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployed again on another host (ring/replacing.py): the new host takes the row over, the old one gives way.

What is exclusive is held down by its guard from the first look on, and its restart policy taken, so that a watcher which starts
again finds it so; it is started through the gate when the row's mark is gone. The old host stops its copy as its user would, has
its guard hold it down, and then takes the mark away. What is not exclusive runs on here, and is retired there.
"""
from __future__ import annotations

from dataclasses import replace

from ..model import ContainerRow, HostRow, Placement
from ..moves.parts import NO_RESTART
from ..names import UP
from ..ring.holds import hold_of
from ..ring.ownership import OURS, REPLACES, judge
from ..ring.replacing import in_words, is_down, is_replacing

_STOP_TIMEOUT_S = 10


class Replacement:
    """One host's part in replacements, as the new host and as the old one.

    :param owner: ring.ownership.Ownership. :param gate: watcher.gate.Gate. :param jobs: as watcher.jobs.Jobs.
    :param look_again: () lets the loop look at the containers anew.
    """

    def __init__(self, store, engine, clock, owner, gate, jobs, host, look_again, log):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._owner = owner
        self._gate = gate
        self._jobs = jobs
        self._host = host
        self._look_again = look_again
        self._log = log

    # -- the new host -----------------------------------------------------------------------------------------------

    def seen(self, here, row, index):
        """A ``Here`` as its user left it: what this host itself holds down for its replacement is wanted to run.

        :param index: this host's Placement of that name, or None; of one that took over a moment before a crash it is put right.
        """
        if row is not None and row.holder == self._host and row.instance == here.instance and index is not None and not index.instance:
            self._store.put_placement(replace(index, instance=here.instance, epoch=row.epoch))
        replaces = here.exclusive and here.replaces and (row is None or row.instance != here.instance)
        return replace(here, running=True) if replaces and self._gate.is_held_down(here.instance) else here

    def take(self, here, index, rows, problems):
        """Take the container over for ``here``, into ``rows``, or say in ``problems`` why that waits.

        :param index: this host's Placement of that name, or None. :return: what it is by now, as ring.ownership.judge.
        """
        against = self._gate.hold_back(here.name, here.instance) if here.exclusive else ''
        if against:
            self._look_again()
        row = self._store.read(ContainerRow, here.name)
        if judge(here, row, self._host, index) != REPLACES:
            self._look_again()
            return REPLACES
        against = against or self._against(here, row)
        if against:
            problems[here.name] = 'Container %s here waits to replace the one on %s: %s' % (here.name, row.holder, against)
            return REPLACES
        # In the index before the owner, as every container; which one only behind it, or a crash in between would make it a stale copy.
        self._store.put_placement(Placement(self._host, here.name, '', row.epoch + 1))
        made = self._owner.take_over(here, row)
        if made is None:
            self._look_again()
            return REPLACES
        self._store.put_placement(Placement(self._host, here.name, here.instance, made.epoch))
        self._log.warning('container %s here (%s) replaces the one on %s', here.name, here.instance[:12], made.previous)
        rows[here.name] = made
        return OURS

    def _against(self, here, row):
        hold = hold_of(row, self._clock.wall())
        if hold is not None:
            return 'it is %s' % hold
        if row.holder != self._host and is_replacing(row):
            self._look_again()
            return in_words(row)
        if row.holder != self._host and row.move:
            return 'it is in move %s' % row.move
        against = self._gate.ready() if here.exclusive else ''
        if against:
            self._look_again()
        return against

    def _settle(self, name):
        """The old host does not answer: its lease says that its copy is down."""
        row = self._store.read(ContainerRow, name)
        if row is not None and is_replacing(row) and row.holder == self._host and is_down(self._store.read(HostRow, row.previous)):
            self._owner.settle(row)
            self._look_again()

    # -- the old host -----------------------------------------------------------------------------------------------

    def look(self, view):
        """Begin what is due. :param view: watcher.custody.View."""
        for name, row in view.rows.items():
            if not is_replacing(row):
                continue
            if row.holder == self._host:
                self._settle(name)
            elif row.previous == self._host:
                self._jobs.start('give way ' + name, lambda name=name: self._give_way(name))

    def _give_way(self, name):
        """End the copy here, and say so in the row."""
        row = self._store.read(ContainerRow, name)
        if row is None or not is_replacing(row) or row.previous != self._host or row.holder == self._host:
            return
        old = self._old(name)
        if old is not None and self._end(old, row):
            return
        self._owner.settle(row)
        self._look_again()

    def _old(self, name):
        """Summary of the copy that was the container here, or None."""
        index = next((each.instance for each in self._store.placements(self._host) if each.name == name), '')
        return next((each for each in self._engine.containers() if (each.id == index if index else each.name == name)), None)

    def _end(self, old, row):
        """Stop a copy and hold it down: why it is not certain yet that it is down, or ''."""
        if old.state in UP:
            self._log.warning('container %s here (%s) is replaced by the one on %s: stopped', old.name, old.id[:12], row.holder)
            timeout = self._engine.inspect(old.id)['Config'].get('StopTimeout')
            self._engine.set_restart(old.id, NO_RESTART)
            self._gate.stop(old.id, _STOP_TIMEOUT_S if timeout is None else timeout)
        return self._gate.put_down(old.id)
