# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next losses would do, from what any member knows: how many hosts may go, and what becomes of what each of them runs."""
from __future__ import annotations

from fnmatch import fnmatchcase

from ..model import RUNNING, ContainerRow, HostRow
from ..moves.planning import need_of
from ..placement.evacuation import Leaver
from ..placement.rehearsal import bound, rehearse
from ..ring import leases
from ..ring.quorum import range_of, ranges, unserved
from ..ring.states import MEMBERS
from ..ring.tolerance import Tolerance, no_majority, no_quorum, tolerance
from .tokens import token_of


def tolerance_of(built):
    """The Tolerance of the fleet as this host sees it. Raises as the store does."""
    nobody = _blind(built)
    if nobody:
        return Tolerance(0, (nobody,))
    return tolerance(built.observer.nodes(), built.store.copies(), built.coordinator.armed())


def _blind(built):
    nobody = built.observer.judges_nobody()
    return '%s judges nobody now: %s' % (built.settings.host, nobody) if nobody else ''


def rehearsals(built):
    """[{host, backups, stuck}] of every member, as if it alone were lost now; ``stuck``: [{name, why}]."""
    backups, rows = built.observer.backups(), built.store.scan(ContainerRow)
    return [{'host': host, 'backups': list(backups.get(host, ())),
             'stuck': [{'name': each.name, 'why': each.sentence} for each in sorted(plan.staying, key=lambda each: each.name)]}
            for host, plan in _rehearsed(built, _members(built), rows).items()]


def _members(built):
    return [row.host for row in built.membership.hosts() if row.state in MEMBERS]


def _rehearsed(built, hosts, rows):
    """{host: the Evacuation of what runs there, as if it alone were lost now}."""
    found, weights = {}, built.fleet.weights()
    held = {row.host: row for row in built.membership.hosts()}
    for host, views in built.prospects.views_from(hosts).items():
        reports = built.prospects.reports(host)
        found[host] = rehearse(host, [_leaver(row, reports.get(row.name), held[host]) for row in rows
                                      if row.holder == host and row.intent == RUNNING], views, weights)
    return found


def _leaver(row, report, host):
    against = bound(row, report)
    if not against and row.exclusive and not leases.has_lease(host):
        against = 'it is exclusive, and %s has no lease that could run out' % host.host
    return Leaver(need_of(report, row.name, row.holder), row.priority, row.exclusive, against)


class Forecast:
    """What each of some hosts' loss would do. Reads the tables once, at the begin. Raises as the store does.

    :param accept: globs of names of containers that may wait for their host.
    """

    def __init__(self, built, accept):
        self._b = built
        self._accept = accept
        self._rows = {row.name: row for row in sorted(built.store.scan(ContainerRow), key=lambda each: each.name)}
        self._hosts = {row.host: row for row in built.membership.hosts()}
        self._nodes = built.observer.nodes()
        self._places = built.observer.places()
        self._backups = built.observer.backups()
        self._copies = built.store.copies()
        self._ranges = ranges(self._places, self._copies)
        self._unknown = sorted(each.host for each in self._places if not each.tokens)
        self.why_not = _blind(built) or built.coordinator.armed()

    def tell(self, hosts):
        """Plain objects, one for each of the members ``hosts``."""
        return [self._of(host, plan) for host, plan in _rehearsed(self._b, hosts, self._rows.values()).items()]

    def _of(self, host, plan):
        rows, waits = self._rows_without(host), self._waits(host, plan)
        against = list(filter(None, (self.why_not, self._majority_without(host), rows['why'])))
        against.extend('container %(name)s would wait: %(why)s' % each for each in waits if not each['stopped'] and not each['accepted'])
        return {'host': host, 'can_be_lost': not against, 'against': against, 'backups': list(self._backups.get(host, ())),
                'takes': [{'name': each.name, 'target': each.target, 'priority': self._rows[each.name].priority, 'after': self._after(host, each.name),
                           'sentence': each.sentence} for each in plan.departures if each.target],
                'waits': waits, 'rows': rows,
                'before': {name: load for name, load in plan.before.items() if name != host},
                'after': {name: load for name, load in plan.after.items() if name != host}}

    def _waits(self, host, plan):
        found = [{'name': each.name, 'why': each.sentence, 'stopped': False} for each in plan.staying]
        found += [{'name': row.name, 'why': 'its user stopped it', 'stopped': True}
                  for row in self._rows.values() if row.holder == host and row.intent != RUNNING]
        return [dict(each, accepted=any(fnmatchcase(each['name'], glob) for glob in self._accept))
                for each in sorted(found, key=lambda each: each['name'])]

    def _after(self, host, name):
        """What a container would wait for before it is made elsewhere, '' for nothing."""
        row, settings = self._hosts[host], self._b.settings
        if not self._rows[name].exclusive:
            return ''
        return leases.in_words(leases.runs_out_s(leases.Seen(row.renewals, 0.0), row, settings.lease_ttl_s, settings.lease_margin_s, 0.0))

    def _majority_without(self, host):
        return no_majority(sum(each.alive and each.host != host for each in self._nodes), sum(each.counted for each in self._nodes))

    def _rows_without(self, host):
        """Which rows of the fleet's tables would have no quorum, as far as the ring's tokens are known; else whether some may."""
        down = {each.host for each in self._nodes if not each.serves} | {host}
        if self._unknown or not self._ranges:
            return {'share': None, 'containers': [], 'hosts': [], 'why': no_quorum(len(down), self._copies), 'unknown': self._unknown}
        lost = set(unserved(self._ranges, self._copies, down))
        share = round(sum(each.share for each in lost), 4)
        named = {kind: [key for key in keys if range_of(token_of(key), self._ranges) in lost]
                 for kind, keys in ((ContainerRow, list(self._rows)), (HostRow, sorted(self._hosts)))}
        why = '%d %% of all rows would have no quorum of their %d copies, with %s down' % (
            max(1, round(100 * share)), self._copies, ', '.join(sorted(down))) if lost else ''
        return {'share': share, 'containers': named[ContainerRow], 'hosts': named[HostRow], 'why': why, 'unknown': []}
