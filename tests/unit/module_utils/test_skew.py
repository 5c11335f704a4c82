# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose clock is off: for any phases, delays and pauses nobody is named whose clock is right, and a word once said does not come and go."""
from __future__ import annotations

from dataclasses import dataclass

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import Beat
from ansible_collections.ringfleet.core.plugins.module_utils.ring.skew import LIMIT_S, NEW_BEATS, WRITTEN_S, Reading, Skews, is_off
from hypothesis import given
from hypothesis import strategies as st

LONGEST_GAP_S = 2.0
SILENT_AFTER_S = 5.0
# By what the arithmetic is rounded: clocks are told in milliseconds.
MS = 0.0021


@dataclass(frozen=True)
class Written:
    """A beat and the second from which on the ring has it."""
    beat: Beat
    there: float


class Pair:
    """An observer that reads, and h2 that beats, in one true time; the observer's clocks are right, h2's is ``skew_s`` ahead."""

    def __init__(self, skew_s=0.0):
        self.skew_s = skew_s
        self.wall_s = 0.0
        self.started_at = 7
        self.written = []
        self.skews = Skews(LONGEST_GAP_S)

    def beats(self, at, delay_s=0.0, held_at=0):
        """h2 looks at its clock at second ``at``; the beat is there ``delay_s`` later."""
        beat = Beat('h2', started_at=self.started_at, counter=len(self.written) + 1, beat_at=held_at or self.wall_of(at + self.skew_s))
        self.written.append(Written(beat, at + delay_s))

    @staticmethod
    def wall_of(second):
        return 1_750_000_000_000 + int(second * 1000)

    def reads(self, begun, ended=None):
        """The observer reads; what was there at the begin is brought. Returns the seconds that it says then."""
        ended = begun if ended is None else ended
        there = [each.beat for each in self.written if each.there <= begun]
        newest = [max(there, key=lambda beat: beat.counter)] if there else []
        self.skews = self.skews.after(Reading(begun, ended, self.wall_of(ended + self.wall_s)), newest)
        return self.says(ended)

    def says(self, now):
        return self.skews.ahead_s('h2', now, SILENT_AFTER_S)

    def turns(self, begin, number, phase=0.3, delay_s=0.0):
        """As many seconds in which h2 beats once and, ``phase`` later, the observer reads; the last word."""
        for second in range(begin, begin + number):
            self.beats(second, delay_s)
            said = self.reads(second + phase)
        return said


def after_a_while(skew_s, phase=0.3, delay_s=0.0):
    return Pair(skew_s).turns(100, NEW_BEATS + 1, phase, delay_s)


@pytest.mark.parametrize('skew_s, phase, said', [
    (0.0, 0.3, 0.0), (1.0, 0.3, 0.7), (5.0, 0.0, 5.0), (5.0, 0.9, 4.1), (3.1, 0.99, 2.11), (-1.0, 0.3, 0.0), (-1.9, 0.99, -1.39),
    (-5.0, 0.0, -3.5), (-5.0, 0.99, -4.49), (-3.6, 0.0, -2.1)])
def test_what_is_said_is_what_is_sure_at_any_phase(skew_s, phase, said):
    assert after_a_while(skew_s, phase) == pytest.approx(said, abs=MS)


def test_it_is_not_known_before_there_are_enough_new_beats():
    pair = Pair(60.0)
    assert pair.turns(100, NEW_BEATS) is None
    assert pair.turns(100 + NEW_BEATS, 1) > 59
    assert Skews(LONGEST_GAP_S).ahead_s('h3', 0.0, SILENT_AFTER_S) is None


def test_of_one_that_does_not_beat_any_more_nothing_is_known():
    pair = Pair(60.0)
    pair.turns(100, 20)
    assert (pair.says(119.3 + SILENT_AFTER_S) > 59, pair.says(119.3 + SILENT_AFTER_S + 0.1)) == (True, None)


@pytest.mark.parametrize('ahead_s, off', [(None, False), (0.0, False), (LIMIT_S, False), (-LIMIT_S, False), (LIMIT_S + 0.001, True), (-LIMIT_S - 0.001, True)])
def test_what_is_off(ahead_s, off):
    assert is_off(ahead_s) is off


def test_beats_that_are_written_late_accuse_nobody_while_one_of_them_is_not():
    """h2 waits four seconds for its write, again and again; its loop stands still meanwhile."""
    pair, said = Pair(), []
    pair.turns(100, NEW_BEATS + 1)
    for number in range(20):
        begin = 111 + 5 * number
        pair.beats(begin, 4.1 if number % NEW_BEATS else 0.0)
        said.extend(pair.reads(begin + second + 0.3) for second in range(5))
    assert set(said) == {0.0, None}


def test_a_beat_that_was_there_before_the_first_read_bounds_nothing():
    pair = Pair()
    pair.beats(100)
    assert (pair.reads(160.0), pair.skews.hosts['h2'].bounds) == (None, ())


@pytest.mark.parametrize('pause_s', [2.5, 20, 3600])
def test_what_lay_unread_bounds_nothing(pause_s):
    """The observer paused, or could not read."""
    pair = Pair()
    pair.turns(100, 20)
    bounds = pair.skews.hosts['h2'].bounds
    pair.beats(120)
    assert pair.reads(119.3 + pause_s) in (None, 0.0)
    assert pair.skews.hosts['h2'].bounds == bounds
    assert pair.turns(int(120 + pause_s), 3) == 0.0


def test_a_read_that_took_long_counts_from_the_begin_of_the_one_before():
    pair = Pair(-3.0)
    for second in range(100, 140):
        pair.beats(second + 0.4)
        # Each read ends 0.9 s after its begin: the beat is 1.5 s old then, and may be up to 1.9 s.
        said = pair.reads(second + 1.0, second + 1.9)
    assert said == pytest.approx(-3.0 - 1.5 + 1.9 + WRITTEN_S, abs=MS)


def test_another_life_of_the_watcher_begins_anew():
    pair = Pair(60.0)
    pair.turns(100, 20)
    pair.skew_s, pair.started_at = 0.0, 8
    assert pair.turns(120, NEW_BEATS) is None
    assert pair.turns(130, 1) == 0.0


def test_one_that_is_forgotten_begins_anew():
    pair = Pair(60.0)
    pair.turns(100, 20)
    kept, pair.written = pair.written, []
    pair.reads(120.3)
    pair.written = kept
    assert pair.turns(121, 1) is None


@pytest.mark.parametrize('step_s', [-3600, -5, 5, 3600])
def test_an_own_clock_that_was_set_begins_anew_with_everybody(step_s):
    pair = Pair()
    pair.turns(100, 20)
    pair.wall_s += step_s
    assert pair.turns(120, NEW_BEATS) is None
    assert pair.turns(130, 1) == pytest.approx(-step_s, abs=1.6)


def test_a_slew_of_the_own_clock_is_followed_and_not_taken_for_a_step():
    pair = Pair()
    pair.turns(100, 20)
    for second in range(120, 180):
        pair.wall_s += 0.08
        said = pair.turns(second, 1)
        assert said is not None
    assert pair.turns(180, NEW_BEATS) == pytest.approx(-4.8, abs=1.6)


@pytest.mark.parametrize('before_s, after_s', [(0.0, 5.0), (5.0, 0.0), (0.0, 3600.0), (2.5, -60.0), (3.1, 0.5)])
def test_a_clock_that_is_set_is_followed_within_as_many_beats(before_s, after_s):
    pair = Pair(before_s)
    pair.turns(100, 20)
    if after_s > before_s:
        pair.skew_s = after_s
        said = pair.turns(120, 1)
    else:
        # Its beats do not go back in time: they stand still until its clock is there again.
        held_at = pair.written[-1].beat.beat_at
        for second in range(120, 200):
            pair.beats(second, held_at=max(held_at, pair.wall_of(second + after_s)))
            said = pair.reads(second + 0.3)
            if second > 130 + before_s - min(after_s, 0.0):
                assert is_off(said) == is_off(after_s)
    assert said == pytest.approx(after_s, abs=1.6)
    assert is_off(said) == is_off(after_s)


def test_beats_that_stand_still_say_that_a_clock_is_behind_and_never_that_it_is_ahead():
    pair = Pair(3600.0)
    pair.turns(100, 20)
    held_at = pair.written[-1].beat.beat_at
    for second in range(120, 140):
        pair.beats(second, held_at=held_at)
        said = pair.reads(second + 0.3)
    assert said == 0.0


@st.composite
def courses(draw):
    """(skew, beats as (gap, delay), reads as (gap, duration)): nearly any course of two loops."""
    late = draw(st.sampled_from([0.01, WRITTEN_S, 4.0, 30.0]))
    beats = draw(st.lists(st.tuples(st.floats(0.2, 2.0), st.one_of(st.floats(0.0, 0.1), st.floats(0.0, late))), min_size=20, max_size=60))
    reads = draw(st.lists(st.tuples(st.floats(0.2, draw(st.sampled_from([1.2, 1.2, 60.0]))), st.floats(0.0, 0.5)), min_size=20, max_size=60))
    return draw(st.floats(-8.0, 8.0)), beats, reads


def course(skew_s, beats, reads):
    """What the observer says at each read, and by how many seconds it may be wrong there: the quickest of its beats was so much too late."""
    pair, at, now, window, wrong_s = Pair(skew_s), 100.0, 99.0, [], 0.0
    for gap_s, delay_s in beats:
        at += gap_s
        pair.beats(at, delay_s)
    for gap_s, duration_s in reads:
        now += gap_s
        before = pair.skews.hosts.get('h2')
        said = pair.reads(now, now + duration_s)
        now += duration_s
        after = pair.skews.hosts.get('h2')
        if before is not None and after.bounds != before.bounds:
            window = [*window, beats[after.beat.counter - 1][1]][-NEW_BEATS:]
            wrong_s = max(wrong_s, min(window) - WRITTEN_S) if len(window) == NEW_BEATS else wrong_s
        yield said, wrong_s


@given(courses())
def test_never_more_is_said_of_an_even_clock_than_is_so(drawn):
    for said, wrong_s in course(*drawn):
        if said is not None:
            assert min(drawn[0], 0.0) - wrong_s - MS <= said <= max(drawn[0], 0.0) + MS


@given(courses())
def test_a_word_does_not_come_and_go_while_the_clock_runs_evenly(drawn):
    said = [is_off(said) for said, wrong_s in course(*drawn) if said is not None and wrong_s == 0.0]
    assert sorted(said) == said


@pytest.mark.parametrize('skew_s', [2.5, -2.9])
def test_a_word_does_not_go_with_the_phase_of_two_loops(skew_s):
    pair = Pair(skew_s)
    said = [is_off(pair.turns(100 + second, 1, abs(second % 200 - 100) / 101.0)) for second in range(800)]
    assert said == sorted(said)
    assert said[-1]


@given(st.floats(-10.0, 10.0), st.floats(0.0, 0.999), st.lists(st.floats(0.0, 0.0999), min_size=60, max_size=60))
def test_over_three_and_a_half_seconds_are_always_said(skew_s, phase, delays):
    pair, now = Pair(skew_s), 100.0 + phase
    for second, delay_s in enumerate(delays, 100):
        pair.beats(second, delay_s)
    said = [pair.reads(now + number) for number in range(60)]
    if not -2.0 - 1.0 - WRITTEN_S - MS <= skew_s <= 2.0 + 1.0 + 0.1 + MS:
        # A beat that comes just behind a read makes that one bring nothing.
        assert all(is_off(each) for each in said[2 * NEW_BEATS + 2:])
    if abs(skew_s) <= LIMIT_S:
        assert not any(is_off(each) for each in said)
