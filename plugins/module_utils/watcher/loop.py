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
from ..ring.broadcast import OF_HOSTS
from ..ring.states import MEMBERS
from ..store.days import time_of
from .figures import without_figures
from .hook import HOST_RETURNED

_MEMBERS_S = 5.0
_HEAR_S = 5.0
_FAILOVER_S = 1.0
_LEASES_S = 1.0
_DRAIN_S = 1.0
_RELIEF_S = 10.0
_METRICS_S = 1.0
_TOLERANCE_S = 60.0
_HOOK_S = 1.0
# Where images are not staged.
_UNSTAGED_S = 3600.0
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

    # Called behind each duty: a cycle in which each takes its time does not hang.
    alive = staticmethod(lambda: None)

    def __init__(self, built, clock, log):
        self._b = built
        self._clock = clock
        self._log = log
        self._troubles = {}
        self._sentence = ''
        self._logged = None
        settings = built.settings
        self._duties = (
            _Duty('members', lambda: _MEMBERS_S if built.membership.registered else 1.0, self._members),
            _Duty('sample', lambda: settings.sample_s, self._sample),
            _Duty('beat', lambda: settings.beat_s, self._beat),
            _Duty('routes', lambda: settings.probe_s if len(built.membership.hosts()) > 1 else 1.0, self._probe),
            _Duty('hear', lambda: _HEAR_S, self._hear),
            _Duty('custody', lambda: settings.poll_s, self._custody),
            _Duty('leases', lambda: _LEASES_S, self._watch_leases),
            _Duty('failover', lambda: _FAILOVER_S, self._fail_over),
            _Duty('drain', lambda: _DRAIN_S, self._drain),
            _Duty('relief', lambda: _RELIEF_S, self._relieve),
            _Duty('moves', lambda: settings.poll_busy_s if built.mover.open or self._alert else settings.poll_s, self._moves),
            _Duty('staging', lambda: built.stager.period_s or _UNSTAGED_S, self._stage),
            _Duty('hook', lambda: _HOOK_S, self._tell_hook),
            _Duty('tolerance', lambda: _TOLERANCE_S if built.membership.registered else _METRICS_S, self._count_tolerance),
            _Duty('metrics', lambda: _METRICS_S, self._measure))
        self._reread_due = 0.0
        self._alert = False
        self._suspects = ()

    @property
    def sentence(self):
        """What the last cycle found."""
        return self._sentence

    @property
    def troubles(self):
        """What does not work now: {duty: sentence}."""
        return dict(self._troubles)

    @property
    def duties(self):
        """Names of the duties."""
        return tuple(duty.name for duty in self._duties)

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
            self.alive()
        self._publish()
        ended = self._clock.monotonic()
        self._b.metrics.cycle(ended - began)
        if ended - began > _OVERRUN_S:
            self._b.metrics.overran()
            self._log.warning('this cycle took %.1f s', ended - began)
        return max(0.0, min(duty.due for duty in self._duties) - ended)

    def _members(self):
        facts = self._b.facts.known()
        if not self._b.membership.says(facts):
            self._b.membership.register(facts)
            if self._b.membership.returned():
                self._b.hook.tell(HOST_RETURNED, self._b.settings.host, reason='it was declared lost')
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
        suspects = self._b.observer.suspects()
        if suspects != self._suspects:
            # Who observes the same host waits for this word.
            self._suspects = suspects
            if self._b.membership.registered:
                self._b.gossip.beat()
        if suspects:
            self.hurry('failover')
        self._alert = self._b.observer.alert()

    def _probe(self):
        # In a job: a host that does not answer takes its whole time-out.
        others = [row for row in self._b.membership.hosts() if row.host != self._b.settings.host and row.state in MEMBERS]
        self._b.probes.start('routes', lambda: self._b.routes.measure(others))

    def _hear(self):
        heard = self._b.broadcaster.hear()
        if heard:
            self._b.metrics.heard(heard)
            self._b.custody.dirty = True
        if any(each.kind in OF_HOSTS for each in heard):
            self.hurry('members')

    def _custody(self):
        now = self._clock.monotonic()
        for event in self._b.events.take():
            if event is None:
                self._b.custody.stream_broke()
                self._b.exclusives.stream_broke()
                continue
            self._b.load.event(event)
            self._b.custody.event(event)
            self._b.exclusives.event(event)
        if self._b.custody.dirty or self._b.custody.pending() or now >= self._reread_due:
            self._b.custody.look()
            if now >= self._reread_due:
                self._b.fleet.pause()
            self._reread_due = now + self._b.settings.reread_s
        self._b.exclusives.look()
        self._b.replacement.look(self._b.custody.view)
        self._b.retirement.look()
        self._b.recovery.look()
        self._b.starting.look()

    def _watch_leases(self):
        if self._b.membership.registered:
            self._b.leases.look()

    def _fail_over(self):
        if self._b.membership.registered:
            self._b.coordinator.look()

    def _drain(self):
        if self._b.membership.registered:
            self._b.drainer.look()

    def _relieve(self):
        if self._b.membership.registered:
            self._b.reliever.look()

    def _moves(self):
        before = self._b.mover.open
        if set(before) - set(self._b.mover.poll()):
            self._b.custody.dirty = True
        self._b.errands.run(self._b.mover.errands)
        self._b.load.note_work()

    def _stage(self):
        if self._b.settings.stage_s:
            self._b.stager.look()

    def _tell_hook(self):
        rows = self._b.custody.view.rows
        self._b.hook.pending({name: (rows[name].holder if name in rows else '', why) for name, why in self._b.coordinator.reasons.items()})
        self._b.fence_told.look()
        self._b.hook.look()

    def _count_tolerance(self):
        if self._b.membership.registered:
            self._b.gauges.look()

    def _measure(self):
        self._b.metrics.note(self._b.gauges.now())

    def _publish(self):
        view, words = self._b.custody.view, []
        ours = sum(1 for word in view.words.values() if word == 'ours')
        words.append('%d container%s here' % (ours, '' if ours == 1 else 's'))
        if view.missing:
            why = self._b.recovery.reasons
            words.append('missing: %s' % ', '.join('%s (%s)' % (name, why[name]) if name in why else name for name in view.missing))
        strange = sorted('%s (%s)' % (name, word) for name, word in view.words.items() if word != 'ours')
        if strange:
            words.append('not ours: %s' % ', '.join(strange))
        words.extend(sorted(self._b.problems().values()))
        words.extend('away: %s until %s' % (row.host, time_of(row.away_until)) for row in self._b.membership.away())
        suspects = self._b.observer.suspects()
        if suspects:
            words.append('taken for lost: %s' % ', '.join(suspects))
        clocks = self._b.gossip.clocks_off()
        if clocks:
            words.append('clock off: %s' % ', '.join(clocks))
        if self._b.mover.open:
            words.append('moves open: %s' % ', '.join(self._b.mover.open))
        if self._b.fleet.known_pause.reason:
            words.append('the fleet is paused: %s' % self._b.fleet.known_pause.reason)
        words.extend('pending: %s (%s)' % item for item in sorted(self._b.coordinator.pending.items()))
        words.extend(each for each in (self._b.drainer.sentence, self._b.exclusives.sentence(), self._b.stager.sentence(), self._b.reliever.sentence) if each)
        by_trouble = {}
        for duty, trouble in sorted(self._troubles.items()):
            by_trouble.setdefault(trouble, []).append(duty)
        words.extend('%s: %s' % (', '.join(duties), trouble) for trouble, duties in by_trouble.items())
        self._sentence = '; '.join(words)
        # The reasons of a contended host come with figures that change each round; all else, counts and names of hosts too, is logged as it changes.
        bare = [without_figures(each) if each == self._b.reliever.sentence else each for each in words]
        if bare != self._logged:
            self._logged = bare
            self._log.info('%s', self._sentence)
