# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's loop: snapshot, decide, act, publish; one sentence a cycle says what is so and why.

Every duty has a period of its own and fails for itself: with the ring out of reach, containers and samples go on and
nothing is decided; with the engine away, beats go on. ``cycle`` is called with the clock standing wherever it stands, so
that a simulator can drive it.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import RingfleetError

_MEMBERS_S = 5.0
_HEAR_S = 5.0
_FAILOVER_S = 1.0
_RELIEF_S = 10.0
_OVERRUN_S = 2.0


@dataclass
class _Duty:
    name: str
    period: object
    call: object
    due: float = 0.0


class Loop:
    """Runs the duties of one watcher.

    :param built: watcher.build.Built. :param clock: as everywhere. :param log: a logger.
    """

    def __init__(self, built, clock, log):
        self._b = built
        self._clock = clock
        self._log = log
        self._troubles = {}
        self._sentence = ''
        settings = built.settings
        self._duties = (
            _Duty('members', lambda: _MEMBERS_S if built.membership.registered else 1.0, self._members),
            _Duty('sample', lambda: settings.sample_s, self._sample),
            _Duty('beat', lambda: settings.beat_s, self._beat),
            _Duty('routes', lambda: settings.probe_s if len(built.membership.hosts()) > 1 else 1.0, self._probe),
            _Duty('hear', lambda: _HEAR_S, self._hear),
            _Duty('custody', lambda: settings.poll_s, self._custody),
            _Duty('failover', lambda: _FAILOVER_S, self._fail_over),
            _Duty('relief', lambda: _RELIEF_S, self._relieve),
            _Duty('moves', lambda: settings.poll_busy_s if built.mover.open else settings.poll_s, self._moves))
        self._reread_due = 0.0

    @property
    def sentence(self):
        """What the last cycle found."""
        return self._sentence

    @property
    def troubles(self):
        """What does not work now: {duty: sentence}."""
        return dict(self._troubles)

    def hurry(self, name):
        """Let a duty be due at once."""
        for duty in self._duties:
            if duty.name == name:
                duty.due = 0.0

    def cycle(self):
        """Do what is due; returns the seconds until something is due again."""
        began = self._clock.monotonic()
        for duty in self._duties:
            now = self._clock.monotonic()
            if duty.due > now:
                continue
            period = duty.period()
            duty.due = duty.due + period if duty.due + period > now else now + period
            try:
                duty.call()
                self._troubles.pop(duty.name, None)
            except RingfleetError as exc:
                self._troubles[duty.name] = str(exc)
        self._publish()
        ended = self._clock.monotonic()
        if ended - began > _OVERRUN_S:
            self._log.warning('this cycle took %.1f s', ended - began)
        return max(0.0, min(duty.due for duty in self._duties) - ended)

    def _members(self):
        facts = self._b.facts.known()
        if not self._b.membership.says(facts):
            self._b.membership.register(facts)
        rows = self._b.membership.refresh()
        self._b.transfer.admit(rows)

    def _sample(self):
        self._b.load.sample()
        if self._b.membership.registered:
            self._b.gossip.share()

    def _beat(self):
        if self._b.membership.registered:
            self._b.gossip.beat()
        self._b.gossip.listen(self._b.membership.hosts())
        for row in self._b.observer.look():
            self._b.probes.start('probe %s' % row.host, lambda row=row: self._b.routes.ask(row))

    def _probe(self):
        # In a job: a host that does not answer takes its whole time-out.
        others = [row for row in self._b.membership.hosts() if row.host != self._b.settings.host and row.state == 'normal']
        self._b.probes.start('routes', lambda: self._b.routes.measure(others))

    def _hear(self):
        if self._b.broadcaster.hear():
            self._b.custody.dirty = True

    def _custody(self):
        now = self._clock.monotonic()
        for event in self._b.events.take():
            if event is None:
                self._b.custody.stream_broke()
                continue
            self._b.load.event(event)
            self._b.custody.event(event)
        if self._b.custody.dirty or self._b.custody.pending() or now >= self._reread_due:
            self._b.custody.look()
            if now >= self._reread_due:
                self._b.fleet.pause()
            self._reread_due = now + self._b.settings.reread_s
        self._b.retirement.look()

    def _fail_over(self):
        if self._b.membership.registered:
            self._b.coordinator.look()

    def _relieve(self):
        if self._b.membership.registered:
            self._b.reliever.look()

    def _moves(self):
        before = self._b.mover.open
        if set(before) - set(self._b.mover.poll()):
            self._b.custody.dirty = True
        self._b.load.note_work()

    def _publish(self):
        view, words = self._b.custody.view, []
        ours = sum(1 for word in view.words.values() if word == 'ours')
        words.append('%d container%s here' % (ours, '' if ours == 1 else 's'))
        if view.missing:
            words.append('missing: %s' % ', '.join(view.missing))
        strange = sorted('%s (%s)' % (name, word) for name, word in view.words.items() if word != 'ours')
        if strange:
            words.append('not ours: %s' % ', '.join(strange))
        words.extend(sorted(view.problems.values()))
        suspects = self._b.observer.suspects()
        if suspects:
            words.append('taken for lost: %s' % ', '.join(suspects))
        if self._b.mover.open:
            words.append('moves open: %s' % ', '.join(self._b.mover.open))
        if self._b.fleet.known_pause.reason:
            words.append('the fleet is paused: %s' % self._b.fleet.known_pause.reason)
        words.extend('pending: %s (%s)' % item for item in sorted(self._b.coordinator.pending.items()))
        if self._b.reliever.sentence:
            words.append(self._b.reliever.sentence)
        by_trouble = {}
        for duty, trouble in sorted(self._troubles.items()):
            by_trouble.setdefault(trouble, []).append(duty)
        words.extend('%s: %s' % (', '.join(duties), trouble) for trouble, duties in by_trouble.items())
        sentence = '; '.join(words)
        if sentence != self._sentence:
            self._sentence = sentence
            self._log.info('%s', sentence)
