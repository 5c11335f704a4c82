# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an observer makes of another host's three signals of life, on its own clock. Pure.

Three signals are told apart: the watcher's row (``beat``), the ring node's heartbeat (``gossip``) and the guard's answer
(``probe``). Each is judged by its change, never by another host's clock, and silence counts only over reads that show that
the observer itself sees anything. Nothing is decided here: see losses.py for what a judgement allows.

Times are monotonic seconds of the observer.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

ALIVE = 'alive'
WATCHER_DOWN = 'watcher down'
NODE_DOWN = 'ring node down'
SILENT = 'silent'
UNSEEN = 'unseen'
# Words of ``judge`` besides: the guard alone does not answer; all three silent; the same during an orderly absence; no judgement.
UNREACHABLE = 'unreachable'
LOST = 'lost'
AWAY = 'away'
UNJUDGED = 'not judged'

BEAT, GOSSIP, PROBE = 'beat', 'gossip', 'probe'
_SILENT_WORDS = {BEAT: WATCHER_DOWN, GOSSIP: NODE_DOWN, PROBE: UNREACHABLE}

# One read in which nobody advanced is a matter of phase; two in a row are the observer's own trouble.
FROZEN_READS = 2
# Cassandra convicts nobody after a local pause either (gms/FailureDetector, MAX_LOCAL_PAUSE, 5 s); here the loop's overrun.
OVERRUN_S = 2.0
# Reads come some milliseconds early or late, and a probe begins as many behind the read that brought nothing: a silence that lacks less
# than this would wait for a whole beat more.
JITTER_S = 0.25


@dataclass(frozen=True)
class Signal:
    """The last value of a counter, the second at which it was first read, and that at which it last advanced from a value
    known before; ``None`` before the first.
    """
    value: tuple = ()
    changed: float = None
    advanced: float = None

    def seen(self, value, now):
        """The signal after ``value`` was read at ``now``."""
        if value == self.value:
            return self
        return Signal(value, now, None if self.changed is None else now)

    def age(self, now):
        """Seconds since the last change, or None when it was never seen."""
        return None if self.changed is None else max(0.0, now - self.changed)


@dataclass(frozen=True)
class Probed:
    """The probes of a host's guard: when it last answered, and when the first probe since was begun that had no answer."""
    answered: float = None
    unanswered: float = None


@dataclass(frozen=True)
class Signs:
    """The signals of one host as one observer has them; ``listed``: when it first read of this life of the host."""
    beat: Signal = Signal()
    gossip: Signal = Signal()
    probe: Probed = Probed()
    listed: float = None


def verdict(signs, now, silent_after_s):
    """One of alive, watcher down, ring node down, silent, unseen, by beat and gossip alone and by their mere age; a signal is
    silent when it did not change for ``silent_after_s``.
    """
    beat, gossip = signs.beat.age(now), signs.gossip.age(now)
    if beat is None or gossip is None:
        # What this observer never had cannot have stopped: a host that joins shows one sign before the other.
        return UNSEEN
    beat_on, gossip_on = beat < silent_after_s, gossip < silent_after_s
    if beat_on and gossip_on:
        return ALIVE
    if gossip_on:
        return WATCHER_DOWN
    return NODE_DOWN if beat_on else SILENT


@dataclass(frozen=True)
class Reads:
    """An observer's own reads of beats and gossip: the only time over which others' silence counts.

    ``last``: the last read; ``counted``: the last in which another host advanced; ``steady``: the first of those since the
    observer's last trouble, None while it lasts; ``frozen``: reads in a row in which nobody advanced; ``trouble``: what the
    last one was.

    :param longest_gap_s: reads further apart than this are a pause of the observer's own.
    """
    longest_gap_s: float = OVERRUN_S
    last: float = None
    counted: float = None
    steady: float = None
    frozen: int = 0
    trouble: str = 'it has only begun to look'

    def at(self, now):
        """The reads as they are at ``now``: a gap that is too long is a trouble."""
        if self.last is None or now - self.last <= self.longest_gap_s:
            return self
        return replace(self, steady=None, trouble='it paused for %.1f s' % (now - self.last))

    def failed(self, now, why):
        """After a read at ``now`` that failed: others say nothing to whom nothing reaches."""
        return replace(self, last=now, steady=None, frozen=0, trouble=why)

    def brought(self, now, advanced):
        """After a whole read at ``now``; ``advanced``: how many other hosts did."""
        before = self.at(now)
        if advanced:
            return replace(before, last=now, counted=now, steady=now if before.steady is None else before.steady, frozen=0)
        frozen = before.frozen + 1
        if frozen < FROZEN_READS:
            return replace(before, last=now, frozen=frozen)
        return replace(before, last=now, steady=None, frozen=frozen, trouble='no other host advances')

    def judges_nobody(self, now, lost_after_s):
        """Why this observer judges nobody at ``now``, in words; '' when it does."""
        reads = self.at(now)
        if reads.steady is None:
            return reads.trouble
        ago = reads.counted - reads.steady
        return '' if _established(ago, lost_after_s) else '%s, over for %.1f of %g s' % (reads.trouble, ago, lost_after_s)


@dataclass(frozen=True)
class Judgement:
    """What an observer makes of a host.

    ``word``: alive, lost, away, not judged, or which of its parts are silent ("watcher down, unreachable"). ``since_s``:
    seconds for which all of ``silent`` have been so, None where nothing is. ``alive``: some signal advanced within the last
    ``lost_after_s``, so that a majority may count it.
    """
    word: str
    since_s: float = None
    silent: tuple = ()
    alive: bool = False


def judge(signs, reads, now, lost_after_s, away_s=0.0):
    """A Judgement on the host of these Signs.

    :param reads: the observer's Reads. :param away_s: seconds that are left of an orderly absence, 0 where there is none.
    """
    reads = reads.at(now)
    if reads.steady is None:
        return Judgement(UNJUDGED)
    silences = {BEAT: _silence(signs.beat.changed, signs, reads), GOSSIP: _silence(signs.gossip.changed, signs, reads),
                PROBE: 0.0 if signs.probe.unanswered is None else _silence(signs.probe.unanswered, signs, reads)}
    silent = tuple(name for name, silence in silences.items() if _established(silence, lost_after_s))
    answered = None if signs.probe.unanswered is not None else signs.probe.answered
    alive = any(_is_on(when, reads, lost_after_s) for when in (signs.beat.advanced, signs.gossip.advanced, answered))
    if not silent:
        return Judgement(ALIVE if alive else UNJUDGED, alive=alive)
    since = min(silences[name] for name in silent)
    if away_s > 0:
        return Judgement(AWAY, since, silent, alive)
    word = LOST if len(silent) == len(silences) else ', '.join(_SILENT_WORDS[name] for name in silent)
    return Judgement(word, since, silent, alive)


def _established(seconds, lost_after_s):
    return seconds > lost_after_s - JITTER_S


def _silence(begun, signs, reads):
    """Seconds of silence that count, of a signal that was last heard, or first missed, at ``begun``."""
    if begun is None:
        begun = signs.listed if signs.listed is not None else reads.counted
    return max(0.0, reads.counted - max(begun, reads.steady, begun if signs.listed is None else signs.listed))


def _is_on(when, reads, lost_after_s):
    return when is not None and when >= reads.steady and not _established(reads.counted - when, lost_after_s)


def in_doubt(signs, reads, now, lost_after_s):
    """Whether the guard should be asked at once: the last read brought neither signal of this host on, or its last probe had
    no answer. No longer once that silence is established, and not while the observer has troubles of its own: then the usual
    round is enough.
    """
    reads = reads.at(now)
    if reads.steady is None:
        return False
    unanswered = signs.probe.unanswered
    if unanswered is not None:
        return not _established(_silence(unanswered, signs, reads), lost_after_s)
    return all(signal.changed is None or signal.changed < reads.last for signal in (signs.beat, signs.gossip))
