# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route times between hosts (T of formula (1-1)), by connecting to the guard of each and reading the line it answers."""
from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass

TIMEOUT_S = 2.0
# Weight of the newest probe in the smoothed time: about the last six count.
_NEWEST = 0.3


@dataclass(frozen=True)
class Probe:
    """One look at a guard: the connect time in milliseconds and what it said; ``error`` where it said nothing."""
    connect_ms: float = None
    host: str = ''
    boot_id: str = ''
    error: str = ''


def probe(address, port, timeout_s=TIMEOUT_S):
    """Connect, take the time, read the line."""
    began = time.monotonic()
    try:
        with socket.create_connection((address, port), timeout=timeout_s) as conn:
            connect_ms = (time.monotonic() - began) * 1000.0
            text = conn.makefile('r', encoding='utf-8').readline()
        told = json.loads(text)
        return Probe(connect_ms, str(told['host']), str(told['boot_id']))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        return Probe(error='%s: %s' % (type(exc).__name__, exc))


def smoothed(before, newest):
    """The smoothed time after a probe; ``before`` None at the first."""
    return newest if before is None else before + _NEWEST * (newest - before)


@dataclass(frozen=True)
class Answers:
    """How a guard answered so far: the monotonic second of its last answer, that at which the first probe since was begun that
    had none (None: no such), the boot id it told, and why the last probe had no answer ('': it had one).
    """
    answered: float = None
    unanswered: float = None
    boot_id: str = ''
    error: str = ''


class RouteTimes:
    """Smoothed route times from this host to the others, and when each last answered. Probes may run in several threads.

    :param clock: ``monotonic()`` seconds.
    :param look: function from (address, port) to a Probe; a simulator hands in its own.
    """

    def __init__(self, port, clock, look=probe):
        self._port = port
        self._clock = clock
        self._look = look
        self._times = {}
        self._answers = {}

    def measure(self, rows):
        """Probe the hosts of these HostRows once, take the time, and forget all others."""
        for row in rows:
            told = self.ask(row)
            if told.host == row.host:
                self._times[row.host] = smoothed(self._times.get(row.host), told.connect_ms)
        for known in (self._times, self._answers):
            for host in set(known) - {row.host for row in rows}:
                known.pop(host, None)

    def ask(self, row):
        """Probe the host of one HostRow; what it told. A guard that answers for somebody else is no answer.

        Takes no time of the route: who is asked each second would have a time of seconds, and the others one of a minute.
        """
        began = self._clock.monotonic()
        told = self._look(row.address, self._port)
        before = self._answers.get(row.host, Answers())
        if not told.error and told.host == row.host:
            self._answers[row.host] = Answers(self._clock.monotonic(), boot_id=told.boot_id)
            return told
        error = told.error or 'the guard there is %s' % told.host
        # Another thread's probe, begun later, may have been answered before this one gave up.
        if before.answered is None or before.answered <= began:
            since = began if before.unanswered is None else before.unanswered
            self._answers[row.host] = Answers(before.answered, since, before.boot_id, error)
        return told

    def all(self):
        """{host: smoothed milliseconds} of every host that ever answered, rounded to microseconds."""
        return {host: round(time_ms, 3) for host, time_ms in sorted(self._times.items())}

    def of(self, host):
        """The smoothed time in milliseconds, or None where no probe was ever answered."""
        return self._times.get(host)

    def answers_of(self, host):
        """The Answers of a host."""
        return self._answers.get(host, Answers())
