# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is emptied by playbook, with its progress, and taken back; and one page about the fleet."""

from __future__ import annotations

import pathlib
import typing

from lab import hosts
from lab.shell import CACHE, LabError

from . import ask, show

ASKED = 1
REPORT = CACHE / "lab" / "report.html"


def tell(story: typing.Any, stock: pathlib.Path) -> None:
    """Drain the host that holds most, take it back, write the report; LabError when a playbook fails."""
    asked = hosts.name(ASKED)
    held = [each["holder"] for each in ask.module("ringfleet.core.container_info", asked, stock)[asked]["containers"] if each["holder"]]
    if not held:
        raise LabError("no host holds anything that could be drained")
    leaving = max(sorted(set(held)), key=held.count)
    story.tell(f"{leaving} shall be emptied, say for new disks: ansible-playbook ringfleet.core.drain -e ringfleet_target={leaving}")
    for line in ask.lines("ringfleet.core.drain", stock, ringfleet_target=leaving):
        if line.startswith(f"{leaving}: "):
            story.tell(line)
    print(show.members(ask.module("ringfleet.core.host_info", asked, stock)[asked]))
    story.tell(f"{leaving} has its disks and joins again: ansible-playbook ringfleet.core.join")
    ask.playbook("ringfleet.core.join", stock)
    ask.playbook("ringfleet.core.report", stock, ringfleet_report=str(REPORT))
    story.tell(f"One page about all of it, for a browser: {REPORT}")
