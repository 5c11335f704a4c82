# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands and waiting, the two things every part of the lab does."""

from __future__ import annotations

import hashlib
import pathlib
import subprocess
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LAB_CACHE = CACHE / "lab"


class LabError(Exception):
    """Something the lab needs did not work; the text says what and what to do."""


def run(*argv: str, stdin: typing.IO | None = None, text: str | None = None, env: dict[str, str] | None = None,
        cwd: pathlib.Path | None = None) -> str:
    """Run a command and return what it printed; raise LabError with its error output when it fails."""
    done = subprocess.run(argv, stdin=stdin, input=text, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise LabError(f"{' '.join(argv)[:300]} failed with {done.returncode}: {tail}")
    return done.stdout


def succeeds(*argv: str) -> bool:
    """True when the command exits with 0; for questions whose "no" is an ordinary answer."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def wait_for(what: str, question: typing.Callable[[], bool], timeout: float, step: float = 0.1) -> None:
    """Ask until the answer is yes; raise LabError that names what was waited for after timeout seconds."""
    deadline = time.monotonic() + timeout
    while not question():
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(step)


def digest(*parts: str | bytes) -> str:
    """The first 12 hex digits of the SHA-256 of all parts: the key of a cached thing by its recipe."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:12]


def say(message: str) -> None:
    """One line of progress."""
    print(f"lab: {message}", flush=True)
