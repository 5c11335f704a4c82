# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ring node leaves: copies go down one by one with a repair where it takes one, so that at no time a majority misses what was acknowledged."""

from __future__ import annotations

import pathlib

import pytest
from simulation.copies import address
from simulation.copies_play import Play, repaired


class Leaving(Play):
    """A ring of so many hosts, of which the last one leaves."""

    def __init__(self, folder: pathlib.Path, size: int, dead: bool, **ring: object) -> None:
        super().__init__(folder, size, dead=(f"h{size}",) if dead else (), **ring)
        self.dead = dead

    def leave(self, speaker: str = "h1") -> tuple[int, str]:
        """(exit status, all that was told)."""
        last = self.hosts[-1]
        return self(speaker, "leave", ring_node_leaving=address(last), ring_node_leaving_host=last, ring_node_leaving_dead=self.dead)


EVERYTHING = repaired(["h1"], True)
EACH = repaired(["h1", "h2", "h3", "h4"], False)


@pytest.mark.parametrize(("size", "dead", "copies", "seen"), [
    (2, False, 2, [*EVERYTHING, "1 copies", "h2: decommission"]),
    (3, False, 3, ["2 copies", "h3: decommission", *EVERYTHING]),
    (4, True, 3, ["h1: removenode id-10.0.0.4", *EVERYTHING]),
    (5, False, 5, ["4 copies", "h5: decommission", *EVERYTHING, "3 copies", *EACH]),
    (5, True, 5, ["4 copies", "h1: removenode id-10.0.0.5", *EVERYTHING, "3 copies", *EACH]),
])
def test_no_majority_misses_what_was_acknowledged(tmp_path: pathlib.Path, size: int, dead: bool, copies: int, seen: list[str]) -> None:
    # What came down from 3 copies to 2 may be on one of them alone.
    leaving = Leaving(tmp_path, size, dead, copies=copies, **({"has": 1} if size == 2 else {}))
    code, told = leaving.leave()
    assert code == 0, told
    assert leaving.seen() == seen
    assert (leaving.ring().state["missed"] and not dead, leaving.ring().rests()) == (False, True)


# Within the repair, and behind the removal of the dead one.
@pytest.mark.parametrize(("size", "dead", "copies", "cut"), [(5, False, 5, 6), (4, True, 3, 3)])
def test_what_one_speaker_altered_and_did_not_repair_another_one_repairs(tmp_path: pathlib.Path, size: int, dead: bool, copies: int, cut: int) -> None:
    leaving = Leaving(tmp_path, size, dead, copies=copies)
    leaving.cut(cut)
    code, told = leaving.leave()
    assert (code, leaving.ring().rests()) == (2, False), told
    before = leaving.seen()
    code, told = leaving.leave("h2")
    assert code == 0, told
    done = leaving.seen()[len(before):]
    assert [each for each in done if each.startswith("h2")][:3] == repaired(["h2"], True)
    assert (leaving.ring().state["missed"] and not dead, leaving.ring().rests(), leaving.ring().copies()) == (False, True, 3)
    done = leaving.ring().state
    code, told = leaving.leave("h3")
    assert (code, "changed=0" in told, leaving.ring().state) == (0, True, done), told
