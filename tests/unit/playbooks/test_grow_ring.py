# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fifth node joined: the role raises the copies one by one, repairs at each number, and goes on wherever another run was cut short."""

from __future__ import annotations

import pathlib

import pytest
from simulation.copies import address
from simulation.copies_play import Play, repaired

EACH = repaired(["h1", "h2", "h3", "h4", "h5"], False)


def test_three_copies_become_five_by_way_of_a_repair_at_four(tmp_path: pathlib.Path) -> None:
    play = Play(tmp_path, 5, copies=3)
    code, told = play("h5", "replication")
    assert code == 0, told
    assert play.seen() == ["4 copies", *EACH, "5 copies", *repaired(["h5"], True)]
    assert (play.ring().state["missed"], play.ring().rests()) == (False, True)


# Between the two alters, and in the midst of the first repair.
@pytest.mark.parametrize("cut", [1, 9])
def test_another_speaker_goes_on_where_a_run_was_cut_short(tmp_path: pathlib.Path, cut: int) -> None:
    play = Play(tmp_path, 5, copies=3)
    play.cut(cut)
    code, told = play("h5", "replication")
    assert (code, play.ring().copies(), play.ring().rests()) == (2, 4, False), told
    before = len(play.seen())
    code, told = play("h1", "replication")
    assert code == 0, told
    # What was repaired in the run before is not known any more. Behind an alter that was cut off the other keyspace takes one more round.
    assert play.seen()[before:] == [*EACH, "5 copies", *(repaired(["h1"], True) if cut > 1 else EACH + repaired(["h1"], True))]
    assert (play.ring().state["missed"], play.ring().rests()) == (False, True)
    done = play.ring().state
    code, told = play("h2", "replication")
    assert (code, "changed=0" in told, play.ring().state) == (0, True, done), told


@pytest.mark.parametrize("known", [True, False])
def test_a_part_is_not_taken_for_the_whole(tmp_path: pathlib.Path, known: bool) -> None:
    play = Play(tmp_path, 5, away=("h2",), copies=3)
    members = {each: address(each) for each in play.hosts if known or each != "h2"}
    code, told = play("h5", "replication", ring_node_members=members)
    assert code == 2 and "and the hosts of 10.0.0.2 cannot be reached or are not in the inventory" in " ".join(told.split()), told
    assert (play.seen(), play.ring().rests()) == (["4 copies"], False)
