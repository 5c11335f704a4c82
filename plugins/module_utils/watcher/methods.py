# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers to ask: the fleet as this host sees it. Any member answers for the fleet.

Answers are plain objects, ready for a module's result.
"""
from __future__ import annotations

from ..containers.spec import masked, request_of
from ..errors import NoSuchContainer
from ..model import ContainerRow
from ..names import check_container_name
from ..moves import staging
from ..ring import leases
from ..ring.holds import hold_of, released
from ..ring.skew import is_off
from . import repairs
from .lookups import all_reasons, hosts_of, row_of


def _rounded(seconds):
    return None if seconds is None else round(seconds, 1)


class Methods:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('load.host', self._b.load.host)
        registry.add('load.containers', self._b.load.containers)
        registry.add('host.info', self.host_info, {'name': str}, ('name',))
        registry.add('load.info', self.load_info, {'host': str, 'name': str}, ('host', 'name'))
        registry.add('container.info', self.container_info, {'name': str}, ('name',))
        registry.add('broadcast.info', self.broadcast_info, {'since_s': int, 'kind': str}, ('since_s', 'kind'))
        registry.add('watcher.status', self.watcher_status)

    # -- hosts ------------------------------------------------------------------------------------------------------

    def host_info(self, name=''):
        """Each host: its row, its three signals of life as this observer has them and judges them, its backups, its load."""
        observer, found = self._b.observer, []
        backups = observer.backups()
        for row in sorted(hosts_of(self._b, name), key=lambda each: each.host):
            word, beat_age, gossip_age = self._b.gossip.signs_of(row.host)
            beat, endpoint = self._b.gossip.beat_of(row.host), self._b.gossip.endpoint_of(row.address)
            judged, answers = observer.judgement(row), self._b.routes.answers_of(row.host)
            found.append({
                'host': row.host, 'state': row.state, 'generation': row.generation, 'since_at': row.since_at,
                'by': row.by, 'away_until': row.away_until, 'away_s': int(self._b.membership.away_left_s(row)),
                'address': row.address, 'boot_id': row.boot_id, 'facts': dict(row.facts), 'signs': word,
                'beat': {'age_s': _rounded(beat_age), 'counter': beat.counter if beat else 0,
                         'version': beat.version if beat else '', 'silent': 'beat' in judged.silent},
                'gossip': {'age_s': _rounded(gossip_age), 'status': endpoint.status if endpoint else '',
                           'generation': endpoint.generation if endpoint else 0,
                           'heartbeat': endpoint.heartbeat if endpoint else 0,
                           'host_id': endpoint.host_id if endpoint else '',
                           'rack': endpoint.rack if endpoint else '',
                           'tokens': len(endpoint.tokens) if endpoint else 0, 'silent': 'gossip' in judged.silent},
                'probe': {'age_s': _rounded(observer.probe_age(row)), 'boot_id': answers.boot_id, 'error': answers.error,
                          'silent': 'probe' in judged.silent},
                'liveness': {'word': judged.word, 'since_s': _rounded(judged.since_s), 'finding': observer.sentence(row)},
                'clock': self._clock(row.host),
                'repair': {'age_s': repairs.age_s(beat, self._b.clock.wall()), 'ended_at': beat.repaired_at if beat else 0},
                'lease': self._lease(row), 'backups': list(backups.get(row.host, ())), 'suspects': list(beat.suspects) if beat else [],
                'routes': dict(beat.routes) if beat else {},
                'load': beat.load.to_dict() if beat else None})
        return {'observer': self._b.settings.host, 'suspects': list(observer.suspects()), 'judges_nobody': observer.judges_nobody(),
                'hosts': found}

    def _clock(self, host):
        """How far a host's clock is off this one's."""
        ahead = self._b.gossip.clock_ahead_s(host)
        # Without -0.0, which nobody understands.
        return {'ahead_s': None if ahead is None else round(ahead, 1) + 0.0, 'skewed': is_off(ahead)}

    def _lease(self, row):
        """What is known of a host's lease: of this host's own by its own clock, of another's by when its renewals were seen."""
        b, own = self._b, row.host == self._b.settings.host
        seen = b.leases.seen(row)
        age = b.lease.age_s() if own else leases.age_s(seen, b.clock.monotonic()) if seen and leases.has_lease(row) else None
        return {'held': leases.has_lease(row) and not row.lease_expired, 'renewals': row.renewals, 'ttl_s': row.lease_ttl_s,
                'expired': row.lease_expired, 'age_s': _rounded(age), 'fence_in_s': _rounded(b.lease.fence_in_s()) if own else None}

    def load_info(self, host='', name=''):
        """The fused load reports of all hosts, one host or one container, as shared through the ring."""
        if name:
            check_container_name(name)
        found = []
        for row in sorted(hosts_of(self._b, host), key=lambda each: each.host):
            beat = self._b.gossip.beat_of(row.host)
            reports = [each.to_dict() for each in self._b.store.loads(row.host) if name in ('', each.name)]
            found.append({'host': row.host, 'load': beat.load.to_dict() if beat else None, 'containers': reports})
        if name and not any(each['containers'] for each in found):
            row_of(self._b, name)
        return {'observer': self._b.settings.host, 'hosts': found}

    # -- containers -------------------------------------------------------------------------------------------------

    def container_info(self, name=''):
        """Each container's row; for those of this host also what they are and their masked creation request."""
        rows = [row_of(self._b, name)] if name else sorted(self._b.store.scan(ContainerRow), key=lambda each: each.name)
        view, staged, reasons, backups = self._b.custody.view, {}, {}, self._b.observer.backups()
        found = []
        for row in rows:
            hold = hold_of(row, self._b.clock.wall())
            data = {key: value for key, value in (row if hold else released(row)).to_dict().items() if key != 'nonce'}
            word = view.words.get(row.name, '')
            if row.holder not in staged:
                reasons[row.holder] = all_reasons(self._b, row.holder)
                staged[row.holder] = staging.staged(self._b.store, row.holder, backups.get(row.holder, ()))
            data.update(hold_s=hold.left_s if hold else 0, here=word, missing=row.name in view.missing,
                        immovable=list(reasons[row.holder].get(row.name, ())), staged_on=list(staged[row.holder].get(row.name, ())), request=None)
            if word:
                data['request'] = self._masked(view, row.name)
            found.append(data)
        return {'observer': self._b.settings.host, 'containers': found, 'problems': self._b.problems()}

    def _masked(self, view, name):
        ident = next(each.id for each in view.managed if each.name == name)
        try:
            inspected = self._b.engine.inspect(ident)
            return masked(request_of(inspected, self._b.engine.image(inspected['Image'])))
        except NoSuchContainer:
            return None

    # -- hints and self ---------------------------------------------------------------------------------------------

    def broadcast_info(self, since_s=3600, kind=''):
        """Broadcasts of the last ``since_s`` seconds, oldest first."""
        since_s = min(max(since_s, 1), self._b.settings.broadcast_ttl_s)
        found = self._b.store.broadcasts(self._b.clock.wall() - since_s * 1000)
        return {'observer': self._b.settings.host,
                'broadcasts': [each.to_dict() for each in found if kind in ('', each.kind)]}

    def watcher_status(self):
        """This watcher: its sentence, its troubles, its version; answers also while the ring is out of reach."""
        return {'host': self._b.settings.host, 'version': self._b.version, 'sentence': self._b.sentence(),
                'exclusive': self._b.exclusives.troubles(), 'troubles': self._b.troubles(), 'registered': self._b.membership.registered}
