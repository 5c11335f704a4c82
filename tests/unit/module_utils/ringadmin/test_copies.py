# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However a ring grows and shrinks, and wherever runs are cut short, no majority of the copies misses what one acknowledged."""

from __future__ import annotations

import contextlib
import types
import typing
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulation.copies import Cut, Ring, address

from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import config, replication


def changed(ring: Ring, host: str, command: typing.Callable, **asked: object) -> dict:
    """As the role does it (tasks/copies.yml): ask, repair, ask again; the last answer."""
    done = False
    for _turn in range(12):
        with mock.patch.object(replication, "connect", lambda *_given: contextlib.nullcontext(ring.session())):
            answer = command(config.Config(address=address(host), admin_password="a", watcher_password="w", repaired=done, **asked))
        if answer["repair"]:
            repair(ring, host, answer)
        done = answer["repair"]
        if not answer["more"]:
            return answer
    raise AssertionError(f"it never comes to an end: {ring.state}")


def repair(ring: Ring, host: str, answer: dict) -> None:
    """As the role does it (tasks/repair_altered.yml)."""
    everything = len(answer["members"]) <= answer["factor"]
    for words in (["-full", "ringfleet"] if everything else ["-full", "-pr", "ringfleet"], ["-paxos-only", "ringfleet"]):
        for each in [host] if everything else [f"h{node.rpartition('.')[2]}" for node in answer["members"]]:
            assert ring.nodetool(each, ["repair", *words]) == 0


def left(ring: Ring, host: str, leaving: str, dead: bool = False) -> None:
    """As the role does it (tasks/leave.yml)."""
    answer = changed(ring, host, replication.lower, leaving=address(leaving), dead=dead)
    if answer["there"]:
        assert ring.nodetool(*((host, ["removenode", answer["host_id"]]) if dead else (leaving, ["decommission"]))) == 0
    changed(ring, host, replication.lower, leaving=address(leaving), gone=True)


def founded() -> Ring:
    """A ring of one host."""
    return Ring.made(["h1"], copies=1)


def grown(ring: Ring, size: int) -> Ring:
    """A ring to which hosts joined, one after the other."""
    for number in range(len(ring.state["nodes"]) + 1, size + 1):
        ring.state["nodes"].append(address(f"h{number}"))
        changed(ring, f"h{number}", replication.ensure)
    return ring


def test_copies_go_up_one_by_one_and_are_repaired_at_each_number() -> None:
    ring = grown(founded(), 6)
    short = [each.replace("repair -full", "full").replace("repair -paxos-only", "Paxos").replace(" ringfleet", "") for each in ring.state["seen"]]
    assert short == ["2 copies", "h2: full", "h2: Paxos", "3 copies", "h3: full", "h3: Paxos",
                     "4 copies", *[f"h{each}: full -pr" for each in range(1, 6)], *[f"h{each}: Paxos" for each in range(1, 6)],
                     "5 copies", "h5: full", "h5: Paxos"]
    assert (ring.state["missed"], ring.rests(), ring.copies()) == (False, True, 5)


@pytest.mark.parametrize("size", range(1, 7))
def test_a_ring_that_is_as_it_shall_be_is_left_alone(size: int) -> None:
    ring = grown(founded(), size)
    before = dict(ring.state, seen=list(ring.state["seen"]))
    assert changed(ring, "h1", replication.ensure) == {
        "changed": False, "altered": [], "factor": replication.factor(size), "members": [address(f"h{each}") for each in range(1, size + 1)],
        "repair": False, "more": False}
    assert ring.state == before


def test_founding_takes_one_answer_and_no_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Cassandra makes its own keyspaces; there is none of the fleet yet.
    simple = {"system_auth": "1", "system_distributed": "3", "system_traces": "2"}
    altered = []

    def execute(statement: str) -> list:
        if statement.startswith("SELECT keyspace_name"):
            return [{"keyspace_name": name, "replication": {"class": "org.apache.cassandra.locator.SimpleStrategy", "replication_factor": value}}
                    for name, value in simple.items()]
        if not statement.startswith("SELECT"):
            altered.append(statement.partition(" WITH")[0])
            assert "'dc1': 1}" in statement
        return []

    monkeypatch.setattr(replication, "connect", lambda *_given: contextlib.nullcontext(types.SimpleNamespace(execute=execute)))
    answer = replication.ensure(config.Config(address="10.0.0.1", admin_password="a", watcher_password="w"))
    assert (answer["changed"], answer["repair"], answer["more"], answer["factor"]) == (True, False, False, 1)
    assert altered == ["CREATE KEYSPACE IF NOT EXISTS ringfleet", *[f"ALTER KEYSPACE system_{each}" for each in ("auth", "distributed", "traces")]]


def test_what_a_dead_node_s_removal_left_unrepaired_is_repaired_before_copies_are_lowered() -> None:
    ring = grown(founded(), 4)
    ring.state.update(dead=[address("h4")], seen=[], cut=3)
    with pytest.raises(Cut):
        left(ring, "h1", "h4", dead=True)
    assert (ring.state["seen"], ring.rests()) == (["h1: removenode id-10.0.0.4"], False)
    left(ring, "h2", "h3")
    everything = ["h2: repair -full ringfleet", "h2: repair -paxos-only ringfleet"]
    assert ring.state["seen"][1:] == [*everything, "2 copies", "h3: decommission", *everything]
    assert ring.rests()


CUTS = st.one_of(st.none(), st.integers(0, 25))


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "again"]), CUTS, st.integers(0, 9)), max_size=12))
@example([("join", None, 0)] * 4 + [("leave", 4, 0), ("join", None, 0)])
@example([("join", 2, 0), ("join", None, 0)])
@example([("join", None, 0)] * 5 + [("leave", None, 0), ("leave", 10, 0)])
@example([("join", None, 0)] * 3 + [("join", 5, 0), ("again", None, 1)])
def test_no_majority_misses_what_was_acknowledged(runs: list[tuple[str, int | None, int]]) -> None:
    ring, made = founded(), 1
    for what, cut, speaker in runs:
        nodes = ring.state["nodes"]
        hosts = [f"h{node.rpartition('.')[2]}" for node in nodes]
        ring.state["cut"] = cut
        with contextlib.suppress(Cut):
            if what == "join":
                made += 1
                nodes.append(address(f"h{made}"))
                ring.state["repaired"] = {}
                changed(ring, f"h{made}", replication.ensure)
            elif what == "again" or len(hosts) == 1:
                changed(ring, hosts[speaker % len(hosts)], replication.ensure)
            else:
                left(ring, hosts[speaker % (len(hosts) - 1)], hosts[-1])
        ring.state["cut"] = None
        assert not ring.state["missed"], ring.state["seen"]
    # Whoever speaks next repairs what is due. What a leaving that was cut short did not lower yet stays, in one keyspace too, until it is run again.
    changed(ring, f"h{ring.state['nodes'][-1].rpartition('.')[2]}", replication.ensure)
    assert not ring.owes() and not ring.state["missed"]
    assert ring.copies() >= replication.factor(len(ring.state["nodes"]))
