# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load of this host, offered to the registry as ``load.host`` and ``load.containers`` (F8.3-F8.9), with the verdicts
of S201 in it: every 10 s a round, three rounds a verdict.
"""
from __future__ import annotations

from dataclasses import replace

from ..model import STOPPED, HostLoad
from ..monitor.anomaly import ROUND_S, Trend, Verdict, judge, next_trend
from ..monitor.record import GONE, Record, next_record
from ..moves.wishes import wishes
from ..placement.brakes import ANOMALY


class Load:
    """Samples when told to; answers from the last sample.

    :param custody: whose View names the managed containers, their rows, and why some cannot move.
    :param quiet: watcher.quiet.Quiet.
    """

    def __init__(self, host_sampler, sampler, custody, clock, quiet):
        self._host_sampler = host_sampler
        self._sampler = sampler
        self._custody = custody
        self._clock = clock
        self._quiet = quiet
        self._host = HostLoad()
        self._reports = ()
        self._trend = Trend()
        self._records = {}
        self._verdicts = {}
        self._round_due = 0.0

    def sample(self):
        """One sample (S102-S104), and each 10 s a round of verdicts."""
        view, now = self._custody.view, self._clock.monotonic()
        own = [each for each in view.managed if view.words.get(each.name) == 'ours']
        host, reports = self._host_sampler.sample(now, len(own)), self._sampler.round(own)
        due = now >= self._round_due
        if due:
            self._round_due = now + ROUND_S
            self._quiet.note_ring()
        unjudged = self._quiet.sentence()
        if unjudged:
            self._trend, self._records, self._verdicts = Trend(), {}, {}
        elif due:
            self._judge(host, reports, view)
        self._host = replace(host, contended=self._trend.reasons, unjudged=unjudged)
        self._reports = tuple(self._told(report, view) for report in reports)

    def _judge(self, host, reports, view):
        self._trend = next_trend(self._trend, host)
        self._records = {report.name: next_record(self._records.get(report.name, Record()), report) for report in reports
                         if report.status not in GONE or not self._stopped(view, report.name)}
        self._verdicts = {name: judge(record, self._trend.contended, self._tried_on(view, name))
                          for name, record in self._records.items()}

    @staticmethod
    def _stopped(view, name):
        """Whether its user wants it stopped: then there is nothing to be judged."""
        row = view.rows.get(name)
        return row is not None and row.intent == STOPPED

    @staticmethod
    def _tried_on(view, name):
        """The host on which a container could not serve either, if that is why it is here."""
        row = view.rows.get(name)
        return row.previous if row is not None and row.moved_for == ANOMALY else ''

    def _told(self, report, view):
        verdict = self._verdicts.get(report.name, Verdict())
        labels = next(each.labels for each in view.managed if each.name == report.name)
        return replace(report, anomaly=verdict.level, reasons=verdict.reasons, own_fault=verdict.own_fault,
                       immovable=view.immovable.get(report.name, ()), **wishes(labels))

    def note_work(self):
        """Take note of what runs here now: a move may be shorter than the time between two samples."""
        self._quiet.note()

    def event(self, event):
        """Take note of an engine's event."""
        self._sampler.event(event)

    def host(self):
        """HostLoad of the last round."""
        return self._host

    def report(self, name):
        """The last LoadReport of a container here, or None."""
        return next((each for each in self._reports if each.name == name), None)

    def containers(self):
        """LoadReports of the last round."""
        return list(self._reports)
