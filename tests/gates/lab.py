# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts on the lab: real Docker, real Cassandra. It is brought up once, joined by molecule, used by all, and removed."""

from __future__ import annotations

import os
import sys

from gates import counting
from gates.part import CACHE, ROOT, Log, Outcome

HOSTS = 3


def up(log: Log) -> Outcome:
    """Fresh hosts (what an earlier run left is removed first); a test a host."""
    if not (ROOT / "tests" / "lab").is_dir():
        return Outcome(0, 1, "missing: tests/lab")
    for command, minutes in ((["engine"], 10), (["down"], 5), (["up", "--hosts", str(HOSTS)], 20)):
        code = log.run([sys.executable, "-m", "lab", *command], minutes=minutes)
        if code:
            return Outcome(0, 1, f"lab {command[0]}: exit {code}")
    return Outcome(HOSTS, 0, f"{HOSTS} hosts")


def molecule(log: Log) -> Outcome:
    """Scenario ``default`` without its destroy; converge and idempotence are a test each, the verifier's are counted."""
    if not (ROOT / "molecule" / "default" / "molecule.yml").is_file():
        return Outcome(0, 1, "missing: molecule/default")
    log.run(["molecule", "reset", "-s", "default"])
    report = log.path.with_suffix(".xml")
    report.unlink(missing_ok=True)
    steps = 0
    for step in ("create", "converge", "idempotence", "verify"):
        code = log.run(["molecule", step, "-s", "default"], env={"RINGFLEET_JUNIT": str(report)}, minutes=25)
        if code and step != "verify":
            return Outcome(steps, 1, f"molecule {step}: exit {code}")
        steps += step in ("converge", "idempotence")
    if not report.exists():
        return Outcome(steps, 1, f"molecule verify: exit {code}, and no report of its tests")
    verified = counting.junit(report.read_text(encoding="utf-8"))
    failed = max(verified.failed, 1) if code else verified.failed
    return Outcome(steps + verified.passed, failed, f"{verified.passed} verified", verified.names)


def down() -> None:
    """Remove the lab, unless KEEP is set or there is none."""
    if os.environ.get("KEEP") or not (ROOT / "tests" / "lab").is_dir():
        return
    Log(CACHE / "logs" / "lab-down.log").run([sys.executable, "-m", "lab", "down"], minutes=5)
