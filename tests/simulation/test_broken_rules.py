# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator sees it when a rule is broken: each is broken on purpose, and a seed tells. Without this, seeds that pass say little."""
from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict
from ansible_collections.ringfleet.core.plugins.module_utils.guard.fence import Fence
from ansible_collections.ringfleet.core.plugins.module_utils.guard.orders import NEVER
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.moves.planning import Planner
from ansible_collections.ringfleet.core.plugins.module_utils.moves.source import Source
from ansible_collections.ringfleet.core.plugins.module_utils.moves.target import Target
from ansible_collections.ringfleet.core.plugins.module_utils.ring import leases, losses
from ansible_collections.ringfleet.core.plugins.module_utils.ring.membership import Membership
from ansible_collections.ringfleet.core.plugins.module_utils.ring.observer import Observer
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import Store
from ansible_collections.ringfleet.core.plugins.module_utils.watcher import drainer
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.coordinator import Coordinator
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.exit_methods import ExitMethods
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.placing import Placing
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.starting import Starting
from simulation.ring import RingStore
from simulation.simulate import simulate


def commit_without_the_nonce(patch):
    """The target commits whatever has become of the row that it decided by."""
    swap = Target._swap
    patch.setattr(Target, '_swap', lambda self, before, after: swap(self, self._parts.store.read(ContainerRow, before.name), after))


def settle_without_the_barrier(patch):
    """A write whose answer is lost is taken for one that is not applied."""
    def settle(self, before, after):
        raise Conflict('not applied')
    patch.setattr(Store, '_settle', settle)


def claim_of_a_host_that_was_not_watched(patch):
    """An observer claims the host's row as it finds it, and not as it watched it."""
    claim = Coordinator._claim
    patch.setattr(Coordinator, '_claim', lambda self, row, why: claim(self, self._b.store.read(HostRow, row.host), why))


def abort_outside_the_row(patch):
    """The source starts its copy again before its abort is applied."""
    abort = Source._abort

    def early(self, plan, row, move, copy, why):
        if copy.state == 'exited' and plan.running:
            self._restore(plan)
        abort(self, plan, row, move, copy, why)
    patch.setattr(Source, '_abort', early)


def loss_without_a_majority(patch):
    """Who is silent for one is lost for all."""
    may_declare = losses.may_declare

    def declare(host, judgement, members, observers):
        return losses.Finding(losses.LOST, 'silent') if judgement.word == losses.LOST else may_declare(host, judgement, members, observers)
    patch.setattr(losses, 'may_declare', declare)


def veto_of_who_judges_nobody(patch):
    """Who cannot see whether anybody died is asked all the same."""
    patch.setattr(Observer, 'judges_nobody', lambda self: '')


def loss_left_to_the_backups(patch):
    """Only the backups of a host declare it, whether they can or not."""
    def is_mine(self, row):
        backups, others = self.backups()[row.host], {each.host for each in self._others()}
        return self._me in backups or not (others - set(self.suspects())).intersection(backups)
    patch.setattr(Observer, '_is_mine', is_mine)


def claim_without_a_decision(patch):
    """A move is claimed before anybody can read why."""
    claim = Planner._claim

    def silent(self, move, ask, row, plan, decision):
        store = self._parts.store
        patch.setattr(store, 'put_decision', lambda each: None)
        return claim(self, move, ask, row, plan, decision)
    patch.setattr(Planner, '_claim', silent)


def no_fence(patch):
    """The guard ends nothing at a lease's end; what must not run at all it still holds down."""
    step = Fence.step

    def lenient(self, orders, now):
        spared = orders and replace(orders, deadlines={ident: at for ident, at in orders.deadlines.items() if at == NEVER})
        return step(self, spared, now)
    patch.setattr(Fence, 'step', lenient)


def mark_before_the_lease_ran_out(patch):
    """An observer marks a lease as soon as it is looked at sharply."""
    patch.setattr(leases, 'runs_out_s', lambda known, row, own_ttl_s, margin_s, now: 0.0)


def takeover_before_the_lease_ran_out(patch):
    """Who is declared lost loses what is exclusive too, whatever its lease says."""
    patch.setattr(Coordinator, '_leased', lambda self, host, row: None)
    patch.setattr(Planner, '_check_lease', lambda self, row: None)


def unwatched(patch, kind):
    """A claim is a write that is applied to whatever is there by then."""
    once = RingStore._cas_once

    def late(self, row, expected):
        now = self.tables.rows[kind].get(self.key_of(row)) if isinstance(row, kind) else None
        mine = now is None or (now.host if kind is HostRow else now.holder) == self._host.name
        return once(self, row, expected if mine else now.nonce)
    patch.setattr(RingStore, '_cas_once', late)


def mark_of_a_lease_that_was_not_watched(patch):
    """An observer marks a lease as it is by then, and not as it watched it."""
    unwatched(patch, HostRow)


def takeover_of_a_row_that_was_not_watched(patch):
    """A container is taken over whatever its row says by then: its holder, which has its lease again, changed it before its start."""
    unwatched(patch, ContainerRow)


def failed_start_left_to_docker(patch):
    """Nobody tries a start again that the engine failed at a boot."""
    patch.setattr(Starting, 'look', lambda self: None)


def failover_that_waits_for_a_host_that_is_gone(patch):
    """Who asked for a failover waits for its move, though the host to which it brought the container is lost as well."""
    standing = Placing.standing

    def patient(self, row):
        if row.name in self._asked:
            self._asked[row.name] = replace(self._asked[row.name], lost=row.holder)
        return standing(self, row)
    patch.setattr(Placing, 'standing', patient)


def claim_that_overlooks_a_hold(patch):
    """A hold that is taken while a move is planned is found by nobody."""
    patch.setattr(Planner, '_check_held', lambda self, row: None)


def reboot_that_passes_for_a_death(patch):
    """Nobody heeds what a host says before it goes away."""
    patch.setattr(Membership, 'away_left_s', lambda self, row: 0.0)


def exit_before_the_failover_ended(patch):
    """A dead host is taken out of the fleet while moves from it are open."""
    patch.setattr(ExitMethods, '_unfinished', lambda self, host, rows: set())


def drain_that_tries_once(patch):
    """A leaving host does not ask again for a move that came to nothing."""
    patch.setattr(drainer, '_AGAIN_S', 3600.0)


@dataclass(frozen=True)
class Rule:
    """How a rule is broken, and how that is seen: by these words, within ``at_most`` seeds that are all about such trouble."""
    broken: object
    about: tuple
    at_most: int
    words: str

    def __str__(self):
        return self.broken.__name__


RULES = (
    Rule(commit_without_the_nonce, ('move_and_sleep',), 100, ''),
    Rule(settle_without_the_barrier, ('move_and_lose_answers',), 100, 'its writer was told that it is not'),
    Rule(claim_of_a_host_that_was_not_watched, ('loss_and_sleep',), 100, 'declares'),
    Rule(abort_outside_the_row, ('move_and_sleep',), 100, 'its move is not aborted'),
    Rule(loss_without_a_majority, ('cut',), 60, 'no majority'),
    Rule(veto_of_who_judges_nobody, ('loss_unobserved',), 200, 'nobody declared it'),
    Rule(loss_left_to_the_backups, ('loss_unobserved',), 100, 'nobody declared it'),
    Rule(claim_without_a_decision, ('move',), 100, 'without its decision'),
    Rule(no_fence, ('lease',), 40, 'exclusive: '),
    Rule(mark_before_the_lease_ran_out, ('lease',), 40, 'as run out, where'),
    Rule(takeover_before_the_lease_ran_out, ('lease',), 40, 'exclusive: '),
    Rule(mark_of_a_lease_that_was_not_watched, ('lease_and_sleep',), 40, 'as run out, where'),
    Rule(takeover_of_a_row_that_was_not_watched, ('lease_and_sleep',), 40, 'exclusive: '),
    Rule(failed_start_left_to_docker, ('boot_and_refuse',), 40, 'does not run on'),
    Rule(failover_that_waits_for_a_host_that_is_gone, ('loss_for_good',), 100, 'which is gone'),
    Rule(claim_that_overlooks_a_hold, ('hold',), 40, 'somebody has a hold of it'),
    Rule(reboot_that_passes_for_a_death, ('reboot',), 40, 'which is away in order'),
    Rule(exit_before_the_failover_ended, ('loss_for_good',), 60, 'is in move'),
    Rule(drain_that_tries_once, ('drain',), 60, 'which leaves'))


@pytest.mark.parametrize('rule', RULES, ids=str)
def test_a_broken_rule_is_seen(rule, monkeypatch):
    seeds = range(1, rule.at_most + 1)
    assert not any(simulate(seed, about=rule.about).problem for seed in seeds[:5])
    rule.broken(monkeypatch)
    problems = (simulate(seed, about=rule.about).problem for seed in seeds)
    assert next((each for each in problems if rule.words in each and each), None) is not None
