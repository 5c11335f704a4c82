# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is so now, as numbers for the metrics: taken in the loop, between two duties, from what this watcher knows already.

Nothing here asks the store, the engine or another host, but ``look``, once a minute. Names follow Prometheus' rules: a unit at the end, base units.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..ring.ownership import OURS
from ..ring.states import LEFT, MEMBERS, STATES
from . import repairs
from .idents import made_at
from .outlook import tolerance_of


@dataclass(frozen=True)
class Gauge:
    """One metric: ``samples`` are (values of the labels, number)."""
    name: str
    about: str
    labels: tuple
    samples: tuple


class Gauges:
    """Takes them.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built
        self._leases = {}
        self._tolerance = None

    def look(self):
        """Count anew what a row or two of the store have a part in. Raises as the store does; then it is told no more."""
        self._tolerance = None
        self._tolerance = tolerance_of(self._b).hosts

    def now(self):
        """The Gauges of this moment: a tuple."""
        rows = self._b.membership.hosts()
        return (*self._hosts(rows), *self._life_signs(rows), *self._lease(rows), *self._containers(), *self._failover(),
                *self._work(), *self._fleet())

    def _hosts(self, rows):
        b = self._b
        words = {row.host: b.observer.judgement(row).word for row in rows if row.state != LEFT}
        suspects = b.observer.suspects()
        yield Gauge('ringfleet_host_state', 'Whether a host is in this state by its row.', ('host', 'state'), tuple(
            ((row.host, state), row.state == state) for row in rows for state in STATES))
        yield Gauge('ringfleet_host_liveness', 'What this observer makes of a host; 1 for the word that holds.', ('host', 'word'),
                    tuple(((host, word), 1) for host, word in words.items()))
        yield Gauge('ringfleet_host_suspected', 'Whether this observer takes a host for lost.', ('host',), tuple(
            ((row.host,), row.host in suspects) for row in rows if row.state in MEMBERS))
        yield Gauge('ringfleet_observer_judges_nobody', 'Whether this observer judges nobody now, after a trouble of its own.', (),
                    (((), bool(b.observer.judges_nobody())),))

    def _life_signs(self, rows):
        ages, signs, repaired, clocks = [], [], [], []
        for row in rows:
            repair_s = repairs.age_s(self._b.gossip.beat_of(row.host), self._b.clock.wall())
            if repair_s is not None:
                repaired.append(((row.host,), repair_s))
            ahead_s = self._b.gossip.clock_ahead_s(row.host)
            if ahead_s is not None:
                clocks.append(((row.host,), ahead_s))
            word, beat_s, _gossip_s = self._b.gossip.signs_of(row.host)
            signs.append(((row.host, word), 1))
            if beat_s is not None:
                ages.append(((row.host,), beat_s))
        yield Gauge('ringfleet_host_signs', 'The word for a host by beat and gossip alone; 1 for the one that holds.',
                    ('host', 'signs'), tuple(signs))
        yield Gauge('ringfleet_host_beat_age_seconds', 'Seconds since the beat of a host last changed.', ('host',), tuple(ages))
        yield Gauge('ringfleet_host_clock_ahead_seconds', "Seconds by which the clock of a host is at least ahead of this observer's, negative: behind.",
                    ('host',), tuple(clocks))
        yield Gauge('ringfleet_host_repair_age_seconds', "Seconds since the ranges of a host's ring node were last repaired in full.", ('host',),
                    tuple(repaired))

    def _lease(self, rows):
        """Ages by this observer's own clock: since it first saw the count of renewals that stands in the row."""
        now, leased = self._b.clock.monotonic(), [row for row in rows if row.renewals]
        before = self._leases
        self._leases = {(row.host, row.renewals): before.get((row.host, row.renewals), now) for row in leased}
        yield Gauge('ringfleet_host_lease_age_seconds', 'Seconds since this observer saw the lease of a host renewed.', ('host',),
                    tuple(((host,), now - since) for (host, _count), since in self._leases.items()))
        yield Gauge('ringfleet_host_lease_expired', 'Whether an observer saw the lease of a host run out.', ('host',),
                    tuple(((row.host,), row.lease_expired) for row in leased))

    def _containers(self):
        view = self._b.custody.view
        words = Counter(view.words.values())
        yield Gauge('ringfleet_containers', 'Managed containers of this host by what they are.', ('word',), tuple(
            ((word,), words[word]) for word in sorted({OURS, *words})))
        yield Gauge('ringfleet_containers_immovable', 'Managed containers of this host that cannot move.', (), (((), len(view.immovable)),))
        yield Gauge('ringfleet_container_missing', 'A container that this host holds and does not have.', ('container',), tuple(
            ((name,), 1) for name in view.missing))

    def _failover(self):
        coordinator = self._b.coordinator
        yield Gauge('ringfleet_failover_armed', 'Whether a loss leads to a failover.', (), (((), not coordinator.known_against()),))
        yield Gauge('ringfleet_failover_tolerance', 'How many more hosts may be lost, as of the last minute.', (),
                    () if self._tolerance is None else (((), self._tolerance),))
        yield Gauge('ringfleet_failover_pending', 'A container of a lost host that waits here, by what it waits for.', ('container', 'kind'), tuple(
            (each, 1) for each in sorted(coordinator.kinds.items())))

    def _work(self):
        mover, now = self._b.mover, self._b.clock.wall()
        ages = [max(0, now - made_at(ident)) / 1000.0 for ident in mover.open]
        yield Gauge('ringfleet_moves_open', 'Moves that are open at this host.', (), (((), len(ages)),))
        yield Gauge('ringfleet_moves_open_oldest_age_seconds', 'Age of the oldest of them, 0 when there is none.', (),
                    (((), max(ages, default=0.0)),))
        left = Counter(backup for _image, backup, _why in self._b.stager.left)
        yield Gauge('ringfleet_images_to_stage', 'Images that containers of this host need and this backup does not have.', ('backup',),
                    tuple(((backup,), left[backup]) for backup in self._b.stager.backups))
        troubles = self._b.troubles()
        yield Gauge('ringfleet_duty_troubled', 'Whether a duty of the loop does not work now.', ('duty',), tuple(
            ((duty,), duty in troubles) for duty in self._b.loop.duties))

    def _fleet(self):
        b = self._b
        pause = b.fleet.known_pause
        age_s = max(0, b.clock.wall() - pause.since_at) / 1000.0 if pause.reason else 0.0
        yield Gauge('ringfleet_fleet_paused', 'Whether the fleet is paused.', (), (((), bool(pause.reason)),))
        yield Gauge('ringfleet_fleet_pause_age_seconds', 'For how long it is, 0 when it is not.', (), (((), age_s),))
        yield Gauge('ringfleet_watcher_registered', 'Whether this host is a member by its own row.', (), (((), b.membership.registered),))
        yield Gauge('ringfleet_watcher_info', 'Name and version of this watcher.', ('host', 'version'),
                    (((b.settings.host, b.version), 1),))
