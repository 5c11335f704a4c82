# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeded faults: the invariants hold in every one of many worlds, and every world can be had again. See docs/simulator.md."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from simulation.scenario import KINDS
from simulation.simulate import simulate
from simulation.troubles import scenario_of

# "make simulate" goes on from here; this many take less than a minute and a half on one core.
SEEDS = 320
A_TEST = 20
# One with a failover, moves and crashes.
REPLAYED = 47
# What may happen; a new sort of trouble whose weight is too small to come up would go unnoticed.
HAPPENINGS = (
    'crash migrate sleep_at sleep_at_claim refuse_start loss loss_for_good reboot freeze_host freeze_watcher cut cut_off reads_fail '
    'writes_lost answers_lost node_down outage engine_down engine_mute slow clock guard_down user_stops user_starts '
    'user_removes user_recreates user_runs_again user_duplicates user_runs_unmanaged pause hold drain drain_for_good').split()


@pytest.mark.parametrize('first', range(1, SEEDS, A_TEST))
def test_the_invariants_hold(first):
    outcomes = [simulate(seed) for seed in range(first, first + A_TEST)]
    assert [(each.seed, each.problem) for each in outcomes if each.problem] == []
    assert sum(dict(each.counts)['moves'] for each in outcomes) > 0


def test_a_seed_is_the_same_world_again_here_and_in_any_process():
    told = simulate(REPLAYED)
    assert simulate(REPLAYED).hash == told.hash
    assert simulate(REPLAYED, verbose=True).hash == told.hash
    assert simulate(REPLAYED + 1).hash != told.hash
    tests = Path(__file__).resolve().parent.parent
    code = 'from simulation.simulate import simulate; print(simulate(%d).hash)' % REPLAYED
    for hashseed in ('1', '2'):
        environment = dict(os.environ, PYTHONHASHSEED=hashseed, PYTHONPATH=os.pathsep.join(
            [str(tests), *(str(tests.parent / folder) for folder in ('.cache', '.cache/vendor'))]))
        again = subprocess.run([sys.executable, '-c', code], env=environment, check=True, capture_output=True, text=True)
        assert again.stdout.strip() == told.hash


def test_every_kind_of_container_and_of_trouble_comes_up():
    scenarios = [scenario_of(seed) for seed in range(1, SEEDS)]
    assert {each.kind for scenario in scenarios for each in scenario.containers} == set(KINDS)
    assert {scenario.size for scenario in scenarios} == {3, 4, 5, 6, 7}
    assert {event.what.replace(' ', '_') for scenario in scenarios for event in scenario.events} == set(HAPPENINGS)


def test_the_command_tells_the_seeds_that_fail_and_counts(capsys, monkeypatch):
    from simulation import __main__ as command
    from simulation import simulate as room

    assert command.main(['--first', '7', '--seeds', '2', '--jobs', '1']) == 0
    assert capsys.readouterr().out.splitlines()[-1] == '2 seeds, 0 failed'
    monkeypatch.setattr(room, 'unrest', lambda world, kinds: ['nothing is ever at rest'])
    assert command.main(['--first', '7', '--seeds', '1', '--jobs', '1']) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == '1 seeds, 1 failed'
    assert 'seed 7 failed: no rest within 240 s: nothing is ever at rest' in told
    assert any(line.endswith(' -- no rest within 240 s: nothing is ever at rest') for line in told), 'the end of the trace is not told'
