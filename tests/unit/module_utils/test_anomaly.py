# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts: metrics alone, logs alone and both together differ; own faults are never severe; hysteresis."""
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
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.record import Record, next_record
from hypothesis import given
from hypothesis import strategies as st

COOL = HostLoad(1.0, 0.2, 1000, 100, cpu_some60=2.0, memory_full60=0.0, io_full60=0.0)
HOT = replace(COOL, cpu_used=0.95, cpu_some60=40.0)
WELL = LoadReport('web', 'h1', 'id', 'running', '1', health='healthy')
SICK = replace(WELL, health='unhealthy')
NOISY = replace(WELL, log_over=True, log_standard='10/m ERROR')
FAILS = 'its health check fails since 3 rounds'


def trend(*loads):
    made = Trend()
    for load in loads:
        made = next_trend(made, load)
    return made


def of(*reports):
    """The Record of rounds in a row."""
    record = Record()
    for report in reports:
        record = next_record(record, report)
    return record


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
    metrics, logs, both = judge(of(WELL), True), judge(of(NOISY), False), judge(of(NOISY), True)
    assert (metrics.level, metrics.reasons) == ('mild', ('its host is contended',))
    assert (logs.level, logs.reasons) == ('mild', ('its log is over the standard "10/m ERROR"',))
    assert (both.level, both.reasons) == ('severe', logs.reasons + metrics.reasons)
    assert not (metrics.own_fault or logs.own_fault or both.own_fault)
    assert judge(of(WELL, WELL, WELL), False).level == judge(of(), True).level == 'none'


def test_failing_health_takes_three_rounds_of_one_instance():
    assert judge(of(SICK, SICK), False).level == 'none'
    assert judge(of(SICK, WELL, SICK), False).level == 'none'
    assert judge(of(SICK, SICK, replace(SICK, instance='new')), False).level == 'none'
    assert judge(of(SICK, SICK, replace(SICK, status='exited')), False).level == 'none'


def test_failing_on_a_calm_host_is_its_own_fault():
    verdict = judge(of(SICK, SICK, SICK), False)
    assert (verdict.level, verdict.own_fault) == ('mild', True)
    assert verdict.reasons == ('its health check fails and nothing on its host explains it',)


WAITS = {'cpu_some60': 30.0}


@pytest.mark.parametrize('report, contended, why', [
    (SICK, True, 'its host is contended'), (replace(SICK, log_over=True, log_standard='s'), False, 'its log is over the standard "s"'),
    (replace(SICK, **WAITS), False, 'it waits for CPU for 30 % of the time'),
    (replace(SICK, memory_full60=6.0), False, 'it waits for memory for 6 % of the time'),
    (replace(SICK, memory_full60=6.0, memory_limit=100, memory_used=80), False, 'it waits for memory for 6 % of the time'),
    (replace(SICK, io_full60=11.0), False, 'it waits for the disk for 11 % of the time')])
def test_failing_where_the_host_has_a_part_is_severe(report, contended, why):
    verdict = judge(of(*[report] * 3), contended)
    assert (verdict.level, verdict.own_fault, verdict.reasons) == ('severe', False, (FAILS, why))
    assert judge(of(*[report] * 3), contended, 'h7').level == 'mild'


@pytest.mark.parametrize('report', [
    replace(SICK, cpu_limit=0.5, cpu_throttled=0.2, **WAITS), replace(SICK, memory_full60=6.0, memory_limit=100, memory_used=95)])
def test_waiting_at_its_own_limit_is_not_the_hosts_doing(report):
    assert judge(of(*[report] * 3), False).own_fault


def test_waiting_in_one_round_explains_nothing():
    assert judge(of(SICK, SICK, replace(SICK, **WAITS)), False).own_fault


def test_failing_here_as_there_is_its_own_fault_whatever_the_host_does():
    verdict = judge(of(SICK, SICK, SICK), True, 'h7')
    assert (verdict.level, verdict.own_fault) == ('mild', True)
    assert verdict.reasons == ('its health check fails here as it did on h7', 'its host is contended')


def starts(count, **between):
    """Rounds of a container that is unhealthy, started anew ``count`` times, and unhealthy again."""
    rounds = [SICK]
    for number in range(count):
        rounds += [replace(SICK, started='again %d' % number, health='starting', **between)]
    return rounds + [replace(rounds[-1], health='unhealthy')] * 3


def test_still_unhealthy_after_three_starts_is_tried_elsewhere():
    assert judge(of(*starts(2)), False).own_fault
    verdict = judge(of(*starts(3)), False)
    assert (verdict.level, verdict.own_fault) == ('severe', False)
    assert verdict.reasons == (FAILS, 'still unhealthy after 3 restarts: tried once elsewhere')
    assert judge(of(*starts(3)), False, 'h7').own_fault


def test_starts_count_only_as_long_as_it_stays_unhealthy():
    well_between = starts(2)[:-1] + [replace(WELL, started='well')] + starts(2)
    assert judge(of(*well_between), False).own_fault
    assert of(WELL, replace(WELL, started='2'), replace(SICK, started='3')).starts == 0


KILLED = replace(SICK, oom_kills=1, memory_limit=64 << 20)
EXITED = replace(WELL, status='exited', exit_code=3)


@pytest.mark.parametrize('rounds, words', [
    ((SICK, SICK, KILLED), 'killed once at its own memory limit of 64 MiB'),
    ((SICK, SICK, replace(KILLED, oom_kills=4)), 'killed 4 times at its own memory limit of 64 MiB'),
    ((replace(KILLED, status='exited', oom_kills=7),), 'killed once at its own memory limit of 64 MiB'),
    ((replace(SICK, cpu_throttled=0.9, cpu_limit=0.5),) * 3, 'throttled at its own limit of 0.50 cores'),
    ((SICK, SICK, replace(SICK, restarts=3)), 'in a crash loop'), ((replace(SICK, status='restarting'),), 'in a crash loop'),
    ((EXITED,) * 3, 'it exited by itself with code 3')])
def test_its_own_fault_is_never_severe(rounds, words):
    for noisy in (False, True):
        verdict = judge(of(*(replace(each, log_over=noisy) for each in rounds)), True)
        assert (verdict.level, verdict.own_fault, verdict.reasons[0]) == ('mild', True, words)


def test_a_kill_without_a_limit_of_its_own_is_no_fault_of_its_own():
    assert not judge(of(SICK, SICK, replace(KILLED, memory_limit=0)), True).own_fault


def test_an_end_just_seen_may_yet_be_its_users_stop():
    assert judge(of(WELL, EXITED, EXITED), False).level == judge(of(EXITED, EXITED), False).level == 'none'


def test_a_persons_restart_is_no_crash():
    counts = (2, 0, 0, 1, 0, 1)
    assert sum(of(*(replace(WELL, restarts=count) for count in counts)).restarts) == 2
    assert judge(of(*(replace(WELL, started=str(number)) for number in range(9))), False).level == 'none'


def crash_loop(period, rounds):
    """Rounds of a container that crashes each ``period`` seconds, looked at each ten, always while it runs."""
    return [replace(SICK, restarts=10 * number // period, oom_kills=10 * number // period, memory_limit=1 << 20)
            for number in range(rounds)]


@pytest.mark.parametrize('period', [12, 30, 70])
def test_a_crash_loop_stays_one_through_the_longest_pauses(period):
    rounds = crash_loop(period, 60)
    assert all(judge(of(*rounds[:number]), True).own_fault for number in range(25, 60))


def test_a_crash_loop_that_ended_is_forgotten():
    rounds = crash_loop(12, 6)
    over = rounds + [replace(rounds[-1], health='healthy')] * 24
    assert judge(of(*over[:-1]), False).own_fault
    assert judge(of(*over), False).level == 'none'


def test_throttling_stays_until_three_rounds_are_free_of_it():
    held, free = replace(SICK, cpu_throttled=0.9, cpu_limit=0.5), replace(SICK, cpu_limit=0.5)
    assert not judge(of(held, free, held), True).own_fault
    assert judge(of(held, held, held, free, free), True).own_fault
    assert not judge(of(held, held, held, free, free, free), True).own_fault


REPORTS = st.lists(st.builds(
    LoadReport, st.just('web'), st.just('h1'), st.just('id'), st.sampled_from(['running', 'restarting', 'exited']),
    started=st.sampled_from('abc'), cpu_throttled=st.floats(0.0, 1.0), cpu_limit=st.sampled_from([0.0, 0.5]),
    oom_kills=st.integers(0, 3), memory_limit=st.sampled_from([0, 1 << 20]), restarts=st.integers(0, 5), log_over=st.booleans(),
    cpu_some60=st.sampled_from([-1.0, 50.0]), health=st.sampled_from(['none', 'starting', 'healthy', 'unhealthy'])), max_size=9)


@given(REPORTS, st.booleans(), st.sampled_from(['', 'h7']))
def test_every_verdict_has_its_reasons(reports, contended, tried_on):
    verdict = judge(of(*reports), contended, tried_on)
    assert bool(verdict.reasons) == (verdict.level != 'none')
    assert not (verdict.own_fault and verdict.level == 'severe')
