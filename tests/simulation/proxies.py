# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a simulated watcher and its own host: engine, events, image streams, letters to the guard, jobs and log."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.errors import EngineError, EngineUnavailable, RingfleetError

# Seconds that the engine takes for what is not merely a question.
_TAKES_S = {'create': 0.15, 'start': 0.2, 'stop': 0.5, 'remove': 0.1, 'rename': 0.05, 'set_restart': 0.02, 'load': 0.5, 'tag': 0.01}
_ASKED_S = 0.002
# The share of a mute engine's answers that are lost, behind their effect.
_LOST = 0.5
_SENT_S = 1.0


class HostEngine:
    """The engine as a watcher reaches it: each call takes time, is counted by the ledger, and fails while dockerd is away; the answer
    to one that took effect may be lost.
    """

    def __init__(self, host):
        self._host = host
        self._inner = host.engine

    def __getattr__(self, name):
        inner, host = getattr(self._inner, name), self._host
        takes = _TAKES_S.get(name)

        def once(args, asked):
            if host.engine_down:
                raise EngineUnavailable('The Docker engine is away')
            lost = takes is not None and host.engine_mute and host.fleet.chance.random() < _LOST
            if takes is not None:
                host.fleet.ledger.touches(host, name, args)
            result = inner(*args)
            if name == 'create':
                host.fleet.ledger.made(result, args[1])
            if name == 'start':
                host.fleet.ledger.solitude.started(host, host.engine.inspect(args[0])['Id'], asked)
                host.fleet.ledger.alone()
            if lost:
                raise EngineUnavailable('The Docker engine did not answer in time')
            return result

        def call(*args):
            asked = host.fleet.time.now
            return host.do(name, args, lambda: once(args, asked), before_s=takes or _ASKED_S, after_s=_ASKED_S)

        self.__dict__[name] = call
        return call


class HostEvents:
    """The engine's events as watcher.events.Events hands them over: from the watcher's start on, None where the stream broke,
    and those of the last second before that once more.
    """

    def __init__(self, host):
        self._host = host
        self._at = len(host.engine.queue)
        self._since = host.clock.wall() // 1000
        self._broken = False

    def take(self):
        """As Events.take."""
        queue = self._host.engine.queue
        if self._host.engine_down:
            fresh, self._at = queue[self._at:], len(queue)
            broke, self._broken = not self._broken, True
            return fresh + ([None] if broke else [])
        if self._broken:
            self._broken = False
            while self._at > 0 and queue[self._at - 1].at >= self._since:
                self._at -= 1
        fresh = queue[self._at:]
        self._at = len(queue)
        self._since = max([self._since] + [each.at for each in fresh])
        return fresh


class HostTransfer:
    """Image streams, which need the other host."""

    def __init__(self, host):
        self._host = host
        self._inner = host.transfer

    def send(self, row, move, chunks):
        def once():
            if not self._host.reaches(row.address):
                raise EngineError('The image could not be sent to %s' % row.host)
            return self._inner.send(row, move, chunks)
        return self._host.do('send', (row.host, move), once, before_s=_SENT_S)

    def receive(self, move, sha256):
        return self._inner.receive(move, sha256)

    def discard(self, move):
        return self._host.do('discard', (move,), lambda: self._inner.discard(move))

    def admit(self, rows):
        """Nobody is kept out."""


class HostLetters:
    """The files between watcher and guard. A crash may come before or after an order is written; no time passes, since who writes
    holds a lock of the watcher, and no other of its threads may be given the turn.
    """

    def __init__(self, host):
        self._host = host
        self._inner = host.guard.letters

    def give(self, orders):
        self._host.strike()
        self._inner.give(orders)
        self._host.order_guard()
        self._host.strike()

    def orders(self):
        return self._inner.orders()

    def receipt(self):
        return self._inner.receipt()


class HostJobs:
    """As watcher.jobs.Jobs, in tasks: so many at once, the others wait."""

    def __init__(self, host, size):
        self._host = host
        self._size = size
        self._running = {}
        self._waiting = []

    def start(self, key, call):
        """As Jobs.start."""
        if key in self._running:
            return False
        self._running[key] = call
        self._waiting.append(key)
        self._next()
        return True

    def _next(self):
        while self._waiting and self._size:
            self._size -= 1
            key = self._waiting.pop(0)
            self._host.fleet.tasks.spawn(self._host.name, lambda key=key: self._run(key))

    def _run(self, key):
        try:
            self._running[key]()
        except RingfleetError as exc:
            self._host.fleet.trace(self._host.name, 'job %s: %s: %s' % (key, type(exc).__name__, exc.message))
        del self._running[key]
        self._size += 1
        self._next()
        self._host.wake()


class Log:
    """What a watcher logs."""

    def __init__(self, host):
        self._host = host

    def info(self, text, *args):
        if self._host.fleet.verbose:
            self._host.fleet.log(self._host.name, text % args)

    warning = error = info
