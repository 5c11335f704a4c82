# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench [score] [balance] [scale] [sampling] [watcher] [move] [decide] [failover] [drain] [false-loss]``: all of them when none is
named. The first three need no host."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench import balance, decide, drain, failover, false_loss, fleet, move, sampling, scale, score, watcher


@dataclass(frozen=True)
class Benchmark:
    """``run`` gives the lines to print; it takes the names of the lab's hosts where ``needs_hosts``, else nothing."""

    run: Callable[..., list[str]]
    needs_hosts: bool


BENCHMARKS = {
    "score": Benchmark(score.run, needs_hosts=False),
    "balance": Benchmark(balance.run, needs_hosts=False),
    "scale": Benchmark(scale.run, needs_hosts=False),
    "sampling": Benchmark(sampling.run, needs_hosts=True),
    "watcher": Benchmark(watcher.run, needs_hosts=True),
    "move": Benchmark(move.run, needs_hosts=True),
    "decide": Benchmark(decide.run, needs_hosts=True),
    "failover": Benchmark(failover.run, needs_hosts=True),
    "drain": Benchmark(drain.run, needs_hosts=True),
    "false-loss": Benchmark(false_loss.run, needs_hosts=True),
}


def main() -> int:
    """Run and print, with the lab's hosts joined where one is needed; 1 with one clear line when a measurement could not be made."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    chosen = {name: BENCHMARKS[name] for name in parser.parse_args().names or BENCHMARKS}
    try:
        hosts: list[str] = []
        for name, each in chosen.items():
            print(f"\n{name}", flush=True)
            hosts = hosts or fleet.join() if each.needs_hosts else hosts
            print("\n".join(f"  {line}" for line in (each.run(hosts) if each.needs_hosts else each.run())), flush=True)
    except fleet.BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
