# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m gates [--cheap | --list | PART ...]``: run the parts, sum up once."""

from __future__ import annotations

import argparse
import sys

from gates import lab, parts
from gates.part import LOGS, Outcome, Part
from gates.running import Run, heed_termination


def table(chosen: list[Part], done: dict[str, tuple[Outcome, float]]) -> str:
    """The summary: a line a part, also for those that did not run."""
    lines = [f"{'part':<13}{'passed':>7}{'failed':>7}{'time':>8}  "]
    for part in chosen:
        if part.name not in done:
            lines.append(f"{part.name:<13}{'-':>7}{'-':>7}{'-':>8}  not run")
            continue
        outcome, seconds = done[part.name]
        lines.append(f"{part.name:<13}{outcome.passed:>7}{outcome.failed:>7}{seconds:>7.0f}s  {outcome.detail or part.what}")
    return "\n".join(lines)


def main() -> int:
    """Select, run, sum up; 0 only if everything selected is green."""
    names = [part.name for part in parts.PARTS]
    parser = argparse.ArgumentParser(prog="gates", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {' '.join(names)}; all, when none is named")
    parser.add_argument("--cheap", action="store_true", help="those that need no lab")
    parser.add_argument("--list", action="store_true", help="list the parts")
    options = parser.parse_args()
    unknown = sorted(set(options.parts) - set(names))
    if unknown:
        parser.error(f"no such part: {' '.join(unknown)}; there are: {' '.join(names)}")

    def selected(group: tuple[Part, ...]) -> list[Part]:
        return [part for part in group if not options.parts or part.name in options.parts]

    early, patient = selected(parts.EARLY), selected(parts.PATIENT)
    ground, on_lab = ([], []) if options.cheap else (selected(parts.GROUND), selected(parts.ON_LAB))
    chosen = early + patient + ground + on_lab
    if options.list:
        print("\n".join(f"{part.name:<13}{part.what}" for part in chosen))
        return 0

    LOGS.mkdir(parents=True, exist_ok=True)
    heed_termination()
    run = Run()
    try:
        if run.strictly(early):
            with run.beside(patient if ground or on_lab else []):
                if run.strictly(ground):
                    run.each(on_lab)
            if not (ground or on_lab):
                run.each(patient)
    finally:
        if "lab" in run.done:
            lab.down()
    print(f"\n{table(chosen, run.done)}\n")
    # Last, since whoever reads a long log from its end looks for exactly this.
    for name in [name for outcome, _seconds in run.done.values() for name in outcome.names]:
        print(f"did not pass: {name}")
    passed = sum(outcome.passed for outcome, _seconds in run.done.values())
    failed = sum(outcome.failed for outcome, _seconds in run.done.values())
    print(f"{passed} passed, {failed} failed")
    return 0 if run.done and failed == 0 and len(run.done) == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
