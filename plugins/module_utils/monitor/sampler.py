# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container management's side of load sharing (S102-S104): one round over the host's managed containers."""
from __future__ import annotations

from ..containers.health import health_of
from ..containers.labels import parse
from ..errors import EngineError, LabelError, NoSuchContainer
from .fusion import fuse
from .logs import LogWatch
from .record import Kills, heard_kill, next_kills


class Sampler:
    """Samples containers round by round; remembers what rates and log windows need.

    :param engine: the Engine, asked for a container's process only when it changed.
    :param cgroups: Cgroups. :param clock: ``monotonic()`` seconds and ``wall()`` milliseconds.
    """

    def __init__(self, engine, cgroups, clock, host):
        self._engine = engine
        self._cgroups = cgroups
        self._clock = clock
        self._host = host
        self._known = {}
        self._before = {}
        self._logs = {}
        self._kills = {}

    def event(self, event):
        """Take note of an engine's event: the container is inspected anew in the next round."""
        self.forget(event.id)
        if event.action == 'oom':
            self._kills[event.id] = heard_kill(self._kills.get(event.id, Kills()))

    def forget(self, ident):
        """Inspect a container anew in the next round."""
        self._known.pop(ident, None)

    def round(self, summaries):
        """LoadReports of ``summaries`` (managed containers of this host); one that vanished meanwhile is left out."""
        reports = []
        alive = {each.id for each in summaries}
        for table in (self._known, self._before, self._logs, self._kills):
            for ident in [key for key in table if key not in alive]:
                del table[ident]
        for summary in summaries:
            try:
                reports.append(self._one(summary))
            except NoSuchContainer:
                self.forget(summary.id)
        return reports

    def _one(self, summary):
        health, folders = self._health(summary)
        now, at = None, self._clock.monotonic()
        if folders is not None and health.status == 'running':
            now = self._cgroups.read(folders)
        before_at, before, run = self._before.get(summary.id, (at, None, None))
        if now is not None:
            self._before[summary.id] = (at, now, health.started)
        kills = next_kills(self._kills.get(summary.id), health, now.oom_kills if now is not None else None)
        self._kills[summary.id] = kills
        finding, problem = self._logs_of(summary)
        return fuse(summary.name, self._host, summary.id, health, now, before if run == health.started else None,
                    at - before_at, finding, problem, self._clock.wall(), kills)

    def _health(self, summary):
        known = self._known.get(summary.id)
        if known is None or known[2] != summary.state:
            health = health_of(self._engine.inspect(summary.id))
            folders = self._cgroups.of_process(health.pid) if health.pid else None
            known = self._known[summary.id] = (health, folders, summary.state)
        return known[0], known[1]

    def _logs_of(self, summary):
        try:
            standard = parse(summary.labels).log_standard
        except LabelError as exc:
            return None, str(exc)
        if standard is None:
            return None, ''
        now_ns = self._clock.wall() * 10 ** 6
        watch = self._logs.get(summary.id)
        if watch is None:
            watch = self._logs[summary.id] = LogWatch(standard, now_ns)
        try:
            return watch.look(self._engine, summary.id, now_ns), ''
        except NoSuchContainer:
            raise
        except EngineError as exc:
            # A log driver that cannot be read back is the owner's choice; the report says so, the figures go on.
            return None, 'its log cannot be read: %s' % exc.message
