# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far another host's clock is ahead of this one's, as its beats bound it. Pure.

A beat carries its writer's wall clock. Where that is s seconds ahead of the reader's, a beat that was made d seconds before the end of the
read that brought it shows

    offset = beat_at - now = s - d        d >= 0

d is at most gap + w. ``gap`` is the time from the begin of the read before, which did not bring the beat, to the end of this one; w is what
its writer took from the look at its clock to the ring's answer, and nobody else knows it. So every new beat bounds s on both sides, and the
last NEW_BEATS of them together say

    least = max(offset)  <=  s  <=  most = max(offset + gap) + WRITTEN_S

The greatest on both sides: a beat that came late lowers both of its bounds, so that the quickest of all decides, and it alone has to have
been written within WRITTEN_S. What is sure stays so until newer beats contradict it, for a clock runs evenly or is set: where two loops
drift past each other, and d with them, no word comes and goes. With reads each second, and beats that are written at once:

    ahead by over LIMIT_S     is said from s > 2 s on at the best phase of the two loops and from s > 3 s on at any. However late beats
                              come, it is never said of a clock that is not
    behind by over LIMIT_S    is said from s < -2.5 s on at the best phase and from s < -3.5 s on at any. It is said wrongly only where
                              all of the beats took over WRITTEN_S to be written, and then by no more than the quickest took beyond it
    neither                   is said again once the clock is right within half a second

Of two hosts whose clocks differ by over 3 s at least one says so of the other. A clock that moved by less than the bounds are apart, 1.5 s
here, contradicts nothing, and may be taken for where it was.

Seconds; but ``wall`` and ``beat_at`` are milliseconds since the epoch, by the clock of whoever looked.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

from ..model import Beat

# Who joins may differ by no more either (role ring_node, ring_node_max_skew).
LIMIT_S = 2.0
# One slow write or long collection of garbage is no skew: so many beats are not all late.
NEW_BEATS = 10
# A write takes some 10 ms on a quiet ring; of ten beats one is so quick on a loaded one as well.
WRITTEN_S = 0.5
# An own wall clock that went by this much more or less than the monotonic one was set, or the machine was suspended. A slew is at most 0.1 s in a second.
STEP_S = 0.5


def is_off(ahead_s):
    """Whether so many seconds, None where they are not known, are more than clocks may differ."""
    return ahead_s is not None and abs(ahead_s) > LIMIT_S


@dataclass(frozen=True)
class Reading:
    """One read of the beats that succeeded: its begin and end by the monotonic clock, and the wall clock at its end."""
    begun: float
    ended: float
    wall: int

    def stepped_since(self, last):
        """Whether this host's own wall clock was set since the Reading ``last``."""
        return abs((self.wall - last.wall) / 1000.0 - (self.ended - last.ended)) > STEP_S


@dataclass(frozen=True)
class Skew:
    """One host's. ``beat``: its last one; ``bounds``: (least, most) by each of the last new ones; ``least``, ``most``: what is sure of the
    seconds by which its clock is ahead, infinite where nothing is; ``heard``: the monotonic second at which a new beat last bounded them.
    """
    beat: Beat
    bounds: tuple = ()
    least: float = -inf
    most: float = inf
    heard: float = None

    def seen(self, beat, gap_s, longest_gap_s, reading):
        """The skew after ``beat`` was among those of ``reading``, which ended ``gap_s`` after the begin of the one before."""
        if beat.started_at != self.beat.started_at:
            # Between two lives of its watcher a host may have got another clock.
            return Skew(beat)
        if beat.counter <= self.beat.counter:
            return self
        if gap_s > longest_gap_s:
            # It may have lain there all the while that this host paused or could not read.
            return replace(self, beat=beat)
        offset = (beat.beat_at - reading.wall) / 1000.0
        # A beat does not go back in time: one that stands still hides a clock that was set back, which is anywhere below it.
        least = offset if beat.beat_at > self.beat.beat_at else -inf
        bounds = (*self.bounds, (least, offset + gap_s + WRITTEN_S))[-NEW_BEATS:]
        return self._bounded(beat, bounds, reading.ended)

    def _bounded(self, beat, bounds, heard):
        if len(bounds) < NEW_BEATS:
            return Skew(beat, bounds, heard=heard)
        now_least, now_most = (max(side) for side in zip(*bounds))
        least, most = max(self.least, now_least), min(self.most, now_most)
        if least > most:
            # One of both clocks was set, or has wandered off: what was sure of it is no longer.
            least, most = now_least, now_most
        return Skew(beat, bounds, least, most, heard)

    def ahead_s(self, now, silent_after_s):
        """Seconds by which the clock is at least ahead, negative where it is at least so far behind, 0 where neither is sure. None while there
        are too few beats, and once no new one came for ``silent_after_s``.
        """
        if len(self.bounds) < NEW_BEATS or now - self.heard > silent_after_s:
            return None
        return max(0.0, self.least) + min(0.0, self.most)


@dataclass(frozen=True)
class Skews:
    """Those of all other hosts, by name. :param longest_gap_s: what came in with a read that ended longer after the begin of the one before may
    have lain unread, and says nothing.
    """
    longest_gap_s: float
    last: Reading = None
    hosts: dict = field(default_factory=dict)

    def after(self, reading, beats):
        """After a whole Reading brought these Beats, one a host; who is not among them is forgotten."""
        if self.last is None or reading.stepped_since(self.last):
            return replace(self, last=reading, hosts={beat.host: Skew(beat) for beat in beats})
        gap_s = reading.ended - self.last.begun
        return replace(self, last=reading, hosts={
            beat.host: self.hosts[beat.host].seen(beat, gap_s, self.longest_gap_s, reading) if beat.host in self.hosts else Skew(beat)
            for beat in beats})

    def ahead_s(self, host, now, silent_after_s):
        """As Skew.ahead_s, None for a host of which nothing is known."""
        return self.hosts[host].ahead_s(now, silent_after_s) if host in self.hosts else None
