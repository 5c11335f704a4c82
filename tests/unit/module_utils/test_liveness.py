# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who lives: for any course of events no host is taken for lost that still shows itself, nor because of the observer's own
troubles; and of a fleet that breaks apart at most one part declares the hosts of another.
"""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.ring import liveness, losses
from ansible_collections.ringfleet.core.plugins.module_utils.ring.liveness import JITTER_S, Judgement, Probed, Reads, Signal, Signs, in_doubt, judge
from ansible_collections.ringfleet.core.plugins.module_utils.ring.losses import Member, may_declare
from hypothesis import given
from hypothesis import strategies as st

LOST_AFTER_S = 5.0


class Watch:
    """What an observer does each time it reads: one host is watched, some others advance or not."""

    def __init__(self, probe_late_s=0.0):
        self.now = 100.0
        self.probe_late_s = probe_late_s
        self.reads = Reads()
        self.signs = Signs(listed=100.0)
        self.count = 0

    def step(self, gap_s=1.0, beat=True, gossip=True, probe=True, others=1, fails=''):
        """``gap_s`` after the last read: read, then probe; returns the Judgement on the host."""
        self.now += gap_s
        self.count += 1
        if fails:
            self.reads = self.reads.failed(self.now, fails)
        else:
            signs = self.signs
            signs = replace(signs, beat=signs.beat.seen((self.count,), self.now)) if beat else signs
            self.signs = replace(signs, gossip=signs.gossip.seen((self.count,), self.now)) if gossip else signs
            advanced = sum(signal.advanced == self.now for signal in (self.signs.beat, self.signs.gossip))
            self.reads = self.reads.brought(self.now, others + advanced)
        before = self.signs.probe
        since = self.now + self.probe_late_s if before.unanswered is None else before.unanswered
        self.signs = replace(self.signs, probe=Probed(self.now) if probe else Probed(before.answered, since))
        return self.judged()

    def judged(self, away_s=0.0):
        return judge(self.signs, self.reads, self.now, LOST_AFTER_S, away_s)

    def steps(self, number, **more):
        """As many of the same; the last Judgement."""
        for _number in range(number):
            found = self.step(**more)
        return found


def watched(**more):
    """A host that was well for ten reads and then was as told for seven."""
    watch = Watch()
    watch.steps(10)
    watch.steps(7, **more)
    return watch


@pytest.mark.parametrize('silent, word', [
    ((), 'alive'), (('beat',), 'watcher down'), (('gossip',), 'ring node down'), (('probe',), 'unreachable'),
    (('beat', 'gossip'), 'watcher down, ring node down'), (('beat', 'probe'), 'watcher down, unreachable'),
    (('gossip', 'probe'), 'ring node down, unreachable'), (('beat', 'gossip', 'probe'), 'lost')])
def test_which_signals_are_silent_makes_the_word(silent, word):
    found = watched(**{name: False for name in silent}).judged()
    assert (found.word, found.silent, found.alive) == (word, silent, len(silent) < 3)
    # The probe is silent since the first one that had no answer, the others since they last advanced.
    assert found.since_s == ({'probe': 6.0}.get(silent[-1], 7.0) if silent else None)


def test_a_host_is_lost_after_that_time_and_not_before():
    watch = Watch()
    watch.steps(10)
    words = [watch.step(beat=False, gossip=False, probe=False).word for _read in range(6)]
    assert words == ['alive'] * 4 + ['watcher down, ring node down', 'lost']


@pytest.mark.parametrize('early_s', [0.004, -0.004, 0.1])
def test_some_milliseconds_keep_no_loss_waiting_for_a_whole_read_more(early_s):
    watch = Watch(probe_late_s=0.02)
    watch.steps(10)
    watch.steps(5, **DEAD)
    assert watch.step(gap_s=1.0 - early_s, **DEAD).word == 'lost'


def test_a_host_that_never_showed_itself_is_lost_as_well():
    watch = Watch()
    words = [watch.step(beat=False, gossip=False, probe=False).word for _read in range(6)]
    assert words == ['not judged'] * 5 + ['lost']


def test_a_signal_that_stands_still_from_the_first_read_on_is_no_sign_of_life():
    watch = Watch()
    watch.step()
    found = watch.step(beat=False, gossip=False, probe=False)
    assert (found.word, found.alive) == ('not judged', False)


def test_an_orderly_absence_is_no_death_while_it_lasts():
    watch = watched(beat=False, gossip=False, probe=False)
    assert (watch.judged(0.1).word, watch.judged(0.0).word) == ('away', 'lost')
    assert watched().judged(60.0).word == 'alive'


def test_what_was_heard_before_an_own_trouble_proves_no_life_after_it():
    watch = Watch()
    watch.steps(10)
    watch.step(fails='away')
    assert (watch.step(**DEAD).word, watch.judged().alive) == ('not judged', False)
    assert watch.step(beat=False, probe=False).alive


DEAD = {'beat': False, 'gossip': False, 'probe': False}


@pytest.mark.parametrize('trouble, why', [
    ({'gap_s': 2.5}, 'it paused for 2.5 s'), ({'fails': 'the beats could not be read'}, 'the beats could not be read')])
def test_after_an_own_trouble_nobody_is_judged_for_as_long(trouble, why):
    watch = watched(**DEAD)
    watch.step(**DEAD, **trouble)
    found = [(watch.step(**DEAD).word, watch.reads.judges_nobody(watch.now, LOST_AFTER_S)) for _read in range(7)]
    assert [word for word, _why in found][-1] == 'lost'
    words = ['lost' if not told else 'not judged' for _word, told in found]
    assert [word for word, _why in found] == words
    assert words.count('not judged') >= 4
    assert found[0][1].startswith(why)


def test_while_no_other_host_advances_nobody_is_judged():
    watch = watched(**DEAD)
    assert watch.step(others=0, **DEAD).word == 'lost'
    assert watch.step(others=0, **DEAD).word == 'not judged'
    assert watch.reads.judges_nobody(watch.now, LOST_AFTER_S) == 'no other host advances'
    assert watch.steps(5, **DEAD).word == 'not judged'
    assert watch.step(**DEAD).word == 'lost'


def test_a_read_without_any_advance_counts_nothing():
    watch = Watch()
    watch.steps(10)
    for number in range(5):
        watch.step(others=number % 2, **DEAD)
    assert watch.reads.counted == watch.now - 1.0
    assert watch.judged().word == 'alive'


def test_without_a_read_for_too_long_nobody_is_judged():
    watch = watched(**DEAD)
    assert judge(watch.signs, watch.reads, watch.now + 2.0, LOST_AFTER_S).word == 'lost'
    assert judge(watch.signs, watch.reads, watch.now + 2.1, LOST_AFTER_S).word == 'not judged'


@pytest.mark.parametrize('beat, gossip, doubt', [(True, True, False), (True, False, False), (False, True, False), (False, False, True)])
def test_a_host_is_in_doubt_as_soon_as_one_read_brings_nothing_of_it(beat, gossip, doubt):
    watch = Watch()
    watch.steps(10)
    watch.step(beat=beat, gossip=gossip)
    assert in_doubt(watch.signs, watch.reads, watch.now, LOST_AFTER_S) is doubt


def test_doubt_lasts_until_the_silence_of_the_probe_is_established():
    watch = Watch()
    watch.steps(10)
    doubts = [in_doubt(watch.signs, watch.reads, watch.now, LOST_AFTER_S) for _read in range(7) if watch.step(probe=False)]
    assert doubts == [True] * 5 + [False] * 2
    watch.step(fails='away')
    assert not in_doubt(watch.signs, watch.reads, watch.now, LOST_AFTER_S)


STEP = st.fixed_dictionaries({
    'gap_s': st.sampled_from([0.5, 1.0, 1.0, 1.3, 1.9, 2.6, 7.0]), 'beat': st.booleans(), 'gossip': st.booleans(), 'probe': st.booleans(),
    'others': st.sampled_from([0, 1, 1, 1, 2]), 'fails': st.sampled_from(['', '', '', '', '', '', 'away'])})
DYING = st.fixed_dictionaries({
    'gap_s': st.sampled_from([0.5, 1.0, 1.0, 1.9, 2.6]), 'beat': st.just(False), 'gossip': st.just(False), 'probe': st.just(False),
    'others': st.sampled_from([0, 1, 1, 1, 1]), 'fails': st.sampled_from(['', '', '', '', '', '', '', '', 'away'])})


@given(st.lists(STEP, max_size=20), st.sampled_from(['beat', 'gossip', 'probe']), st.integers(1, 4), st.lists(DYING, min_size=10, max_size=40))
def test_never_lost_while_any_signal_advances(steps, signal, every, dying):
    """Whatever happens at first, then one signal goes on, now and then, while the others are silent."""
    watch, heard = Watch(), 100.0
    going_on = [dict(step, **{signal: number % every == 0}) for number, step in enumerate(dying)]
    for step in steps + going_on:
        found = watch.step(**step)
        if step['probe'] or (step['beat'] or step['gossip']) and not step['fails']:
            heard = watch.now
        if watch.now - heard <= LOST_AFTER_S - JITTER_S:
            assert found.word != 'lost'


@given(st.lists(STEP, max_size=12), st.lists(DYING, min_size=5, max_size=40))
def test_never_lost_within_that_time_after_an_own_trouble(steps, dying):
    watch, course = Watch(), []
    watch.steps(3)
    for step in steps + dying:
        word = watch.step(**step).word
        advances = step['others'] or step['beat'] or step['gossip']
        course.append((watch.now, step['gap_s'] > 2.0, bool(step['fails']), not step['fails'] and not advances))
        if word != 'lost':
            continue
        recent = [each for each in course if each[0] > watch.now - LOST_AFTER_S + JITTER_S]
        assert not any(paused or failed for _now, paused, failed, _frozen in recent)
        assert not any(one[3] and two[3] for one, two in zip(recent, recent[1:]))


@given(st.lists(STEP, max_size=30))
def test_a_dead_host_is_lost_at_last(steps):
    watch = Watch()
    for step in steps:
        watch.step(**step)
    assert watch.steps(9, **DEAD).word == 'lost'


# -- the decision to declare -------------------------------------------------------------------------------------------------

GONE = Judgement('lost', 6.2, ('beat', 'gossip', 'probe'))


def fleet(alive, dead, suspects=('h3',), **declared):
    """Members as h1 sees them: the first of ``alive`` is h1 itself."""
    return ([Member(name, True, suspects if name != 'h1' else None) for name in alive] +
            [Member(name, False, None, declared.get(name)) for name in dead])


@pytest.mark.parametrize('members, observers, word, sentence', [
    (fleet(['h1', 'h2'], ['h3']), ('h2',), 'lost', 'h3 is lost: silent for 6 s by beat, gossip and probe, h2 sees it so too, 2 of 3 hosts are alive'),
    (fleet(['h1', 'h2'], ['h3'], ()), ('h2',), 'held', 'held: h3 is lost here, and h2 does not see it so'),
    (fleet(['h1', 'h2'], ['h3'], None), ('h2',), 'lost',
     'h3 is lost: silent for 6 s by beat, gossip and probe, no other observer is left to ask, 2 of 3 hosts are alive'),
    (fleet(['h1', 'h2', 'h4'], ['h3', 'h5'], ()), ('h5',), 'lost',
     'h3 is lost: silent for 6 s by beat, gossip and probe, no other observer is left to ask, 3 of 5 hosts are alive'),
    (fleet(['h1', 'h2', 'h4'], ['h3']) + [Member('h5', False, ())], ('h5',), 'lost',
     'h3 is lost: silent for 6 s by beat, gossip and probe, no other observer is left to ask, 3 of 5 hosts are alive'),
    ([Member('h1', True), Member('h2', True, ('h3',)), Member('h4', True, ()), Member('h3', False)], ('h2', 'h4'), 'held',
     'held: h3 is lost here, and h4 does not see it so'),
    (fleet(['h1'], ['h3']), (), 'held', 'held: 1 of 2 hosts alive is no majority, a tie'),
    (fleet(['h1', 'h2'], ['h3', 'h4']), ('h2',), 'held', 'held: 2 of 4 hosts alive is no majority, a tie'),
    (fleet(['h1', 'h2'], ['h3', 'h4', 'h5']), ('h2',), 'held', 'held: 2 of 5 hosts alive is no majority'),
    (fleet(['h1', 'h2'], ['h3', 'h4', 'h5'], h4=60.0, h5=60.0), ('h2',), 'held', 'held: 2 of 5 hosts alive is no majority'),
    (fleet(['h1', 'h2'], ['h3', 'h4', 'h5'], h4=60.1, h5=60.1), ('h2',), 'lost',
     'h3 is lost: silent for 6 s by beat, gossip and probe, h2 sees it so too, 2 of 3 hosts are alive'),
    (fleet(['h1', 'h2'], ['h3'], h3=5.0), ('h2',), 'held', 'held: h3 was declared lost before')])
def test_who_may_be_declared(members, observers, word, sentence):
    found = may_declare('h3', GONE, members, observers)
    assert (found.word, found.sentence) == (word, sentence)


def test_the_sentence_rounds_the_silence():
    told = may_declare('h3', Judgement('lost', 4.98, ('beat', 'gossip', 'probe')), fleet(['h1', 'h2'], ['h3']), set())
    assert told.sentence.startswith('h3 is lost: silent for 5 s by ')


def test_a_host_that_was_declared_and_shows_itself_again_helps_no_majority_until_it_has_joined():
    members = fleet(['h1', 'h2'], ['h3']) + [Member('h4', True, (), 5.0)]
    assert may_declare('h3', GONE, members, ('h2',)).sentence == 'held: 2 of 4 hosts alive is no majority, a tie'


@pytest.mark.parametrize('judgement, sentence', [
    (Judgement('alive', alive=True), 'h3 is alive'), (Judgement('watcher down', 12.7, ('beat',), True), 'h3 is watcher down for 13 s'),
    (Judgement('away', 30.0), 'h3 is away for 30 s'), (Judgement('not judged'), 'h3 is not judged')])
def test_only_a_lost_host_may_be_declared(judgement, sentence):
    found = may_declare('h3', judgement, fleet(['h1', 'h2'], ['h3']), ('h2',))
    assert (found.word, found.sentence) == (judgement.word, sentence)


@st.composite
def partitions(draw):
    """({host: its part}, {host: seconds since it was declared lost}) of a fleet that broke apart."""
    names = ['h%d' % number for number in range(1, draw(st.integers(1, 9)) + 1)]
    declared = draw(st.dictionaries(st.sampled_from(names), st.sampled_from([10.0, 60.0, 61.0, 1000.0]), max_size=len(names) - 1))
    return {name: draw(st.integers(0, 3)) for name in names}, declared


@given(partitions(), st.data())
def test_at_most_one_part_declares_hosts_of_another(parts_and_declared, data):
    parts, declared = parts_and_declared
    standing = [name for name in parts if name not in declared]
    declaring = set()
    for me in standing:
        beyond = tuple(name for name in standing if parts[name] != parts[me])
        members = [Member(name, parts[name] == parts[me], beyond if parts[name] == parts[me] and name != me else None, declared.get(name))
                   for name in parts]
        observers = data.draw(st.lists(st.sampled_from(sorted(parts)), max_size=2, unique=True))
        if any(may_declare(host, GONE, members, set(observers) - {me}).word == 'lost' for host in beyond):
            declaring.add(parts[me])
            counted = [name for name in parts if declared.get(name, 0.0) <= losses.TOGETHER_S]
            assert 2 * sum(parts[name] == parts[me] for name in standing) > len(counted)
    assert len(declaring) <= 1


def test_signals_know_an_advance_from_a_first_reading():
    first = Signal().seen((1,), 10.0)
    assert (first.changed, first.advanced) == (10.0, None)
    assert first.seen((1,), 11.0) == first
    assert first.seen((2,), 12.0) == Signal((2,), 12.0, 12.0)
    assert liveness.Signal().age(5.0) is None
