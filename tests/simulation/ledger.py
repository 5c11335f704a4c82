# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The invariants that hold at every step: each conditional write and each touch of an engine is judged as it happens."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import FAILOVER, ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.moves.planning import plan_of
from ansible_collections.ringfleet.core.plugins.module_utils.moves.steps import CLAIMED, DONE, HEALTHY, STOPPED, UNHEALTHY
from ansible_collections.ringfleet.core.plugins.module_utils.names import container_of
from ansible_collections.ringfleet.core.plugins.module_utils.ring.holds import hold_of
from ansible_collections.ringfleet.core.plugins.module_utils.ring.losses import TOGETHER_S
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import LEFT, LOST, MEMBERS
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import Store

from simulation.solitude import Solitude, exclusive

# Nobody is silent for so long who registered since.
LOST_AFTER_S = 5.0
# A host that died is declared lost within so long; until then it passes for well.
UNKNOWN_S = 10.0


class Violation(AssertionError):
    """An invariant does not hold."""


class Ledger:
    """Judges what the watchers of a World do.

    ``instances``: ids of copies that are ringfleet's: named in a row once, or made by a move. ``gone``: {id: when} of
    those that left an engine by somebody else's doing: their user's, or the loss of a disk; ``removed``: those by their user's; ``stopped``: ids
    that lie still by their user's will; ``doubled``: names of which two copies may run, since a failover or a person made one.
    """

    def __init__(self, world):
        self._world = world
        self.holders = {}
        self.instances = {}
        self.gone = {}
        self.removed = set()
        self.stopped = set()
        self.doubled = set()
        self.registered = {}
        self.solitude = Solitude(world, self.instances)
        self._denied = set()
        self._lost_at = {}
        self._away_at = {}
        self.moves = 0
        self.failovers = 0
        self.takeovers = 0

    def _broken(self, what, *args):
        raise Violation(what % args)

    # -- conditional writes -----------------------------------------------------------------------------------------

    def wrote(self, by, before, after):
        """A conditional write was applied."""
        if after.nonce in self._denied:
            self._broken('%s: %s is applied, and its writer was told that it is not', Store.key_of(after), after.nonce)
        if isinstance(after, ContainerRow):
            self._container(by, before, after)
        elif isinstance(after, HostRow):
            self._host(by, before, after)

    def denied(self, row):
        """The writer of a conditional write is told that it is not applied: then it never may be."""
        if self._world.tables.rows[type(row)].get(Store.key_of(row)) == row:
            self._broken('%s: %s was applied, and its writer was told that it is not', Store.key_of(row), row.nonce)
        self._denied.add(row.nonce)

    def _container(self, by, before, after):
        name = after.name
        if after.holder:
            first = self.holders.setdefault((name, after.epoch), after.holder)
            if first != after.holder:
                self._broken('%s: epoch %d was held by %s, now by %s', name, after.epoch, first, after.holder)
        if before is not None and not before.holder and after.holder and after.instance in self.instances:
            self._broken('%s: %s adopts %s, a copy of an earlier epoch', name, by, after.instance[:6])
        if after.instance:
            self.instances[after.instance] = name
            if after.instance not in self.gone and after.instance not in self._world[after.holder].engine.boxes:
                self._broken('%s: %s writes that it is on %s as %s, where it is not', name, by, after.holder, after.instance[:6])
        if before is None:
            return
        if after.epoch not in (before.epoch, before.epoch + 1):
            self._broken('%s: epoch %d after epoch %d', name, after.epoch, before.epoch)
        if before.holder and not after.holder and before.instance not in self.removed and not self._world[before.holder].given_up:
            self._broken('%s: released by %s, and its user never removed %s', name, by, before.instance[:6])
        if before.holder and after.holder and after.holder != before.holder:
            self.moves += 1
            if after.epoch != before.epoch + 1 or not before.move:
                self._broken('%s: from %s to %s without a move or with epoch %d after %d', name, before.holder, after.holder,
                             after.epoch, before.epoch)
        if after.move and after.move != before.move:
            self._claimed(by, before, after)

    def _claimed(self, by, before, row):
        tables = self._world.tables
        if before_claim_has_no_record(tables, row.move):
            self._broken('%s: move %s is claimed without its decision', row.name, row.move)
        if self.plan(row.move).mode == FAILOVER:
            self.doubled.add(row.name)
        elif hold_of(before, self._world[by].clock.wall()) and not self._world[by].clock.jumps:
            self._broken('%s: %s moves it, and somebody has a hold of it', row.name, by)

    def _host(self, by, before, after):
        if before is None:
            return
        if after.generation < before.generation or after.failover_epoch < before.failover_epoch:
            self._broken('%s: generation or failover epoch went back', after.host)
        if (after.generation, after.boot_id) != (before.generation, before.boot_id):
            self.registered[after.host] = self._world.time.now
        if after.away_until != before.away_until:
            self._away_at[after.host] = self._world.time.now
        if after.lease_expired and not before.lease_expired:
            self._marked(by, after.host)
        if before.state in MEMBERS and after.state == LOST:
            self.failovers += 1
            self._declared(by, after.host)
            if self._is_away(by, before):
                self._broken('%s declares %s lost, which is away in order', by, after.host)

    def _is_away(self, by, row):
        """Whether a host said how long it goes away, and that is not over by the clock of who judges it."""
        world, now = self._world, self._world.time.now
        if world[by].clock.jumps or world[row.host].clock.jumps:
            return False
        return row.away_until > world[by].clock.wall() + 1000 and now - self._away_at[row.host] < row.away_for_s - 1

    def _declared(self, by, lost):
        world = self._world
        age = world.time.now - self.registered.get(lost, 0.0)
        if age < LOST_AFTER_S:
            self._broken('%s declares %s lost, which registered %.1f s ago', by, lost, age)
        self._lost_at[lost] = world.time.now
        hosts = [each for each in world.tables.rows[HostRow].values() if each.state != LEFT]
        away = {each.host for each in hosts if each.state == LOST and world.time.now - self._lost_at[each.host] >= TOGETHER_S}
        together = {each.host for each in hosts if each.state == LOST and each.host not in away and not world.sight.hears(by, each.host)} | {lost}
        if 2 * len(together) >= len(hosts) - len(away):
            self._broken('%s declares %s lost: %d of %d hosts within a minute, and half are no majority', by, lost, len(together), len(hosts) - len(away))
        if not world.sight.sees_majority(by, lost):
            self._broken('%s declares %s lost, and sees no majority', by, lost)
        if world.sight.is_well(lost):
            self._broken('%s declares %s lost, which is well and seen', by, lost)

    def _marked(self, by, host):
        """A lease is marked as run out: whoever takes over is not asked anything else."""
        self.takeovers += 1
        running = self.solitude.on(host)
        if running:
            self._broken('%s marks the lease of %s as run out, where %s runs', by, host, ', '.join(running))

    # -- engines ----------------------------------------------------------------------------------------------------

    def made(self, ident, move):
        """A watcher created a copy; one whose original did not run is not started."""
        self.instances[ident] = ''
        plan = self.plan(move)
        if plan is not None and not plan.running:
            box = self._world[plan.source].engine.boxes.get(plan.instance)
            if box is not None and may_lie(self, box):
                self.stopped.add(ident)

    def plan(self, move):
        """The MovePlan of a move, or None where it has none yet."""
        record = self._world.tables.moves.get(move)
        return plan_of(record) if record is not None and record.request else None

    def alone(self):
        """Nothing exclusive runs twice; asked whenever a copy was started, and at every turn of a guard."""
        twice = self.solitude.twice()
        if twice:
            self._broken('exclusive: %s', '; '.join(twice))

    def touches(self, host, action, args):
        """A watcher is about to do something to a container."""
        if action in ('create', 'load', 'tag'):
            return
        box = next((each for ident, each in host.engine.boxes.items() if args[0] in (ident, each['Name'].lstrip('/'))), None)
        if box is None:
            return
        ident, name = box['Id'], container_of(box['Name'].lstrip('/'), box['Id'])
        row = self._world.row(name)
        if ident not in self.instances and not (action == 'set_restart' and _may_become_ours(host, box, row)):
            self._broken('%s: %s of %s on %s, which is its user\'s own', name, action, ident[:6], host.name)
        if action == 'start':
            self._starts(host, box, row)
        if row is None:
            return
        held = row.holder == host.name and row.instance == ident
        # One that slept inside its move's stop starts it again, as it finds that move overtaken: seed 8774.
        if action == 'stop' and held and not row.move and not self._moves_away(host, ident):
            self._broken('%s: %s stops what its row names, without a move', name, host.name)
        if action == 'remove':
            self._removes(host, ident, name, row, held)

    def _just_gone(self, ident):
        """Whether the disks with a copy were lost so short a while ago that nobody can know."""
        return self._world.time.now - self.gone.get(ident, float('-inf')) < UNKNOWN_S

    def _moves_away(self, host, ident):
        """Whether a move that this host claimed for a copy still has its source's part to do."""
        moves = [(each, self.plan(each)) for each in self._world.tables.open_moves.get(host.name, ())]
        return any(plan is not None and (plan.source, plan.instance) == (host.name, ident) and self._world.tables.moves[each].source_step == CLAIMED
                   for each, plan in moves)

    def _starts(self, host, box, row):
        """One more copy runs: of a container that must stop first, no other may, unless its host was lost or its user started it."""
        self.stopped.discard(box['Id'])
        plan = self.plan(row.move) if row is not None else None
        if plan is not None and plan.instance == box['Id'] and self._world.tables.moves[row.move].source_step == STOPPED:
            self._broken('%s: %s starts %s again, and its move is not aborted', row.name, host.name, box['Id'][:6])
        if row is None or exclusive(box) or box['Config']['Labels'].get('ringfleet.mode') == 'start-first' or row.name in self.doubled:
            return
        for other, copy in self._world.copies(row.name):
            if copy is not box and copy['Id'] in self.instances and copy['State']['Status'] == 'running':
                self._broken('%s: %s starts %s while %s runs on %s', row.name, host.name, box['Id'][:6], copy['Id'][:6], other.name)

    def _removes(self, host, ident, name, row, held):
        if held:
            self._broken('%s: %s removes what its row names', name, host.name)
        # What a move made and no row ever named is no copy of anything that ran; what its user removed nobody has to keep a copy of.
        there = self._world[row.holder].engine.boxes if row.holder else ()
        if self.instances[ident] and row.instance not in there and row.instance not in self.removed and not self._just_gone(row.instance):
            self._broken('%s: %s removes %s, and %s of its row is nowhere', name, host.name, ident[:6], row.instance[:6] or 'the one')
        plan = self.plan(row.move)
        if plan is not None and plan.instance == ident and not {HEALTHY, UNHEALTHY, DONE} & set(self._world.tables.moves[row.move].target_times):
            self._broken('%s: %s removes %s, and its move has not said that the other one is there', name, host.name, ident[:6])


def _may_become_ours(host, box, row):
    """Whether an exclusive container may be about to be adopted: its restart policy is taken from Docker before."""
    return exclusive(box) and (row is None or row.holder in ('', host.name))


def may_lie(ledger, box):
    """Whether a container is down by its user's will: stopped while nobody looked, or without a restart policy when all ended."""
    unattended = box['HostConfig']['RestartPolicy'].get('Name') in ('', 'no', None) and not exclusive(box)
    return box['Id'] in ledger.stopped or (box['halted'] and unattended)


def before_claim_has_no_record(tables, move):
    """Whether a claimed move lacks its decision or its request."""
    record = tables.moves.get(move)
    return record is None or not record.request or not any(each.move == move for each in tables.decisions.values())
