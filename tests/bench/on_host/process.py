# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a fleet host: memory and CPU share of a process over so many seconds. Arguments: pid, seconds."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

pid, seconds = sys.argv[1], float(sys.argv[2])
TICK = os.sysconf("SC_CLK_TCK")


def cpu() -> float:
    """CPU seconds of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def megabytes(key: str) -> float:
    """A memory figure out of /proc/PID/status."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{key}:")]
    return int(line.split()[1]) / 1024


begun, before = time.monotonic(), cpu()
time.sleep(seconds)
share = (cpu() - before) / (time.monotonic() - begun)
json.dump({"share": share, "rss": megabytes("VmRSS"), "peak": megabytes("VmHWM"), "threads": len(os.listdir(f"/proc/{pid}/task"))}, sys.stdout)
