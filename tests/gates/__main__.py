# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m gates [--cheap | --list | PART ...]``: run the parts in order, stop at the first that fails, sum up once."""

from __future__ import annotations

import argparse
import fcntl
import sys
import time
import traceback
from dataclasses import replace

from gates import lab
from gates.part import LOGS, Log, Outcome, Part
from gates.parts import PARTS


def run_part(part: Part) -> Outcome:
    """Run one part, alone of its name in this checkout; what it raises is its failure, with the text in the log."""
    with (LOGS / f"{part.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _run_locked(part)


def _run_locked(part: Part) -> Outcome:
    log = Log(LOGS / f"{part.name}.log")
    log.path.unlink(missing_ok=True)
    try:
        outcome = part.run(log)
    except Exception as error:  # whatever it is, it is told in full, fails the part, and leaves the summary standing
        log.write(traceback.format_exc())
        outcome = Outcome(0, 1, f"{type(error).__name__}: {error}")
    if not outcome.green:
        ran = outcome.detail or ("" if outcome.passed or outcome.failed else "no test ran")
        outcome = replace(outcome, failed=max(outcome.failed, 1), detail=ran)
        print(f"--- {log.path} (its end)\n{log.tail()}\n---", flush=True)
    return outcome


def table(parts: list[Part], done: dict[str, tuple[Outcome, float]]) -> str:
    """The summary: a line a part, also for those that did not run."""
    lines = [f"{'part':<13}{'passed':>7}{'failed':>7}{'time':>8}  "]
    for part in parts:
        if part.name not in done:
            lines.append(f"{part.name:<13}{'-':>7}{'-':>7}{'-':>8}  not run")
            continue
        outcome, seconds = done[part.name]
        lines.append(f"{part.name:<13}{outcome.passed:>7}{outcome.failed:>7}{seconds:>7.0f}s  {outcome.detail or part.what}")
    return "\n".join(lines)


def main() -> int:
    """Select, run, sum up; 0 only if everything selected is green."""
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="gates", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {' '.join(names)}; all, when none is named")
    parser.add_argument("--cheap", action="store_true", help="those that need no lab")
    parser.add_argument("--list", action="store_true", help="list the parts")
    options = parser.parse_args()
    unknown = sorted(set(options.parts) - set(names))
    if unknown:
        parser.error(f"no such part: {' '.join(unknown)}; there are: {' '.join(names)}")
    parts = [p for p in PARTS if (not options.parts or p.name in options.parts) and (p.cheap or not options.cheap)]
    if options.list:
        print("\n".join(f"{part.name:<13}{part.what}" for part in parts))
        return 0

    LOGS.mkdir(parents=True, exist_ok=True)
    done: dict[str, tuple[Outcome, float]] = {}
    try:
        for part in parts:
            print(f"... {part.name}: {part.what}", flush=True)
            begun = time.monotonic()
            outcome = run_part(part)
            done[part.name] = (outcome, time.monotonic() - begun)
            if not outcome.green:
                break
    finally:
        if "lab" in done:
            lab.down()
    print(f"\n{table(parts, done)}\n")
    # Last, since whoever reads a long log from its end looks for exactly this.
    for name in [name for outcome, _seconds in done.values() for name in outcome.names]:
        print(f"did not pass: {name}")
    passed = sum(outcome.passed for outcome, _seconds in done.values())
    failed = sum(outcome.failed for outcome, _seconds in done.values())
    print(f"{passed} passed, {failed} failed")
    return 0 if done and failed == 0 and len(done) == len(parts) else 1


if __name__ == "__main__":
    sys.exit(main())
