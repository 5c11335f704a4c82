# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How parts are run: up to the first that fails, each whatever the others do, or beside others in the time that those leave."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from gates.part import LOGS, Log, Outcome, Part, kill_all


@dataclass(frozen=True)
class Run:
    """One run; ``done`` is what each part of it came to, and in how many seconds."""

    done: dict[str, tuple[Outcome, float]] = field(default_factory=dict)

    def strictly(self, parts: Sequence[Part]) -> bool:
        """Run parts up to the first that fails; whether none did."""
        return all(self._green(part) for part in parts)

    def each(self, parts: Sequence[Part]) -> None:
        """Run all parts, also behind one that failed: who cannot run them again at will wants to know all that is wrong."""
        for part in parts:
            self._green(part)

    @contextlib.contextmanager
    def beside(self, parts: Sequence[Part]) -> Iterator[None]:
        """Run all parts while the body runs, on what it leaves of the machine; the end waits for them."""

        over = threading.Event()

        def idly() -> None:
            # Of this thread, and so of all that it starts.
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            for part in parts:
                if not over.is_set():
                    self._green(part)

        thread = threading.Thread(target=idly, name="beside", daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            over.set()
            while thread.is_alive():
                kill_all()
                thread.join(1)
            raise
        thread.join()

    def _green(self, part: Part) -> bool:
        print(f"... {part.name}: {part.what}", flush=True)
        begun = time.monotonic()
        outcome = run_part(part)
        self.done[part.name] = (outcome, time.monotonic() - begun)
        return outcome.green


def heed_termination() -> None:
    """Let SIGTERM end a run as an interrupt from the keyboard does: commands run in sessions of their own, and would run on."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


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
