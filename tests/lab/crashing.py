# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts whose watcher can be told at which write of its store it shall be killed: the very same watcher, with one fuse."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from .shell import run, succeeds

WATCHER = "ringfleet-watcher.service"
_PROGRAM = "/var/lib/ringfleet/crashing_watcher.py"
_FOLDER = f"/etc/systemd/system/{WATCHER}.d"
_DROP_IN = f"{_FOLDER}/a-rflab-crash.conf"
_ORDER = "/var/lib/ringfleet/crash.json"
_DONE = f"{_ORDER}.done"
_UNIT = f"[Service]\nExecStart=\nExecStart=/opt/ringfleet/venv/bin/python {_PROGRAM} --config /etc/ringfleet/watcher.json\nRestartSec=200ms\n"


def install(host: str) -> None:
    """Let a host run the watcher with the fuse, unless it does."""
    if succeeds("docker", "exec", host, "test", "-e", _DROP_IN):
        return
    _write(host, _PROGRAM, (Path(__file__).parent / "on_host" / "crashing_watcher.py").read_text(encoding="utf-8"))
    run("docker", "exec", host, "mkdir", "-p", _FOLDER)
    _write(host, _DROP_IN, _UNIT)
    _restart(host)


def remove(host: str) -> None:
    """Let it run the ordinary one again."""
    if succeeds("docker", "exec", host, "test", "-e", _DROP_IN):
        run("docker", "exec", host, "rm", "-f", _DROP_IN, _ORDER, _DONE, _PROGRAM)
        run("docker", "exec", host, "rmdir", "--ignore-fail-on-non-empty", _FOLDER)
        _restart(host)


def order(host: str, call: str, word: str, when: str) -> None:
    """Kill the watcher ``when`` (before, after) it next makes this ``call`` to its store with this word in what it writes."""
    run("docker", "exec", host, "rm", "-f", _DONE)
    _write(host, _ORDER, json.dumps({"call": call, "word": word, "when": when}))


def is_done(host: str) -> bool:
    """Whether it was killed by the last order."""
    return succeeds("docker", "exec", host, "test", "-e", _DONE)


def withdraw(host: str) -> None:
    """Forget an order that was never carried out."""
    run("docker", "exec", host, "rm", "-f", _ORDER)


def _restart(host: str) -> None:
    run("docker", "exec", host, "systemctl", "daemon-reload")
    run("docker", "exec", host, "systemctl", "restart", WATCHER)


def _write(host: str, path: str, text: str) -> None:
    subprocess.run(["docker", "exec", "-i", host, "tee", path], input=text, text=True, check=True, stdout=subprocess.DEVNULL)
