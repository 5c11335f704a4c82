# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sample of 30 containers against one ``docker stats --no-stream`` of the same; aim: 20 times less CPU time."""

from __future__ import annotations

from bench import fleet

COUNT = 30
AIM = 20


def run(hosts: list[str]) -> list[str]:
    """Measure on the first host, its watcher stopped, so that the engine works for the benchmark alone."""
    host = hosts[0]
    with fleet.containers(host, COUNT):
        fleet.on(host, "systemctl", "stop", "ringfleet-watcher")
        try:
            seen = fleet.script(host, "sampling.py")
        finally:
            fleet.on(host, "systemctl", "start", "ringfleet-watcher")
    lines = [f"{seen['containers']} containers{'':<20}{'own CPU':>12}{'engine CPU':>12}{'wall':>12}"]
    names = {"round": "a round of samples", "round_listed": "... and listing them first", "stats": "docker stats --no-stream"}
    for key, name in names.items():
        cost = seen[key]
        lines.append(f"{name:<32}{cost['own'] * 1000:>9.2f} ms{cost['engine'] * 1000:>9.2f} ms{cost['wall'] * 1000:>9.2f} ms")
    total = {key: seen[key]["own"] + seen[key]["engine"] for key in names}
    lines.append(f"CPU time, docker stats over a round: {total['stats'] / total['round']:.1f} times (aim: {AIM}); "
                 f"over a round with listing: {total['stats'] / total['round_listed']:.1f} times")
    return lines
