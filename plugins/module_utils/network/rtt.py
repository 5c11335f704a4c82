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


class RouteTimes:
    """Smoothed route times from this host to the others.

    :param look: function from (address, port) to a Probe; a simulator hands in its own.
    """

    def __init__(self, port, look=probe):
        self._port = port
        self._look = look
        self._times = {}
        self._errors = {}

    def measure(self, rows):
        """Probe the hosts of these HostRows once. A guard that answers for somebody else is no answer."""
        for row in rows:
            told = self._look(row.address, self._port)
            if told.error or told.host != row.host:
                self._errors[row.host] = told.error or 'the guard there is %s' % told.host
                continue
            self._errors.pop(row.host, None)
            self._times[row.host] = smoothed(self._times.get(row.host), told.connect_ms)
        for host in set(self._times) - {row.host for row in rows}:
            del self._times[host]

    def all(self):
        """{host: smoothed milliseconds} of every host that ever answered, rounded to microseconds."""
        return {host: round(time_ms, 3) for host, time_ms in sorted(self._times.items())}

    def of(self, host):
        """The smoothed time in milliseconds, or None where no probe was ever answered."""
        return self._times.get(host)

    def error_of(self, host):
        """Why the last probe had no answer, or ''."""
        return self._errors.get(host, '')
