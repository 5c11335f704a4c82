# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory and CPU of a watcher over a minute with 30 managed containers; aim: 64 MB, 1 % of a core."""

from __future__ import annotations

from bench import fleet

COUNT = 30
SETTLE_S = 30
SECONDS = 60


def run(hosts: list[str]) -> list[str]:
    """Measure the watcher of the first host after it has adopted the containers, and an idle one beside it."""
    lines = [f"{'watcher':<32}{'RSS':>10}{'peak':>10}{'core':>9}{'threads':>9}"]
    with fleet.containers(hosts[0], COUNT):
        for host, what in ((hosts[0], f"{COUNT} containers"), (hosts[-1], "none of the benchmark's")):
            pid = fleet.on(host, "systemctl", "show", "-p", "MainPID", "--value", "ringfleet-watcher").strip()
            if host == hosts[0]:
                fleet.script(host, "process.py", pid, str(SETTLE_S))
            seen = fleet.script(host, "process.py", pid, str(SECONDS))
            lines.append(f"{host + ', ' + what:<32}{seen['rss']:>7.1f} MB{seen['peak']:>7.1f} MB{seen['share']:>8.2%}{seen['threads']:>9}")
    lines.append("aim: 64 MB, 1 % of a core")
    return lines
