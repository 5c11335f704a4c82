# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills at a container's own memory limit, through runs that come and go: what the engine tells and the kernel counts."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.containers.engine import Event, Summary
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.cgroup import Counters
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.sampler import Sampler


class Bench:
    """One container whose inspect and counters are what a test sets."""

    def __init__(self):
        self.state = {'Status': 'running', 'Pid': 5, 'StartedAt': '1'}
        self.counters = Counters(memory_limit=64)
        self.now = 0.0
        self.sampler = Sampler(self, self, self, 'h1')

    def inspect(self, ref):
        return {'State': self.state, 'HostConfig': {'Memory': 64}}

    def of_process(self, pid):
        return {'': 'x'}

    def read(self, folders):
        return self.counters

    def monotonic(self):
        return self.now

    def wall(self):
        return 0

    def kill(self, counter):
        """The kernel kills in the run that goes on."""
        self.counters = replace(self.counters, oom_kills=counter)

    def event(self, action):
        self.sampler.event(Event(action, 'id', 'web'))

    def end(self, oom, code=137):
        self.state = dict(self.state, Status='restarting', Pid=0, OOMKilled=oom, ExitCode=code)
        self.event('die')

    def start(self, run):
        self.state = {'Status': 'running', 'Pid': 6, 'StartedAt': run}
        self.counters = Counters(memory_limit=64)
        self.event('start')

    def look(self):
        self.now += 5.0
        return self.sampler.round([Summary('id', 'web', self.state['Status'], 'web:1')])[0]


@pytest.fixture
def bench():
    return Bench()


def test_what_was_counted_before_anybody_watched_is_left_out(bench):
    bench.kill(7)
    assert bench.look().oom_kills == 0
    bench.kill(9)
    report = bench.look()
    assert (report.oom_kills, report.findings) == (2, ('killed 2 times for want of memory at its own limit',))
    assert bench.look().findings == ()


def test_kills_between_two_looks_are_heard(bench):
    bench.look()
    for run in '23':
        bench.event('oom')
        bench.end(True)
        bench.start(run)
    assert bench.look().oom_kills == 2
    bench.event('oom')
    bench.kill(1)
    assert bench.look().oom_kills == 3


def test_a_kill_is_counted_once_whoever_told_of_it(bench):
    bench.look()
    bench.event('oom')
    bench.kill(1)
    assert bench.look().oom_kills == 1
    bench.end(True)
    report = bench.look()
    assert (report.oom_kills, report.status, report.memory_limit) == (1, 'restarting', 64)


def test_without_events_the_runs_ends_are_counted(bench):
    bench.look()
    for run in '23':
        bench.end(True)
        bench.look()
        bench.start(run)
        bench.look()
    assert bench.look().oom_kills == 2


def test_found_dead_of_it(bench):
    bench.end(True)
    assert bench.look().oom_kills == 1


def test_the_mark_of_an_earlier_run_counts_no_other_end(bench):
    bench.look()
    bench.end(True, code=1)
    assert bench.look().oom_kills == 0


def test_an_instance_that_went_is_forgotten(bench):
    bench.look()
    bench.event('oom')
    assert bench.sampler.round([]) == []
    assert bench.look().oom_kills == 0
