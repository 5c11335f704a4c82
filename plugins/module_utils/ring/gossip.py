# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The beat and the load report out, the others' in (S101, S105; F8.1, F8.10, F8.11).

The component does not read load itself: it asks for it through the registry of methods, as figure 8 has it, and puts what
comes back where every host sees it: the beat in the state table, the reports in ``loads``.
"""
from __future__ import annotations

from dataclasses import replace

from ..errors import StoreUnavailable
from ..model import Beat
from .liveness import OVERRUN_S, Reads, Signs, verdict
from .skew import Reading, Skews, is_off
from .states import LEFT


class Gossip:
    """One host's part in the exchange.

    :param store: Store. :param registry: protocol Registry, asked for ``load.host`` and ``load.containers``.
    :param clock: ``monotonic()`` seconds, ``wall()`` milliseconds.
    :param says: () to what else the beat says, fields of Beat by name: this host's route times, its suspects, why it judges nobody.
    :param settings: for ``host``, ``beat_s`` and ``lost_after_s``.
    """

    def __init__(self, store, registry, clock, settings, boot_id, version, says):
        self._store = store
        self._registry = registry
        self._clock = clock
        self._host = settings.host
        self._lost_after_s = settings.lost_after_s
        self._boot_id = boot_id
        self._version = version
        self._says = says
        self._started_at = clock.wall()
        self._counter = 0
        self._shared = set()
        self._signs = {}
        self._beats = {}
        self._endpoints = {}
        longest_gap_s = max(OVERRUN_S, 2 * settings.beat_s)
        self._reads = Reads(longest_gap_s)
        self._skews = Skews(longest_gap_s)

    def beat(self):
        """Put this host's beat; the wall clock never goes back within it."""
        self._counter += 1
        at = max(self._clock.wall(), getattr(self._beats.get(self._host), 'beat_at', 0))
        beat = Beat(self._host, self._boot_id, self._started_at, self._counter, at, self._version,
                    self._registry.call('load.host'), **self._says())
        self._store.put_beat(beat)
        return beat

    def share(self):
        """Put this host's load reports (S105) and take back those of containers that are gone."""
        reports = self._registry.call('load.containers')
        names = {report.name for report in reports}
        if not self._shared:
            self._shared = {report.name for report in self._store.loads(self._host)}
        self._store.put_loads(self._host, reports, sorted(self._shared - names))
        self._shared = names
        return reports

    def listen(self, hosts):
        """Read the others' beats and what the local ring node hears.

        :param hosts: HostRows, for the addresses by which gossip knows hosts.
        """
        now = self._clock.monotonic()
        try:
            beats = self._store.beats()
            # The clocks before anything else: what is between the answer and them is taken for delay of the beats.
            reading = Reading(now, self._clock.monotonic(), self._clock.wall())
        except StoreUnavailable:
            self._reads = self._reads.failed(now, 'the beats could not be read')
            raise
        # One that has left is forgotten; its last beat stays in the table, where only the host itself writes.
        gone = {row.host for row in hosts if row.state == LEFT}
        hosts = [row for row in hosts if row.host not in gone]
        for host in gone:
            self._signs.pop(host, None)
            self._beats.pop(host, None)
        beats = [beat for beat in beats if beat.host not in gone]
        self._skews = self._skews.after(reading, [beat for beat in beats if beat.host != self._host])
        for row in hosts:
            self._signs.setdefault(row.host, Signs(listed=now))
        for beat in beats:
            self._beats[beat.host] = beat
            signs = self._signs.get(beat.host, Signs(listed=now))
            self._signs[beat.host] = replace(signs, beat=signs.beat.seen((beat.started_at, beat.counter), now))
        try:
            self._endpoints = {each.address: each for each in self._store.gossip()}
        except StoreUnavailable:
            # The own ring node is away while others answer: its view ages, and says so.
            self._reads = self._reads.failed(now, 'the ring node of this host does not answer')
            return
        for row in hosts:
            endpoint, signs = self._endpoints.get(row.address), self._signs[row.host]
            if endpoint is not None and endpoint.status == 'NORMAL':
                seen = signs.gossip.seen((endpoint.generation, endpoint.heartbeat), now)
                self._signs[row.host] = replace(signs, gossip=seen)
        advanced = sum(1 for host, signs in self._signs.items() if host != self._host and now in (signs.beat.advanced, signs.gossip.advanced))
        self._reads = self._reads.brought(now, advanced)

    def beat_of(self, host):
        """A host's last beat, or None."""
        return self._beats.get(host)

    def endpoint_of(self, address):
        """The ring node at an address, or None."""
        return self._endpoints.get(address)

    def signs_of(self, host):
        """(verdict by beat and gossip, age of the beat, age of the gossip), ages in seconds or None."""
        now, signs = self._clock.monotonic(), self.signals_of(host)
        return verdict(signs, now, self._lost_after_s), signs.beat.age(now), signs.gossip.age(now)

    def signals_of(self, host):
        """A host's Signs, without its probe."""
        return self._signs.get(host, Signs())

    def clock_ahead_s(self, host):
        """Seconds by which a host's clock is at least ahead of this one's, negative: behind, 0: neither is sure; None while that is not known."""
        return 0.0 if host == self._host else self._skews.ahead_s(host, self._clock.monotonic(), self._lost_after_s)

    def clocks_off(self):
        """Names of the hosts whose clock is too far off this one's, sorted."""
        return tuple(sorted(host for host in self._skews.hosts if is_off(self.clock_ahead_s(host))))

    @property
    def reads(self):
        """The Reads of this host so far."""
        return self._reads
