# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around a host that leaves: planning its drain, beginning it, watching it, and taking it back. Any member
answers; the work is the leaving host's own (watcher/drainer.py).
"""
from __future__ import annotations

from ..errors import DrainRefused, ProtocolError
from ..model import ContainerRow, HostRow
from ..moves import steps
from ..moves.asking import ask_of
from ..moves.planning import need_of, plan_of
from ..moves.staging import is_channel
from ..placement.brakes import DRAIN
from ..placement.evacuation import Leaver, evacuate
from ..ring.broadcast import LEAVING as TOLD
from ..ring.drains import Drain
from ..ring.holds import hold_of
from ..ring.liveness import SILENT, WATCHER_DOWN
from ..ring.states import DRAINED, LEAVING, LEFT, NORMAL, PERSON, moved, remedy, told
from ..store.tries import tried
from .drainer import DEADLINE_S
from .idents import made_at
from .lookups import hosts_of

LONGEST_S = 7 * 86400
# Ids of moves tell when they were made by the leaving host's clock, the drain's begin is by that of whoever was asked.
_SKEW_MS = 10000


class DrainMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('drain.plan', self.drain_plan, {'hosts': list})
        registry.add('drain.start', self.drain_start, {'host': str, 'by': str, 'deadline_s': int, 'partial': bool, 'avoid': list, 'check': bool},
                     ('by', 'deadline_s', 'partial', 'avoid', 'check'))
        registry.add('drain.status', self.drain_status, {'host': str})
        registry.add('host.join', self.host_join, {'by': str, 'check': bool}, ('by', 'check'))

    def drain_plan(self, hosts):
        """Where every container of these hosts would go if they were drained one after the other, and every host's load then.

        ``without_room``: names of those for which no host has room; ``bound``: of those that stay for a reason of their own.
        """
        plan = self._plan(hosts)
        return {'observer': self._b.settings.host, 'hosts': list(hosts),
                'without_room': [each.name for each in plan.without_room], 'bound': [each.name for each in plan.departures if each.bound],
                'departures': [{'name': each.name, 'host': each.source, 'target': each.target, 'bound': each.bound, 'sentence': each.sentence,
                                'candidates': [score.to_dict() for score in each.choice.scores] if each.choice else []}
                               for each in plan.departures],
                'before': plan.before, 'after': plan.after}

    def _plan(self, hosts):
        b = self._b
        for host in hosts:
            hosts_of(b, host)
        rows, now, views = b.store.scan(ContainerRow), b.clock.wall(), b.prospects.views_from(hosts)
        groups = []
        for host in hosts:
            reports = b.prospects.reports(host)
            groups.append((host, [self._leaver(row, reports.get(row.name), now) for row in rows if row.holder == host and not row.move],
                           views[host]))
        return evacuate(groups, b.fleet.weights())

    @staticmethod
    def _leaver(row, report, now):
        hold, bound = hold_of(row, now), ''
        if report is not None and report.immovable:
            bound = 'it cannot move (%s)' % '; '.join(report.immovable)
        elif hold is not None:
            bound = 'it is %s' % hold
        return Leaver(need_of(report, row.name, row.holder), row.priority, row.exclusive, bound)

    def drain_start(self, host, by='unknown', deadline_s=DEADLINE_S, partial=False, avoid=(), check=False):
        """Let a host leave: everything managed moves away from it. One that is drained, or that is being drained, is no change.

        :param deadline_s: seconds after which nothing more is begun. :param partial: begin also where the others would not carry all.
        :param avoid: hosts that are drained in the same run: nothing goes there, and what they run has to find room too.
        :raises UnknownHost, StateRefused, DrainRefused: with what to do.
        """
        if not 1 <= deadline_s <= LONGEST_S:
            raise DrainRefused('A drain of %d s' % deadline_s, 'It is at least 1 s and at most %d s.' % LONGEST_S)
        changed = tried(lambda: self._started(host, by, deadline_s, partial, avoid, check))
        return dict(self.drain_status(host), changed=changed)

    def _started(self, host, by, deadline_s, partial, avoid, check):
        """Whether the drain began, or with ``check`` would."""
        hosts_of(self._b, host)
        before = self._b.store.read(HostRow, host)
        changed = self._begins(before)
        if changed:
            self._check_room(before, partial, avoid)
        if changed and not check:
            self._begin(before, by, deadline_s, partial, avoid)
        return changed

    def _begins(self, row):
        """Whether there is something to begin: one that leaves within its deadline is only watched. :raises StateRefused: as drain_start."""
        if row.state == DRAINED:
            return False
        if row.state != LEAVING:
            moved(row, LEAVING, PERSON, '', 0)
            return True
        return self._b.drains.of(row.host).deadline_at <= self._b.clock.wall()

    def _check_room(self, row, partial, avoid):
        others = [each.host for each in self._b.membership.hosts() if each.state == NORMAL and each.host not in (row.host, *avoid)]
        if not others:
            raise DrainRefused('Host %s is the last one in state normal' % row.host, 'Let another host join first.')
        hosts = [row.host, *(each for each in avoid if each != row.host)]
        stuck = self._plan(hosts).without_room
        if stuck and not partial:
            raise DrainRefused('The fleet would not carry what %s runs: %s' % (' and '.join(hosts), '; '.join(each.sentence for each in stuck)),
                               'Add a host or stop something; with partial what fits is moved.')

    def _begin(self, before, by, deadline_s, partial, avoid):
        b = self._b
        now = b.clock.wall()
        wish = Drain(by, b.drains.of(before.host).started_at or now, now + deadline_s * 1000, partial, tuple(avoid))
        if before.state == NORMAL:
            # The state first: a wish without it would make a host leave that comes back from a loss years later.
            b.store.swap(before, moved(before, LEAVING, PERSON, by, now))
        b.drains.wish(before.host, wish)
        if before.state == NORMAL:
            b.broadcaster.send(TOLD, detail='%s, asked for by %s' % (before.host, by))
        b.membership.refresh()

    def drain_status(self, host):
        """How far a host's drain is: ``moved``, ``under_way`` and ``left`` are its managed containers, ``blockers`` why some stay. What keeps all
        of them is under the host's own name.
        """
        b = self._b
        row = next(iter(hosts_of(b, host)))
        wish, now = b.drains.of(host), b.clock.wall()
        rows = {each.name: each for each in b.store.scan(ContainerRow)}
        left = sorted(each.name for each in rows.values() if each.holder == host)
        gone, under_way = [], []
        for name, (move, plan) in sorted(self._moves(host, wish.started_at).items()):
            outcome = steps.outcome(plan, rows.get(name), move)
            told = {'name': name, 'target': plan.target, 'step': move.target_step or move.source_step, 'move': move.id, 'outcome': outcome}
            if outcome in ('open', 'committed'):
                under_way.append(told)
            elif outcome != 'aborted' and name not in left:
                gone.append(told)
        blockers = b.drains.blockers(host).why if row.state == LEAVING else {}
        named = [{'name': name, 'why': why, 'remedy': remedy} for name, (why, remedy) in sorted(blockers.items()) if name in left]
        named = (self._silence(host) if row.state == LEAVING else []) + named
        ended = row.state != LEAVING or (now >= wish.deadline_at and not under_way)
        return {'observer': b.settings.host, 'host': host, 'ended': ended, 'failure': _failure(row, left, named) if ended else '',
                'state': row.state, 'since_at': row.since_at, 'by': row.by, 'partial': wish.partial,
                'deadline_at': wish.deadline_at, 'deadline_s': max(0, wish.deadline_at - now) // 1000,
                'total': len({each['name'] for each in gone + under_way} | set(left)), 'moved': gone, 'under_way': under_way, 'left': left,
                'blockers': named}

    def _silence(self, host):
        """The blocker of a host whose watcher is silent, in a list: the drain is that watcher's work, and what it last said may be old."""
        word, beat_age, _gossip_age = self._b.gossip.signs_of(host)
        if word not in (SILENT, WATCHER_DOWN):
            return []
        return [{'name': host, 'why': 'its watcher has been silent for %d s' % beat_age,
                 'remedy': 'Look there: systemctl status ringfleet-watcher; once it runs the drain goes on.'}]

    def _moves(self, host, since):
        """{container: (MoveRow, MovePlan)}, the newest of each, of the host's drain since that wall-clock millisecond."""
        found = {}
        for move in sorted((each for each in self._b.store.moves() if since and not is_channel(each.id)), key=lambda each: each.id):
            try:
                plan = plan_of(move)
                drains = plan is not None and ask_of(move).trigger == DRAIN and plan.source == host
            except ProtocolError:
                continue
            if drains and made_at(move.id) >= since - _SKEW_MS:
                found[plan.name] = (move, plan)
        return found

    def host_join(self, by='unknown', check=False):
        """This host stays, or is a member again: undoes its drain, or that it left. Of every other state it is no change."""
        b = self._b
        before = b.store.read(HostRow, b.settings.host)
        changed = before is not None and before.state not in ('', NORMAL) if check else b.membership.join_again(by)
        if changed and not check:
            b.custody.dirty = True
            b.loop.hurry('members')
            b.membership.refresh()
        row = before if check else b.store.read(HostRow, b.settings.host)
        return {'host': b.settings.host, 'changed': changed, 'state': row.state if row else '', 'generation': row.generation if row else 0}


def _failure(row, left, blockers):
    """Why an ended drain did not bring its host to ``drained``, with what to do, or ''."""
    if row.state in (DRAINED, LEFT):
        return ''
    if row.state != LEAVING:
        return 'Host %s is not drained any more: it is %s. %s' % (row.host, told(row), remedy(row))
    known = {each['name'] for each in blockers}
    why = ['%(name)s: %(why)s. %(remedy)s' % each for each in blockers]
    others = ', '.join(name for name in left if name not in known)
    if others:
        why.append('%s: its turn did not come, or it is on its way. Run the drain again, with a longer deadline.' % others)
    return 'Host %s is not empty at its deadline and stays leaving: %s' % (row.host, '; '.join(why))
