# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks and modules as a user would, and gives back what they returned."""

from __future__ import annotations

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

from lab.shell import CACHE, ROOT, LabError

# One host's result as the callback "minimal" prints it: "h1 | SUCCESS => {", its lines indented, "}".
RESULT = re.compile(r"^(?P<host>\S+) \| [A-Z]+!? => (?P<result>\{$.*?^\})", re.MULTILINE | re.DOTALL)
BIN = pathlib.Path(sys.executable).parent


def environment() -> dict[str, str]:
    """The environment that the Makefile sets, for a demo that is started by hand."""
    paths = f"{CACHE}:{CACHE / 'vendor'}"
    return dict(os.environ, ANSIBLE_COLLECTIONS_PATH=paths, ANSIBLE_HOME=str(CACHE / "ansible"), PATH=f"{BIN}:{os.environ['PATH']}")


def playbook(name: str, inventory: pathlib.Path, **variables: object) -> list[str]:
    """Run a playbook with variables; the lines of its output, which goes to a file too, and its end to the error when it fails."""
    return list(lines(name, inventory, **variables))


def lines(name: str, inventory: pathlib.Path, **variables: object) -> Iterator[str]:
    """The same, each line as it comes."""
    log, last = CACHE / "lab" / "demo.log", collections.deque[str](maxlen=25)
    command = ["ansible-playbook", "-i", str(inventory), name, "-e", json.dumps(variables)]
    with (log.open("a") as out,
          subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), cwd=ROOT) as process):
        for line in process.stdout or ():
            out.write(line)
            last.append(line.rstrip())
            yield last[-1]
    if process.returncode:
        raise LabError(f"{name} failed with {process.returncode}; the end of {log}:\n" + "\n".join(last))


def module(name: str, hosts: str, inventory: pathlib.Path, arguments: dict | None = None) -> dict[str, dict]:
    """Run one module on hosts; its results by host. LabError with the module's own message when it fails anywhere."""
    command = ["ansible", "-i", str(inventory), hosts, "-m", name]
    command += ["-a", " ".join(f"{key}={value}" for key, value in arguments.items())] if arguments else []
    env = dict(environment(), ANSIBLE_STDOUT_CALLBACK="ansible.builtin.minimal", ANSIBLE_NOCOLOR="1")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    results = {match["host"]: json.loads(match["result"]) for match in RESULT.finditer(done.stdout)}
    for host, result in results.items():
        if result.get("failed") or result.get("unreachable"):
            raise LabError(f"{name} on {host}: {result.get('msg')}")
    if done.returncode or not results:
        raise LabError(f"{name} failed: {done.stderr[-1000:] or done.stdout[-1000:]}")
    return results
