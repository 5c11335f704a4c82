# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m chaos [FAULT ...]``: each fault on a real host of the lab, then what must hold; the last line is a count."""

from __future__ import annotations

import argparse
import fnmatch
import subprocess
import sys
import time

from lab import hosts as lab_hosts
from lab import inventory
from lab.shell import LabError, run

from chaos.faults import FAULTS
from chaos.world import ChaosError, World


def joined() -> list[str]:
    """Names of the lab's hosts, brought up and joined."""
    run(sys.executable, "-m", "lab", "up")
    run("ansible-playbook", "-i", str(inventory.FILE), "ringfleet.core.join")
    return lab_hosts.existing()


def one(world: World, name: str, host: str) -> list[str]:
    """Bring about one fault on one host and wait until all is well again; what went wrong, in words."""
    begun = time.monotonic()
    wrong = []
    try:
        FAULTS[name](world, host)
    except (ChaosError, LabError) as error:
        wrong.append(str(error))
    bad_s = time.monotonic() - begun
    try:
        healed_s = world.settle()
    except (ChaosError, LabError) as error:
        wrong.append(str(error))
        healed_s = 0.0
    wrong += world.violations()
    print(f"{'FAILED' if wrong else 'ok':<7}{name:<42}{host:<12}{bad_s:6.0f} s broken, well again {healed_s:4.0f} s after", flush=True)
    for each in wrong:
        print(f"       {each}", flush=True)
    return wrong


def main() -> int:
    """Run the chosen faults, hosts in turn; 0 when nothing went wrong."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"or a glob; all when none is named: {', '.join(FAULTS)}")
    globs = parser.parse_args().faults or ["*"]
    unknown = [glob for glob in globs if not fnmatch.filter(FAULTS, glob)]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    chosen = [name for glob in globs for name in fnmatch.filter(FAULTS, glob)]
    print("chaos: lab and join", flush=True)
    world = World(joined())
    failed = 0
    try:
        world.start()
        print(f"chaos: {len(world.names)} containers, well after {world.settle():.0f} s", flush=True)
        for number, name in enumerate(chosen):
            failed += bool(one(world, name, world.hosts[-1 - number % len(world.hosts)]))
        world.remove()
    finally:
        world.stop()
    print(f"{len(chosen)} faults, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ChaosError, LabError, subprocess.CalledProcessError) as failure:
        print(f"chaos: {failure}", file=sys.stderr)
        sys.exit(1)
