# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads on virtual time: many tasks, one of which runs, until it waits; whose turn is next is decided by time and chance.

A task is an ordinary function in an ordinary thread, so that the product's own code runs in it unchanged. It gives its turn
away only in ``sleep``, which the proxies of store, engine and network call; so two hosts interleave between any two of
their calls, and the same seed interleaves them in the same way.
"""
from __future__ import annotations

import heapq
import itertools
import threading

from simulation.faults import Crash

_IDLE = []


class _Worker(threading.Thread):
    """A thread that runs one task after the other; kept for the next simulation."""

    def __init__(self):
        super().__init__(daemon=True)
        self.gate = threading.Lock()
        self.gate.acquire()
        self.task = None
        self.start()

    def run(self):
        while True:
            self.gate.acquire()
            task = self.task
            task.run()
            self.task = None
            _IDLE.append(self)
            task.tasks.hub.release()


class Task:
    """One thread of an owner; ``kill`` makes it raise Crash where it waits."""

    def __init__(self, tasks, owner, call):
        self.tasks = tasks
        self.owner = owner
        self.call = call
        self.turn = 0
        self.killed = False
        self.ended = False
        self.error = None
        self.worker = None

    def run(self):
        """The whole life of the task, in its worker."""
        try:
            if not self.killed:
                self.call()
        except Crash:
            # What a killed process leaves behind: nothing.
            pass
        except Exception as exc:  # pylint: disable=broad-except
            # Told by the scheduler, in the thread of whoever runs the simulation.
            self.error = exc
        self.ended = True


class Tasks:
    """The scheduler.

    :param time: VirtualTime. :param chance: random.Random that orders what is due at the same moment.
    """

    def __init__(self, time, chance):
        self.time = time
        self.hub = threading.Lock()
        self.hub.acquire()
        self.current = None
        self._chance = chance
        self._heap = []
        self._count = itertools.count()
        self._frozen = {}
        self._alive = {}
        self._until = 0.0

    def at(self, when, call):
        """Call at a moment, outside of all tasks."""
        heapq.heappush(self._heap, (when, self._chance.random(), next(self._count), None, call))

    def spawn(self, owner, call, after=0.0):
        """A Task of an owner that begins after so many seconds."""
        task = Task(self, owner, call)
        self._alive.setdefault(owner, {})[id(task)] = task
        self._push(task, self.time.now + after)
        return task

    def _push(self, task, when):
        task.turn += 1
        heapq.heappush(self._heap, (when, self._chance.random(), next(self._count), task, task.turn))

    def sleep(self, seconds):
        """Let time pass for the running task; at once where nothing else is due in between. Outside of tasks: nothing."""
        task, when = self.current, self.time.now + seconds
        if task is None:
            return
        if task.killed:
            raise Crash('killed')
        if when <= self._until and (not self._heap or self._heap[0][0] > when) and task.owner not in self._frozen:
            self.time.now = when
            return
        self._push(task, when)
        self.hub.release()
        task.worker.gate.acquire()
        if task.killed:
            raise Crash('killed')

    def wake(self, task):
        """Let a sleeping task go on now."""
        if task is not self.current and not task.ended:
            self._push(task, self.time.now)

    def kill(self, owner):
        """End all tasks of an owner; the running one, if it is of them, at its next ``sleep``."""
        for task in list(self._alive.get(owner, {}).values()):
            task.killed = True
            if task is not self.current:
                self._push(task, self.time.now)
        self._frozen.pop(owner, None)

    def freeze(self, owner):
        """Nothing of an owner runs until ``thaw``."""
        self._frozen.setdefault(owner, [])

    def thaw(self, owner):
        """All goes on where it was."""
        for task in self._frozen.pop(owner, ()):
            if not task.ended:
                self._push(task, self.time.now)

    def run(self, until):
        """Let all run to a moment. Raises what a task let out."""
        self._until = until
        while self._heap and self._heap[0][0] <= until:
            when, _order, _number, task, what = heapq.heappop(self._heap)
            self.time.now = max(self.time.now, when)
            if task is None:
                what()
            elif task.turn == what and not task.ended:
                parked = self._frozen.get(task.owner)
                if parked is not None and not task.killed:
                    parked.append(task)
                else:
                    self._resume(task)
        self.time.now = max(self.time.now, until)

    def _resume(self, task):
        if task.worker is None:
            task.worker = _IDLE.pop() if _IDLE else _Worker()
            task.worker.task = task
        self.current = task
        task.worker.gate.release()
        self.hub.acquire()
        self.current = None
        if task.ended:
            self._alive[task.owner].pop(id(task), None)
            if task.error is not None:
                raise task.error

    def end(self):
        """Kill everything, so that no thread stays behind."""
        for owner in list(self._alive):
            self.kill(owner)
            while self._alive[owner]:
                for task in list(self._alive[owner].values()):
                    try:
                        self._resume(task)
                    except Exception:  # pylint: disable=broad-except
                        # The simulation is over; what a dying task says is of no interest.
                        pass
