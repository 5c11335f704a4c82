# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many copies the ring keeps: follows the number of nodes upwards, never down but for a node that goes for good.

By one at a time, up as down, and an even number is left only behind a repair at that number: then no majority misses what an earlier one
acknowledged. A majority is k of 2k - 1, k + 1 of 2k, k + 1 of 2k + 1. A row that k of 2k - 1 have is on k of 2k once there is one copy more; one that
k + 1 of 2k + 1 have is on at least k of 2k once there is one less. Half of an even number is enough, since a majority is more than half, and it is
not enough one step further: up, the k copies without the row and the new one are a majority of 2k + 1; down, where one that had it is gone, the
k without it are one of 2k - 1. A repair at 2k brings it to all 2k. At an odd number a majority has the row always, so the step from there needs no
repair before it. So 3 -> 4 -> repair -> 5 and never 3 -> 5, where the third copy and the two new ones miss what two acknowledged; likewise 2 -> 3
only behind a repair, for the founder alone has what was written while it was alone.

The note that a repair is due is in the ring itself, so that a run on any member sees it, also before there are tables: HISTORY has fewer copies
than DATA as long as one is due, and follows behind it. A step up makes the note by itself, a step down and the removal of a dead node make it first.
So a run that is cut short anywhere is gone on with by the next one, whoever speaks then. With one copy there is nothing to repair and no note."""

from __future__ import annotations

from .session import ADMIN, connect, give_up
from .status import members

# What is repaired; and what holds nothing but history, which may be thin on a new copy.
DATA = ('ringfleet', 'system_auth')
HISTORY = ('system_distributed', 'system_traces')
NTS = 'NetworkTopologyStrategy'


def factor(nodes):
    """Replication factor for a number of nodes: 1, 2, 3, 3 and from five nodes on 5."""
    return 5 if nodes >= 5 else min(nodes, 3)


def copies(current, datacenter):
    """How many copies a keyspace keeps, 0 where that is not said for the datacenter. current: its replication map, or None when there is no keyspace."""
    return int(current.get(datacenter, 0)) if current is not None and current['class'].endswith(NTS) else 0


def wanted(current, datacenter, target):
    """The factor a keyspace shall have in the end, or None when it stays. current: its replication map, or None when there is no keyspace."""
    # Cassandra's own keyspaces start with SimpleStrategy and a factor that a small ring cannot serve.
    return target if copies(current, datacenter) < target else None


def raised(current, datacenter, target):
    """The factor a keyspace shall have next on its way up to ``target``, one more than it has, or None when it stays."""
    value = wanted(current, datacenter, target)
    if value is None or current is None:
        return value
    return min(value, int(current.get(datacenter, current.get('replication_factor', 0))) + 1)


def lowered(current, datacenter, least):
    """The factor a keyspace shall have next on its way down to ``least``, one less than it has, or None when it stays."""
    have = copies(current, datacenter)
    return have - 1 if have > least else None


def due(keyspaces, datacenter):
    """Whether a repair is due. keyspaces: {name: replication map}."""
    return min(copies(keyspaces.get(name), datacenter) for name in HISTORY) < max(copies(keyspaces.get(name), datacenter) for name in DATA)


def ensure(config):
    """Create the keyspace, raise by one what is too low, unless a repair is due and was not just done (``repaired``). Done at the end it changes nothing.

    Says how many copies there are now (``factor``), whether a repair is due now (``repair``), and whether to ask once ``more`` behind it."""
    with connect(config, ADMIN, config.admin_password) as session:
        ring = _Ring(session, config.datacenter)
        nodes = members(session, config.address)
        alone = len(nodes) == 1
        if alone or config.repaired or not ring.due():
            plan = ring.plan(DATA, raised, factor(len(nodes)))
            ring.alter_data(plan)
            if alone or not plan:
                ring.follow()
        repair = not alone and ring.due()
    return ring.told(members=nodes, repair=repair, more=repair)


def lower(config):
    """Lower the copies by one where that is due for the node at ``leaving``: to as many as nodes are left before it goes, since its
    decommission is refused else, and to the usual number once it is ``gone``. Done twice it changes nothing.

    Says whether the node is still one of the ring (``there``), its ``host_id``, how many copies there are now (``factor``), whether to repair
    now (``repair``), and whether to ask once ``more``, with ``repaired`` where that was done. Before the node goes a repair is only told where it has
    to come before an alter: else it waits until it has gone, when each node has a copy of all and one of them repairs everything."""
    with connect(config, ADMIN, config.admin_password) as session:
        ring = _Ring(session, config.datacenter)
        nodes = set(members(session, config.address))
        there = config.leaving in nodes and not config.gone
        left = nodes - {config.leaving}
        idents = {str(row['peer']): str(row['host_id']) for row in session.execute('SELECT peer, host_id FROM system.peers_v2')}
        least = len(left) if there else factor(len(left))
        plan = ring.plan(DATA, lowered, least)
        # At an even number in any case: the note of an earlier version lay on one host's disk.
        first = plan and (ring.due() and not (there and config.dead) or any(value % 2 for value in plan.values()))
        # What a dead node's copies alone had is brought back to a majority behind its removal; no repair works while it is in the ring.
        if there and config.dead:
            give_up(session, config.leaving)
            ring.note(ring.most())
        if first and not config.repaired:
            repair = more = True
        else:
            ring.alter_data(plan)
            if there:
                ring.alter({name: least for name in ring.plan(HISTORY, lowered, least)})
            elif config.repaired and not plan:
                ring.follow()
            repair = not there and ring.due()
            more = repair or bool(ring.plan(DATA, lowered, least))
    return ring.told(members=sorted(nodes if there else left), there=there, host_id=idents.get(config.leaving, ''), repair=repair, more=more)


class _Ring:
    """The keyspaces of a ring as they are, each alter included, and the names of those that were altered."""

    def __init__(self, session, datacenter):
        self._session, self._datacenter = session, datacenter
        found = session.execute('SELECT keyspace_name, replication FROM system_schema.keyspaces')
        self._now = {row['keyspace_name']: dict(row['replication']) for row in found}
        self._altered = set()

    def due(self):
        """Whether a repair is due."""
        return due(self._now, self._datacenter)

    def most(self):
        """Copies of the one of DATA that has the most."""
        return max(copies(self._now.get(name), self._datacenter) for name in DATA)

    def plan(self, names, step, end):
        """{name: next factor} of those that the function ``step`` brings nearer to ``end``."""
        steps = {name: step(self._now.get(name), self._datacenter, end) for name in names}
        return {name: value for name, value in steps.items() if value is not None}

    def alter_data(self, plan):
        """Alter DATA as planned, behind the note that a repair is due then."""
        if plan:
            self.note(max(plan.values()))
            self.alter(plan)

    def note(self, value):
        """Note that a repair is due at so many copies."""
        least = max(value - 1, 1)
        self.alter({name: least for name in self.plan(HISTORY, lowered, least)})

    def follow(self):
        """No repair is due any more: HISTORY gets as many copies as DATA."""
        self.alter(self.plan(HISTORY, wanted, self.most()))

    def alter(self, plan):
        """Alter keyspaces, or make them."""
        for name, value in sorted(plan.items()):
            verb = 'ALTER KEYSPACE' if name in self._now else 'CREATE KEYSPACE IF NOT EXISTS'
            self._session.execute(f"{verb} {name} WITH replication = {{'class': '{NTS}', '{self._datacenter}': {value}}}")
            self._now[name] = {'class': NTS, self._datacenter: str(value)}
            self._altered.add(name)

    def told(self, **more):
        """An answer: whether anything was ``changed``, what was ``altered``, and the least copies of DATA (``factor``)."""
        least = min(copies(self._now.get(name), self._datacenter) for name in DATA)
        return dict(more, changed=bool(self._altered), altered=sorted(self._altered), factor=least)
