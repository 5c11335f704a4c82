# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load of this host, offered to the registry as ``load.host`` and ``load.containers`` (F8.3-F8.9), with the verdicts
of S201 in it: every 10 s a round, three rounds a verdict.
"""
from __future__ import annotations

from dataclasses import replace

from ..model import HostLoad
from ..monitor.anomaly import ROUND_S, ROUNDS, Trend, Verdict, judge, next_trend
from ..moves.wishes import wishes


class Load:
    """Samples when told to; answers from the last sample.

    :param custody: whose View names the managed containers and why some cannot move.
    """

    def __init__(self, host_sampler, sampler, custody, clock):
        self._host_sampler = host_sampler
        self._sampler = sampler
        self._custody = custody
        self._clock = clock
        self._host = HostLoad()
        self._reports = ()
        self._trend = Trend()
        self._rounds = {}
        self._verdicts = {}
        self._round_due = 0.0

    def sample(self):
        """One sample (S102-S104), and each 10 s a round of verdicts."""
        view, now = self._custody.view, self._clock.monotonic()
        own = [each for each in view.managed if view.words.get(each.name) == 'ours']
        host, reports = self._host_sampler.sample(now, len(own)), self._sampler.round(own)
        if now >= self._round_due:
            self._round_due = now + ROUND_S
            self._judge(host, reports)
        self._host = replace(host, contended=self._trend.reasons)
        self._reports = tuple(self._told(report, view) for report in reports)

    def _judge(self, host, reports):
        self._trend = next_trend(self._trend, host)
        rounds = {}
        for report in reports:
            # A round of another instance says nothing about this one.
            before = tuple(each for each in self._rounds.get(report.name, ()) if each.instance == report.instance)
            rounds[report.name] = (before + (report,))[-ROUNDS:]
        self._rounds = rounds
        self._verdicts = {name: judge(each, self._trend.contended) for name, each in rounds.items()}

    def _told(self, report, view):
        verdict = self._verdicts.get(report.name, Verdict())
        labels = next(each.labels for each in view.managed if each.name == report.name)
        return replace(report, anomaly=verdict.level, reasons=verdict.reasons,
                       immovable=view.immovable.get(report.name, ()), **wishes(labels))

    def forget(self, ident):
        """A container changed."""
        self._sampler.forget(ident)

    def host(self):
        """HostLoad of the last round."""
        return self._host

    def report(self, name):
        """The last LoadReport of a container here, or None."""
        return next((each for each in self._reports if each.name == name), None)

    def containers(self):
        """LoadReports of the last round."""
        return list(self._reports)
