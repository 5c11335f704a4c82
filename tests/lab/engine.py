# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker engine for the lab: the machine's own, or Debian's, installed and started here.

Machines without systemd as PID 1 get the daemon as a background process of the lab's own, with its pid and log in the cache."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess

from .shell import LAB_CACHE, LabError, run, say, succeeds, wait_for

PID_FILE = LAB_CACHE / "dockerd.pid"
LOG_FILE = LAB_CACHE / "dockerd.log"
START_TIMEOUT = 60.0


def answers() -> bool:
    """True when a Docker engine answers on the default socket (or DOCKER_HOST)."""
    return succeeds("docker", "version", "--format", "{{.Server.Version}}")


def install(*packages: str) -> None:
    """Install Debian packages; the only way the lab changes the machine."""
    if os.geteuid() or not shutil.which("apt-get"):
        raise LabError(f"this machine lacks {', '.join(packages)} and the lab can install packages only as root with apt-get: install them and try again")
    say(f"installing {', '.join(packages)}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run("apt-get", "update", "-q", env=env)
    run("apt-get", "install", "-q", "-y", "--no-install-recommends", *packages, env=env)


def ensure() -> None:
    """Return once an engine answers: start, and before that install, one when there is none."""
    if shutil.which("docker") and answers():
        return
    if not shutil.which("dockerd"):
        install("docker.io", "iptables")
    if pathlib.Path("/run/systemd/system").is_dir():
        run("systemctl", "start", "docker")
    else:
        _start()
    wait_for(f"the Docker engine to answer (see {LOG_FILE})", answers, START_TIMEOUT)


def _start() -> None:
    """Start dockerd as a process of its own session, which outlives this command."""
    LAB_CACHE.mkdir(parents=True, exist_ok=True)
    say("starting dockerd")
    with LOG_FILE.open("ab") as log:
        process = subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    PID_FILE.write_text(f"{process.pid}\n")


def stop() -> None:
    """Stop the engine if, and only if, the lab started it."""
    if not PID_FILE.exists():
        say("the engine was not started by the lab: left alone")
        return
    pid = int(PID_FILE.read_text())
    command = pathlib.Path(f"/proc/{pid}/comm")
    if command.exists() and command.read_text().strip() == "dockerd":
        os.kill(pid, signal.SIGTERM)
        wait_for("dockerd to end", lambda: not command.exists(), 30)
    PID_FILE.unlink()
