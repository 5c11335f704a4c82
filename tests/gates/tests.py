# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that are pytest runs, counted by their junit file."""

from __future__ import annotations

import sys
from collections.abc import Callable

from gates import counting
from gates.part import ROOT, Log, Outcome


def pytest(*folders: str, marker: str = "", minutes: float = 20, workers: int = 0) -> Callable[[Log], Outcome]:
    """A part's function: run pytest over the folders, all of which must be there.

    *marker* is its ``-m``; *workers* is how many processes share the tests, 0 for this one alone.
    """

    def run(log: Log) -> Outcome:
        missing = [folder for folder in folders if not (ROOT / folder).is_dir()]
        if missing:
            return Outcome(0, 1, f"missing: {' '.join(missing)}")
        report = log.path.with_suffix(".xml")
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "--durations=10", *folders]
        spread = ["-n", str(workers), "--dist", "worksteal"] if workers else []
        code = log.run(command + spread + (["-m", marker] if marker else []), minutes=minutes)
        if not report.exists():
            return Outcome(0, 1, f"pytest exit {code}")
        outcome = counting.junit(report.read_text(encoding="utf-8"))
        if code and not outcome.failed:
            return Outcome(outcome.passed, 1, f"pytest exit {code}")
        return outcome

    return run
