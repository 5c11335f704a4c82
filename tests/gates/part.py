# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a part of the gates is, and how its commands are run: into a log file, with a deadline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LOGS = CACHE / "logs"
# The environment's own commands come first, also when its Python was called by path.
BIN = Path(sys.executable).parent
TAIL = 60
# Minutes for what takes few of them alone, and many at idle priority.
UNHURRIED = 60
# Commands that run now, of every part.
_running: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class Outcome:
    """What a part counted: tests that passed and that failed, one line about them, and a line for each that did not pass."""

    passed: int
    failed: int
    detail: str = ""
    names: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Nothing failed, and something ran."""
        return self.failed == 0 and self.passed > 0


@dataclass(frozen=True)
class Log:
    """A part's log file; every command of the part appends to it."""

    path: Path

    def write(self, text: str) -> None:
        """Append a text as it is."""
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(text)

    def read(self) -> str:
        """All of it; bytes that are no UTF-8 are shown as escapes."""
        return self.path.read_text(encoding="utf-8", errors="backslashreplace") if self.path.exists() else ""

    def tail(self) -> str:
        """The last lines, for the terminal."""
        return "\n".join(self.read().splitlines()[-TAIL:])

    def run(self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT, minutes: float = 20) -> int:
        """Run a command to its end, all output to the log; its exit code, or 124 past the deadline (the whole group is killed)."""
        self.write(f"$ {' '.join(command)}\n")
        with self.path.open("ab") as stream:
            process = subprocess.Popen(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **(env or {})}, start_new_session=True,
            )
            if os.sched_getscheduler(0) == os.SCHED_IDLE:
                _come_last(process.pid)
            _running.add(process)
            try:
                return process.wait(timeout=minutes * 60)
            except subprocess.TimeoutExpired:
                _kill(process)
                self.write(f"gates: killed after {minutes:g} minutes\n")
                return 124
            except BaseException:
                _kill(process)
                raise
            finally:
                _running.discard(process)


def kill_all() -> None:
    """End every command that a part still runs, also those of other threads."""
    for process in tuple(_running):
        _kill(process)


def _come_last(pid: int) -> None:
    """Let a new session come last as a whole: a kernel that shares out by session (sched_autogroup) looks at priorities within one only."""
    session = Path(f"/proc/{pid}/autogroup")
    if session.exists():
        session.write_text("19", encoding="ascii")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(frozen=True)
class Part:
    """One line of the table in parts.py."""

    name: str
    what: str
    run: Callable[[Log], Outcome]
