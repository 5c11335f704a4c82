# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each copy of a container ran, by its own word: it prints the kernel's uptime five times a second.

All hosts of the lab share one kernel, so the ticks of all copies are on one clock, whatever is cut, frozen or killed between them."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass

COMMAND = ("sh", "-c", "trap 'exit 0' TERM INT; while :; do read -r up rest < /proc/uptime; echo tick $up; sleep 0.2 & wait $!; done")
# A copy that said nothing for so long did not run meanwhile: frozen, or stopped and started again.
GAP_S = 2.0


@dataclass(frozen=True)
class Span:
    """Seconds of uptime between which a copy ran without a break."""

    host: str
    copy: str
    begin: float
    end: float


def spans(host: str, copy: str, ticks: list[float]) -> list[Span]:
    """The spans of a copy's ticks."""
    found: list[Span] = []
    for tick in sorted(ticks):
        if found and tick - found[-1].end <= GAP_S:
            found[-1] = Span(host, copy, found[-1].begin, tick)
        else:
            found.append(Span(host, copy, tick, tick))
    return found


def overlaps(running: list[Span], excused: list[tuple[str, float, float]] = ()) -> list[str]:
    """Where two copies ran at once, in words.

    :param excused: (host, from, to): a copy on that host may run on between these seconds, as just after a thaw.
    """
    found = []
    ordered = sorted(running, key=lambda span: span.begin)
    for place, first in enumerate(ordered):
        for second in ordered[place + 1:]:
            begin, end = second.begin, min(first.end, second.end)
            if first.copy == second.copy or begin > end:
                continue
            if any(host in (first.host, second.host) and since <= begin and end <= until for host, since, until in excused):
                continue
            both = f"{first.copy[:12]} on {first.host} and {second.copy[:12]} on {second.host}"
            found.append(f"{both} both ran from {begin:.1f} to {end:.1f} ({end - begin:.1f} s)")
    return found


class Followers:
    """Follows the output of every copy of some containers on every host; what a killed host had not told is read when it is back."""

    def __init__(self, hosts: list[str], names: list[str]) -> None:
        self._hosts = hosts
        self._names = names
        self._ticks: dict[tuple[str, str, str], set[float]] = {}
        self._following: dict[tuple[str, str, str], subprocess.Popen[str]] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._look, args=(host,), daemon=True) for host in hosts]
        for thread in self._threads:
            thread.start()

    def spans(self, name: str) -> list[Span]:
        """When the copies of a container ran."""
        with self._lock:
            known = {key: sorted(ticks) for key, ticks in self._ticks.items()}
        return [span for (host, called, copy), ticks in known.items() if called == name for span in spans(host, copy, ticks)]

    def stop(self) -> None:
        """End what was started here."""
        self._ending.set()
        for process in self._following.values():
            process.terminate()

    def _look(self, host: str) -> None:
        while not self._ending.wait(0.5):
            listed = subprocess.run(["docker", "exec", host, "docker", "ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.ID}}"],
                                    capture_output=True, text=True, check=False)
            for line in listed.stdout.splitlines() if not listed.returncode else ():
                name, copy = line.split()
                key = (host, name, copy)
                process = self._following.get(key)
                if name in self._names and (process is None or process.poll() is not None):
                    self._follow(key)

    def _follow(self, key: tuple[str, str, str]) -> None:
        host, _name, copy = key
        process = subprocess.Popen(["docker", "exec", host, "docker", "logs", "-f", copy], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._following[key] = process

        def read() -> None:
            for line in process.stdout or ():
                words = line.split()
                if len(words) == 2 and words[0] == "tick":
                    with self._lock:
                        self._ticks.setdefault(key, set()).add(float(words[1]))

        threading.Thread(target=read, daemon=True).start()
