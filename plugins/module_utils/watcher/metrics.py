# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's metrics in Prometheus' text format, on a port of their own that listens on loopback by default.

What is so now comes from watcher.gauges, once a second in the loop; what happened since the start is counted here. A scrape
reads both in a thread of its own and asks nobody, so it neither waits for the loop nor holds it up.
"""
from __future__ import annotations

from ..errors import ConfigError

try:
    import prometheus_client
    from prometheus_client.core import GaugeMetricFamily
except ImportError:  # pragma: no cover - the watcher's environment always has it
    prometheus_client = None

# Upper ends in seconds: a cycle is well below 0.1 s on a quiet host, and over 2 s it is told as an overrun.
_LOOP_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0)
# A conditional write takes some 10 ms in one datacenter, its client gives up after 1.5 s.
_STORE_S = (0.005, 0.02, 0.1, 0.5, 1.5, 5.0)


class Metrics:
    """The metrics of one watcher, in a registry of their own. ``store_answers``: how the last call on the store ended."""

    def __init__(self):
        # The time of creation beside every counter would double the page, and nobody asks for it.
        prometheus_client.disable_created_metrics()
        self.registry = prometheus_client.CollectorRegistry()
        self.store_answers = True
        self._gauges = ()
        self._cycles = self._made(prometheus_client.Histogram, 'loop_seconds', 'What a cycle of the loop took.', buckets=_LOOP_S)
        self._overruns = self._made(prometheus_client.Counter, 'loop_overruns', 'Cycles that took over 2 s.')
        self._calls = self._made(prometheus_client.Histogram, 'store_call_seconds', 'What calls on the store took.', ('call',),
                                 buckets=_STORE_S)
        self._errors = self._made(prometheus_client.Counter, 'store_errors', 'Calls on the store that failed, by kind of error.',
                                  ('kind',))
        self._decisions = self._made(prometheus_client.Counter, 'decisions', 'Decisions by trigger: to move, or to stay.',
                                     ('trigger', 'outcome'))
        self._moves = self._made(prometheus_client.Counter, 'moves', 'Moves that ended at this host as their source or coordinator.',
                                 ('trigger', 'outcome'))
        self._broadcasts = self._made(prometheus_client.Counter, 'broadcasts_heard', 'Broadcasts heard, by kind.', ('kind',))
        self._hooks = self._made(prometheus_client.Counter, 'hook_runs', 'Runs of the hook command.', ('event', 'outcome'))
        self.registry.register(self)
        prometheus_client.ProcessCollector(registry=self.registry)

    def _made(self, kind, name, about, labels=(), **more):
        return kind('ringfleet_' + name, about, labels, registry=self.registry, **more)

    def cycle(self, seconds):
        """The loop made one turn."""
        self._cycles.observe(seconds)

    def overran(self):
        """It took too long."""
        self._overruns.inc()

    def asked_store(self, call, seconds, error):
        """A call on the store ended; ``error`` is the name of what it raised, or ''."""
        self._calls.labels(call).observe(seconds)
        if error:
            self._errors.labels(error).inc()

    def decided(self, decision):
        """A Decision was recorded."""
        self._decisions.labels(decision.trigger, 'move' if decision.choice else 'stay').inc()

    def move_ended(self, trigger, outcome):
        """The source's part of a move is over: done, unhealthy, aborted or refused."""
        self._moves.labels(trigger, outcome).inc()

    def heard(self, broadcasts):
        """Broadcasts came in."""
        for each in broadcasts:
            self._broadcasts.labels(each.kind).inc()

    def hook_ran(self, event, outcome):
        """The hook command ended: done or failed."""
        self._hooks.labels(event, outcome).inc()

    def note(self, gauges):
        """What is so now: watcher.gauges.Gauge objects."""
        self._gauges = gauges

    def collect(self):
        """The gauges as the registry wants them, at a scrape."""
        yield GaugeMetricFamily('ringfleet_store_up', 'Whether the store answered the last call.', self.store_answers)
        for each in self._gauges:
            family = GaugeMetricFamily(each.name, each.about, labels=each.labels)
            for labels, number in each.samples:
                family.add_metric(labels, float(number))
            yield family

    def text(self):
        """What a scrape gets."""
        return prometheus_client.generate_latest(self.registry).decode('utf-8')

    def serve(self, address, port):
        """Listen; returns a function that ends it.

        :raises ConfigError: where nobody can listen at that address and port.
        """
        try:
            server, thread = prometheus_client.start_http_server(port, address, self.registry)
        except OSError as exc:
            raise ConfigError('Metrics cannot be served at %s:%d: %s' % (address, port, exc.strerror or exc),
                              'Set metrics_address and metrics_port; port 0 turns them off.') from exc

        def end():
            server.shutdown()
            server.server_close()
            thread.join()

        return end
