# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts on the lab: real Docker, real Cassandra. It is created once by molecule, joined, used by all, and removed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from gates import counting
from gates.part import CACHE, ROOT, Log, Outcome

# So many the scenario makes whose hosts all others use.
HOSTS = 3
CREATOR = "default"
# Where .config/molecule/config.yml lets the verifier write it.
REPORT = CACHE / "logs" / "molecule.xml"


def up(log: Log) -> Outcome:
    """Fresh hosts (what an earlier run left is removed first); a test a host."""
    if not (ROOT / "tests" / "lab").is_dir():
        return Outcome(0, 1, "missing: tests/lab")
    log.run(["molecule", "reset", "-s", CREATOR])
    for command in ([sys.executable, "-m", "lab", "engine"], [sys.executable, "-m", "lab", "down"], ["molecule", "create", "-s", CREATOR]):
        code = log.run(command)
        if code:
            return Outcome(0, 1, f"{' '.join(command[1:])}: exit {code}")
    return Outcome(HOSTS, 0, f"{HOSTS} hosts")


def molecule(scenario: str, *steps: str) -> Callable[[Log], Outcome]:
    """A part's function: a scenario on the lab's hosts. Each step is a test; of ``verify`` the verifier's own are counted."""

    def run(log: Log) -> Outcome:
        if not (ROOT / "molecule" / scenario / "molecule.yml").is_file():
            return Outcome(0, 1, f"missing: molecule/{scenario}")
        log.run(["molecule", "reset", "-s", scenario])
        REPORT.unlink(missing_ok=True)
        for done, step in enumerate(steps):
            code = log.run(["molecule", step, "-s", scenario], minutes=25)
            if code:
                return Outcome(done, 1, f"molecule {step}: exit {code}")
        code = log.run(["molecule", "verify", "-s", scenario], minutes=25)
        if not REPORT.exists():
            return Outcome(len(steps), 1, f"molecule verify: exit {code}, and no report of its tests")
        verified = counting.junit(REPORT.read_text(encoding="utf-8"))
        log.run(["molecule", "cleanup", "-s", scenario])
        failed = max(verified.failed, 1) if code else verified.failed
        return Outcome(len(steps) + verified.passed, failed, f"{verified.passed} verified", verified.names)

    return run


def down() -> None:
    """Remove the lab, unless KEEP is set or there is none."""
    if os.environ.get("KEEP") or not (ROOT / "tests" / "lab").is_dir():
        return
    Log(CACHE / "logs" / "lab-down.log").run([sys.executable, "-m", "lab", "down"], minutes=5)
