# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench [sampling] [watcher] [move] [decide]``: all of them when none is named."""

from __future__ import annotations

import argparse
import sys

from bench import decide, fleet, move, sampling, watcher

BENCHMARKS = {"sampling": sampling.run, "watcher": watcher.run, "move": move.run, "decide": decide.run}


def main() -> int:
    """Join the lab's hosts, run, print; 1 with one clear line when a measurement could not be made."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    try:
        hosts = fleet.join()
        for name in names:
            print(f"\n{name}", flush=True)
            print("\n".join(f"  {line}" for line in BENCHMARKS[name](hosts)), flush=True)
    except fleet.BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
