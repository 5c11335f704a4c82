# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts: metrics alone, logs alone and both together differ; own faults never count as severe; hysteresis."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostLoad, LoadReport
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.anomaly import (
    Trend,
    heat,
    judge,
    next_trend,
)
from hypothesis import given
from hypothesis import strategies as st

COOL = HostLoad(1.0, 0.2, 1000, 100, cpu_some60=2.0, memory_full60=0.0, io_full60=0.0)
HOT = replace(COOL, cpu_used=0.95, cpu_some60=40.0)
WELL = LoadReport('web', 'h1', 'id', 'running', health='healthy')
SICK = replace(WELL, health='unhealthy')
NOISY = replace(WELL, log_over=True, log_standard='10/m ERROR')


def trend(*loads):
    made = Trend()
    for load in loads:
        made = next_trend(made, load)
    return made


def test_three_rounds_make_contention_and_two_do_not():
    assert not trend(HOT, HOT).contended
    made = trend(HOT, HOT, HOT)
    assert made.contended
    assert made.reasons == ('CPU is used to 95 % and 40 % of the time somebody waits for it',)


def test_a_round_between_starts_anew():
    assert not trend(HOT, HOT, COOL, HOT, HOT).contended


def test_a_peak_that_falls_is_none():
    assert not trend(*(replace(HOT, cpu_some60=each) for each in (60.0, 45.0, 30.0))).contended


def test_busy_without_anybody_waiting_is_no_contention_and_the_other_way_round():
    assert not trend(*[replace(HOT, cpu_some60=10.0)] * 5).contended
    assert not trend(*[replace(HOT, cpu_used=0.5)] * 5).contended


@pytest.mark.parametrize('change, words', [({'memory_full60': 6.0}, 'memory'), ({'io_full60': 11.0}, 'disk')])
def test_memory_and_disk_need_no_cpu(change, words):
    made = trend(*[replace(COOL, **change)] * 3)
    assert made.contended
    assert words in made.reasons[0]


def test_it_stays_until_half_of_the_threshold():
    warm = replace(HOT, cpu_used=0.5, cpu_some60=15.0)
    made = trend(HOT, HOT, HOT, warm)
    assert made.contended
    assert not next_trend(made, replace(warm, cpu_some60=9.0)).contended
    assert not trend(warm, warm, warm).contended


def test_a_kernel_without_pressure_never_contends():
    assert heat(HostLoad(1.0, 1.0, 1000, 1000)) == {}


def test_metrics_alone_logs_alone_and_both_together_differ():
    metrics, logs, both = judge((WELL,) * 3, True), judge((NOISY,) * 3, False), judge((NOISY,) * 3, True)
    assert (metrics.level, metrics.reasons) == ('mild', ('its host is contended',))
    assert (logs.level, logs.reasons) == ('mild', ('its log is over the standard "10/m ERROR"',))
    assert (both.level, len(both.reasons)) == ('severe', 2)
    assert judge((WELL,) * 3, False).level == judge((), True).level == 'none'


def test_failing_health_takes_three_rounds():
    assert judge((SICK, SICK), False).level == 'none'
    assert judge((SICK, WELL, SICK), False).level == 'none'
    verdict = judge((SICK, SICK, SICK), False)
    assert (verdict.level, verdict.own_fault) == ('severe', False)


@pytest.mark.parametrize('rounds, words', [
    ((SICK, SICK, replace(SICK, oom_kills=1, memory_limit=64 << 20)), 'own memory limit of 64 MiB'),
    ((replace(SICK, cpu_throttled=0.9, cpu_limit=0.5),) * 3, 'throttled at its own limit of 0.50 cores'),
    ((SICK, SICK, replace(SICK, restarts=3)), 'crash loop'), ((replace(SICK, status='restarting'),) * 3, 'crash loop')])
def test_its_own_fault_is_never_severe(rounds, words):
    verdict = judge(rounds, True)
    assert (verdict.level, verdict.own_fault) == ('mild', True)
    assert words in verdict.reasons[0]


REPORTS = st.lists(st.builds(
    LoadReport, st.just('web'), st.just('h1'), st.just('id'), st.sampled_from(['running', 'restarting', 'exited']),
    cpu_throttled=st.floats(0.0, 1.0), cpu_limit=st.sampled_from([0.0, 0.5]), oom_kills=st.integers(0, 3),
    memory_limit=st.sampled_from([0, 1 << 20]), restarts=st.integers(0, 5), log_over=st.booleans(),
    health=st.sampled_from(['none', 'healthy', 'unhealthy'])), max_size=3)


@given(REPORTS, st.booleans())
def test_every_verdict_has_its_reasons(reports, contended):
    verdict = judge(tuple(reports), contended)
    assert bool(verdict.reasons) == (verdict.level != 'none')
    assert not (verdict.own_fault and verdict.level == 'severe')
