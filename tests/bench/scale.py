# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a quiet host asks of the store each second, in fleets of 3 to 1,000: real watchers on virtual time.

Three hosts of each fleet run the watcher; of the others there is what a watcher reads: their rows, beats, ring nodes and guards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.ringfleet.core.plugins.module_utils.model import Beat, HostLoad, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import Probe
from ansible_collections.ringfleet.core.plugins.module_utils.store.base import Endpoint
from simulation.engine import image_of
from simulation.twin import TICK_S, Fleet, tokens_of

SIZES = (3, 30, 300, 1000)
REAL = 3
WARM_S = 30
COUNTED_S = 60
WRITES = ("_cas", "put_", "drop_", "index_", "unindex_")
READS = ("read", "scan", "beats", "loads", "placements", "spec", "move", "open_moves", "broadcasts", "decisions", "gossip", "ring_work", "copies")


class Quiet(Fleet):
    """A fleet of which only the first three hosts are more than rows; ``counts`` by kind of request, ``rows`` that they brought."""

    def __init__(self, size: int) -> None:
        self.counts: Counter[str] = Counter()
        self.rows = 0
        super().__init__(REAL)
        self.others = [f"h{number}" for number in range(REAL + 1, size + 1)]
        for number, name in enumerate(self.others, REAL + 1):
            self.tables.rows[HostRow][name] = HostRow(
                host=name, state="normal", generation=1, address=_address(number), boot_id="boot", by=name, nonce=name)
        for host in self.hosts.values():
            host.settings = {"stage_s": 60}
            host.boot()
            _counted(host.store, self._note)
            host.engine.add_image(image_of("web:1"))
            host.engine.run("web-%s" % host.name, "web:1", {"ringfleet.managed": "true"})

    def probe(self, address: str, port: int) -> Probe:
        """Every guard answers."""
        name = "h%d" % _number(address) if _number(address) > REAL else ""
        return Probe(0.5, name, "boot") if name else super().probe(address, port)

    def run(self, seconds: float) -> None:
        """Let time pass; the others beat and gossip each second."""
        for tick in range(int(seconds / TICK_S)):
            if not tick % int(1 / TICK_S):
                self._others_beat()
            super().run(TICK_S)

    def _others_beat(self) -> None:
        now = int(self.time.now)
        for number, name in enumerate(self.others, REAL + 1):
            before = self.tables.beats.get(name, Beat(name, "boot", 1, load=HostLoad(cpu_capacity=1.0, memory_capacity=1 << 30)))
            self.tables.beats[name] = replace(before, counter=now)
            address = _address(number)
            self.tables.endpoints[address] = Endpoint(address, 1, now, "NORMAL", "id-%d" % number, tokens=tokens_of(number))

    def _note(self, name: str, result: Any) -> None:
        self.counts["writes" if name.startswith(WRITES) else "reads"] += 1
        self.rows += len(result) if isinstance(result, list) else 1


def _address(number: int) -> str:
    return "10.0.%d.%d" % divmod(number, 250) if number > REAL else "10.0.0.%d" % number


def _number(address: str) -> int:
    high, low = address.split(".")[2:]
    return int(high) * 250 + int(low)


def _counted(store: Any, note: Callable[[str, Any], None]) -> None:
    for name in dir(store):
        if name in READS or name.startswith(WRITES):
            def call(*args: Any, _name: str = name, _inner: Callable[..., Any] = getattr(store, name), **kwargs: Any) -> Any:
                result = _inner(*args, **kwargs)
                note(_name, result)
                return result
            setattr(store, name, call)


def run() -> list[str]:
    """A line a size: requests and rows a host and second; the ratio is to the smallest fleet."""
    lines, first = [f"{'hosts':>6}{'reads/s':>10}{'writes/s':>10}{'ratio':>8}{'rows/s':>10}"], 0.0
    for size in SIZES:
        fleet = Quiet(size)
        fleet.run(WARM_S)
        fleet.counts.clear()
        fleet.rows = 0
        fleet.run(COUNTED_S)
        reads, writes, rows = (value / COUNTED_S / REAL for value in (fleet.counts["reads"], fleet.counts["writes"], fleet.rows))
        first = first or reads + writes
        lines.append(f"{size:>6}{reads:>10.2f}{writes:>10.2f}{(reads + writes) / first:>8.2f}{rows:>10.0f}")
    return lines
