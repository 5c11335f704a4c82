# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formula (1-1) and the planner: properties that hold for any fleet, and the record from which anybody can recompute."""
from __future__ import annotations

import json
import socket
import threading

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.guard import main as guard
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostLoad
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import Probe, RouteTimes, probe, smoothed
from ansible_collections.ringfleet.core.plugins.module_utils.placement import planner, views
from ansible_collections.ringfleet.core.plugins.module_utils.placement.score import (
    Candidate,
    Weights,
    choose,
    formula,
    score,
)
from hypothesis import given
from hypothesis import strategies as st
from simulation.clock import VirtualClock, VirtualTime

WEIGHTS = st.builds(Weights, *[st.floats(0.01, 100.0)] * 3)
CANDIDATES = st.lists(
    st.builds(Candidate, st.from_regex(r'h[1-9][0-9]?', fullmatch=True), st.floats(0.0, 64.0), st.integers(0, 1 << 40),
              st.one_of(st.none(), st.floats(0.0, 500.0)), st.sampled_from([(), (), ('silent',)])),
    max_size=12, unique_by=lambda each: each.host)


@given(CANDIDATES, WEIGHTS)
def test_the_choice_is_the_greatest_a_and_never_an_excluded_one(candidates, weights):
    scores = score(candidates, weights)
    chosen = choose(scores)
    fit = [each for each in scores if not each.excluded]
    assert bool(chosen) == bool(fit)
    if fit:
        assert max(each.a for each in fit) == next(each.a for each in fit if each.host == chosen)
        assert scores[0].host == chosen


@given(CANDIDATES, WEIGHTS)
def test_anybody_can_recompute_the_choice_from_the_record_alone(candidates, weights):
    record = json.loads(json.dumps([each.to_dict() for each in score(candidates, weights)]))
    again = {each['host']: round(formula(each['C'], each['M'], each['T'], weights), 6)
             for each in record if not each['excluded']}
    for each in record:
        assert each['A'] == again.get(each['host'], 0.0)
    assert choose(score(candidates, weights)) == (min(again, key=lambda host: (-again[host], host)) if again else '')


@given(CANDIDATES, WEIGHTS, st.floats(0.5, 20.0))
def test_tau_scales_and_does_not_choose(candidates, weights, factor):
    def bare(tau):
        return [formula(each.c, each.m, each.t, Weights(weights.alpha, weights.beta, tau))
                for each in score(candidates, weights)]

    assert bare(weights.tau * factor) == pytest.approx([each / factor for each in bare(weights.tau)])


@given(CANDIDATES, WEIGHTS)
def test_everybody_orders_them_alike(candidates, weights):
    assert score(candidates, weights) == score(list(reversed(candidates)), weights)


def test_a_slower_link_is_chosen_less_all_else_equal():
    near, far = Candidate('far-named', 1.0, 100, 2.0), Candidate('a-near-name', 1.0, 100, 20.0)
    assert choose(score([near, far], Weights())) == 'far-named'


def test_the_noise_of_a_local_network_decides_nothing():
    one, two = score([Candidate('h1', 1.0, 100, 0.2), Candidate('h2', 1.0, 100, 0.9)], Weights())
    assert (one.t, one.a) == (two.t, two.a) == (1.0, 2.0)


def view(host, cpu_used=0.2, memory_used=100, **more):
    return views.HostView(host, HostLoad(1.0, cpu_used, 1000, memory_used), **dict({'route_ms': 1.0}, **more))


NEED = views.Need('web', 'h1', 0.3, 200)


def test_the_emptier_host_takes_it_and_the_sentence_says_why():
    choice = planner.plan(NEED, [view('h1'), view('h2', 0.3), view('h3', 0.1)], Weights())
    assert choice.host == 'h3'
    assert 'h3 has the greatest A (2.000, from C 1.00, M 1.00, T 1.0 ms) of 2' in choice.sentence
    assert next(each for each in choice.scores if each.host == 'h1').excluded == ('it is there already',)


@pytest.mark.parametrize('given_view, words', [
    (view('h2', wrong=('it is silent',)), 'it is silent'), (view('h2', memory_used=900), 'MiB of memory'),
    (view('h2', cpu_used=0.5), 'used to 80 % afterwards'), (view('h2', promised_cpu=0.3), 'used to 80 % afterwards'),
    (view('h2', promised_memory=800), 'MiB of memory'), (views.HostView('h2', None), 'its load is unknown')])
def test_who_cannot_take_it_says_why(given_view, words):
    choice = planner.plan(NEED, [view('h1'), given_view], Weights())
    assert choice.host == ''
    assert words in choice.sentence


def test_alone_there_is_nobody():
    assert 'there is no other host' in planner.plan(NEED, [view('h1')], Weights()).sentence


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8), st.floats(0.01, 0.5))
def test_no_target_is_filled_past_the_calm_line(used, cpu):
    hosts = [view('h%d' % number, each) for number, each in enumerate(used)]
    choice = planner.plan(views.Need('web', 'h0', cpu, 0), hosts, Weights())
    if choice.host:
        target = next(each for each in hosts if each.host == choice.host)
        assert views.predicted(target, cpu, 0)['cpu'] <= views.CALM_BELOW


def test_smoothing():
    assert smoothed(None, 5.0) == 5.0
    assert smoothed(10.0, 0.0) == pytest.approx(7.0)


@pytest.fixture
def guarded():
    stop = threading.Event()
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=guard.serve, args=(listener, guard.answer('h2', 'boot'), stop.is_set))
        thread.start()
        yield listener.getsockname()[1]
        stop.set()
        thread.join()


def test_a_guard_answers_who_it_is(guarded):
    told = probe('127.0.0.1', guarded)
    assert (told.host, told.boot_id, told.error) == ('h2', 'boot', '')
    assert told.connect_ms > 0


def test_a_guard_takes_nothing_from_the_network(guarded):
    with socket.create_connection(('127.0.0.1', guarded)) as conn:
        assert json.loads(conn.makefile().readline()) == {'host': 'h2', 'boot_id': 'boot'}
    assert probe('127.0.0.1', guarded).host == 'h2'


def test_an_accepted_connection_without_an_answer_is_no_life():
    with socket.create_server(('127.0.0.1', 0)) as frozen:
        assert 'timed out' in probe('127.0.0.1', frozen.getsockname()[1], timeout_s=0.1).error


class Row:
    def __init__(self, host):
        self.host = self.address = host


def test_route_times_forget_who_left_and_mistrust_a_stranger():
    answers = {'h2': 4.0, 'h3': 8.0}

    def look(address, port):
        return Probe(answers[address], address if address != 'h3' else 'h9', 'boot')

    times = RouteTimes(1, VirtualClock(VirtualTime()), look)
    times.measure([Row('h2'), Row('h3')])
    assert times.all() == {'h2': 4.0}
    assert times.answers_of('h3').error == 'the guard there is h9'
    times.measure([])
    assert times.of('h2') is None


class Guards:
    """Guards by address: each look takes ``takes_s`` and is answered or not."""

    def __init__(self):
        self.time = VirtualTime()
        self.answer = True
        self.takes_s = 1.0
        self.times = RouteTimes(1, VirtualClock(self.time), self.look)

    def look(self, address, port):
        self.time.pass_(self.takes_s)
        return Probe(4.0, address, 'boot') if self.answer else Probe(error='timed out')

    def answers(self):
        found = self.times.answers_of('h2')
        return found.answered, found.unanswered, found.boot_id, found.error


def test_a_guards_silence_begins_with_the_first_probe_that_had_no_answer():
    guards = Guards()
    assert guards.answers() == (None, None, '', '')
    guards.times.ask(Row('h2'))
    assert guards.answers() == (1001.0, None, 'boot', '')
    guards.answer = False
    for _probe in range(3):
        guards.times.ask(Row('h2'))
    assert guards.answers() == (1001.0, 1001.0, 'boot', 'timed out')
    guards.answer = True
    guards.times.ask(Row('h2'))
    assert guards.answers() == (1005.0, None, 'boot', '')
    guards.times.measure([])
    assert guards.answers() == (None, None, '', '')


def test_a_probe_that_gives_up_late_does_not_undo_a_later_ones_answer():
    guards = Guards()

    def slow(address, port):
        guards.times._look = guards.look
        guards.time.pass_(1.0)
        guards.times.ask(Row('h2'))
        return Probe(error='timed out')

    guards.times._look = slow
    guards.times.ask(Row('h2'))
    assert guards.answers() == (1002.0, None, 'boot', '')
