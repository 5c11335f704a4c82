# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All cores loaded for ten minutes at default settings: how often a living host is suspected, and declared lost. The aim is never."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack

from bench import fleet

MINUTES = 10
LOOK_S = 5.0
BUSY = "while True: pass"


def run(hosts: list[str]) -> list[str]:
    """As many busy processes as there are cores, beside the lab; looks at every host's suspects and at the broadcasts."""
    cores = os.cpu_count() or 1
    begun, looks, suspected, blind = time.time(), 0, 0, 0
    with ExitStack() as stack:
        for _core in range(cores):
            stack.callback(_end, subprocess.Popen([sys.executable, "-c", BUSY]))
        while time.time() - begun < 60 * MINUTES:
            for host in hosts:
                # A host that is suspected and a ring out of reach are told by an exit status of 1: that is what is counted here.
                told = fleet.on(host, "sh", "-c", "ringfleet --json status; test $? -le 1")
                looks += 1
                suspected += "taken for lost" in told
                blind += "The ring is out of reach" in told
            time.sleep(LOOK_S)
    lost = fleet.module(hosts[0], "broadcast_info", since=int(time.time() - begun), kind="lost")["broadcasts"]
    return [f"{cores} busy processes on {cores} cores for {MINUTES} minutes, {len(hosts)} hosts",
            f"living hosts declared lost  {len(lost)}", *(f"  {each['detail']}" for each in lost),
            f"looks with a host suspected {suspected} of {looks}", f"looks with the ring away    {blind} of {looks}"]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
