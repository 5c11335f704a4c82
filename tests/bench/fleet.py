# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every benchmark needs: joined hosts, containers to measure, commands and scripts on a host, Ansible's modules."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab import inventory

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = inventory.FILE
PYTHON = "/opt/ringfleet/venv/bin/python"
IMAGE = "rflab-web:1"
PREFIX = "rflab-bench"


class BenchError(Exception):
    """The measurement could not be made; the text carries what the command said."""


def run(*command: str, text: str | None = None) -> str:
    """A command's output. Raises BenchError with its error output when it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(command)[:200]}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


def on(host: str, *command: str) -> str:
    """A command on a host of the lab."""
    return run("docker", "exec", host, *command)


def script(host: str, name: str, *arguments: str) -> dict[str, Any]:
    """Run a script of on_host/ with the fleet's own interpreter there; the JSON that it prints."""
    text = (Path(__file__).parent / "on_host" / name).read_text(encoding="utf-8")
    return json.loads(run("docker", "exec", "-i", host, PYTHON, "-", *arguments, text=text))


def module(on_host: str, module_name: str, /, **arguments: Any) -> dict[str, Any]:
    """The result of one of the collection's modules. Raises BenchError with the module's message when it fails."""
    words = " ".join(f"{key}={value}" for key, value in arguments.items())
    said = run("ansible", on_host, "-i", str(INVENTORY), "-m", f"ringfleet.core.{module_name}", *(("-a", words) if words else ()))
    return json.loads(said.partition("=>")[2])


def hosts() -> list[str]:
    """Names of the lab's members."""
    listed = json.loads(INVENTORY.read_text(encoding="utf-8"))
    return list(listed["ringfleet"]["hosts"])


def join() -> list[str]:
    """Bring the lab up and make its hosts members, if they are not; their names."""
    for command in ([sys.executable, "-m", "lab", "up"], ["ansible-playbook", "-i", str(INVENTORY), "ringfleet.core.join"]):
        print(f"bench: {' '.join(command[-2:])}", flush=True)
        run(*command)
    return hosts()


def until(what: str, question: Callable[[], Any], seconds: float = 60) -> Any:
    """Ask until the answer is yes; that answer. Raises BenchError that names what was waited for."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > end:
            raise BenchError(f"waited {seconds:g} s for {what}")
        time.sleep(0.3)
    return answer


@contextmanager
def containers(host: str, count: int, *options: str, command: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """So many managed containers on a host, removed by name afterwards, also those of an earlier run that was cut off."""
    names = [f"{PREFIX}-{number}" for number in range(1, count + 1)]
    remove(host)
    try:
        for name in names:
            on(host, "docker", "run", "-d", "--name", name, "--label", "ringfleet.managed=true", *options, IMAGE, *command)
        yield names
    finally:
        remove(host)


def running(host: str, prefix: str) -> list[str]:
    """Names of the running containers of a host that begin with a prefix."""
    return on(host, "docker", "ps", "--filter", f"name=^/{prefix}-", "--format", "{{.Names}}").split()


def remove(host: str) -> None:
    """Remove the benchmarks' containers of a host."""
    there = on(host, "docker", "ps", "-aq", "--filter", f"name=^/{PREFIX}-").split()
    if there:
        on(host, "docker", "rm", "-f", *there)
