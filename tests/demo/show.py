# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns what the modules return into lines for people. Pure."""

from __future__ import annotations

import typing

MIB = 2**20


def table(head: typing.Sequence[str], rows: typing.Iterable[typing.Sequence[object]]) -> str:
    """Columns as wide as their widest cell."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)


def loads(answers: dict[str, dict]) -> str:
    """One table for each host that was asked: every host sees the whole fleet."""
    parts = []
    for observer, answer in sorted(answers.items()):
        rows = []
        for host in answer["hosts"]:
            load = host["load"]
            names = ", ".join(sorted(container["name"] for container in host["containers"])) or "-"
            rows.append((host["host"], f"{load['cpu_used']:.2f} of {load['cpu_capacity']:.1f}",
                         f"{load['memory_used'] // MIB} of {load['memory_capacity'] // MIB}", f"{load['cpu_pressure']:.0f} %", names))
        parts.append(f"as {observer} sees it:\n" + table(("host", "cores", "memory MiB", "cpu pressure", "containers"), rows))
    return "\n".join(parts)


def steps(move: dict) -> str:
    """The steps of a move with their side and their times since the first one, in seconds."""
    taken = sorted(move["steps"], key=lambda step: step["at"])
    start = taken[0]["at"] if taken else 0
    rows = [(f"{(step['at'] - start) / 1000:.2f} s", step["step"]) for step in taken]
    return table(("after", "step"), rows)


def members(answer: dict) -> str:
    """The hosts with their state and the two proofs of life, which come by different ways."""
    rows = [(host["host"], host["address"], host["state"], host["signs"], f"{host['beat']['age_s']} s", host["gossip"]["status"]) for host in answer["hosts"]]
    return table(("host", "address", "state", "signs", "beat's age", "gossip"), rows)


def decision(told: dict) -> str:
    """Why, in words, and every candidate with the figures of formula (1-1)."""
    rows = [(each["host"], f"{each['C']:.2f}", f"{each['M']:.2f}", f"{each['T']:.1f} ms", f"{each['A']:.3f}",
             "chosen" if each["host"] == told["choice"] else "; ".join(each["excluded"])) for each in told["candidates"]]
    stayed = [f"  stays: {brake}" for brake in told["brakes"]]
    return "\n".join([f"  {told['sentence']}", *stayed, table(("host", "C", "M", "T", "A", ""), rows)])


def utilisations(answer: dict) -> str:
    """Each host's processor: how much of it is used, and for how much of the last seconds somebody waited for it."""
    rows = [(host["host"], f"{host['load']['cpu_used'] / host['load']['cpu_capacity']:.0%}", f"{host['load']['cpu_pressure']:.0f} %")
            for host in answer["hosts"]]
    return table(("host", "CPU used", "CPU waited for"), rows)


def timeline(broadcasts: list[dict], since: float, names: typing.Collection[str]) -> str:
    """What was told of a loss and of these containers, in seconds since it happened."""
    rows = [(f"{each['sent_at'] / 1000 - since:.1f} s", each["host"], each["kind"], each["name"], each["detail"])
            for each in broadcasts if each["kind"] == "lost" or each["name"] in names]
    return table(("after", "told by", "what", "container", ""), rows)
