# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab under chaos: its hosts, its containers, what they say of themselves, and waiting for the fleet to be well."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import crashing
from lab.shell import run

from chaos.invariants import Copy, History, Rows, unsettled
from chaos.ring import Ring, Unreadable
from chaos.ticks import COMMAND, Followers, overlaps

IMAGE = "rflab-web:1"
PREFIX = "chaos"
CHECKED = ("--health-cmd", "wget -q -O /dev/null http://127.0.0.1/", "--health-interval", "1s")
SETTLE_S = 420.0


class ChaosError(Exception):
    """A fault could not be brought about, or the fleet did not get well: the text says what."""


class World:
    """The hosts of the lab with containers of each kind on them.

    :param hosts: names of joined hosts.
    """

    def __init__(self, hosts: list[str]) -> None:
        self.hosts = hosts
        self.history = History()
        self.thaws: list[tuple[str, float, float]] = []
        self._folder = tempfile.TemporaryDirectory()
        self.ring = Ring(hosts, Path(self._folder.name))
        self.free = [f"{PREFIX}-free-{number}" for number, _host in enumerate(hosts, 1)]
        self.exclusive = [f"{PREFIX}-one-{number}" for number, _host in enumerate(hosts, 1)]
        # Every second free one: it has a health check and moves without a gap.
        self.start_first = self.free[1::2]
        self.names = [*self.free, *self.exclusive]
        self.followers = Followers(hosts, self.exclusive)
        self._ending = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # -- on the hosts -----------------------------------------------------------------------------------------------

    @staticmethod
    def on(host: str, *command: str) -> str:
        """A command on a host."""
        return run("docker", "exec", host, *command)

    @staticmethod
    def tried(host: str, *command: str) -> str:
        """The same where a failure is an ordinary answer: ''."""
        done = subprocess.run(["docker", "exec", host, *command], capture_output=True, text=True, check=False)
        return done.stdout if not done.returncode else ""

    def start(self) -> None:
        """A free and an exclusive container on each host; every second free one moves without a gap."""
        self.remove()
        for number, host in enumerate(self.hosts):
            mode = ("--label", "ringfleet.mode=start-first", *CHECKED) if self.free[number] in self.start_first else ()
            self.on(host, "docker", "run", "-d", "--name", self.free[number], "--label", "ringfleet.managed=true", "--restart", "always", *mode, IMAGE)
            self.on(host, "docker", "run", "-d", "--name", self.exclusive[number], "--label", "ringfleet.managed=true",
                    "--label", "ringfleet.exclusive=true", "--stop-timeout", "3", IMAGE, *COMMAND)

    def remove(self) -> None:
        """The containers of this and of an earlier run, by their names."""
        for host in self.hosts:
            there = self.tried(host, "docker", "ps", "-aq", "--filter", f"name=^/{PREFIX}-").split()
            if there:
                self.on(host, "docker", "rm", "-f", *there)

    def copies(self) -> list[Copy]:
        """Every copy on every host that answers."""
        found = []
        for host in self.hosts:
            for line in self.tried(host, "docker", "ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.ID}} {{.State}}").splitlines():
                name, ident, state = line.split()
                found.append(Copy(host, name, ident, state))
        return found

    # -- what the ring says -----------------------------------------------------------------------------------------

    def containers(self) -> Rows:
        """Rows of this run's containers."""
        return {name: row for name, row in self.ring.rows("containers", "name").items() if name in self.names}

    def members(self) -> Rows:
        """Rows of the hosts."""
        return self.ring.rows("hosts", "host")

    def until(self, what: str, question: Callable[[], Any], limit_s: float = 120.0) -> Any:
        """The first true answer. Raises ChaosError that names what was waited for; a ring that cannot be read is no answer."""
        end = time.monotonic() + limit_s
        while True:
            try:
                answer = question()
            except Unreadable:
                answer = None
            if answer:
                return answer
            if time.monotonic() > end:
                raise ChaosError(f"waited {limit_s:g} s in vain for {what}")
            time.sleep(0.5)

    def well(self) -> list[str]:
        """What is not as it shall be when nothing is broken."""
        return unsettled(self.names, self.containers(), {host: row for host, row in self.members().items() if host in self.hosts}, self.copies(),
                         [(host, ident) for host, ident in self.ring.open_moves() if host in self.hosts])

    def settle(self) -> float:
        """Wait until all is well, twice in a row; seconds that it took. Raises ChaosError with what is not."""
        begun, calm, last = time.monotonic(), 0, ["nothing could be read"]
        while calm < 2:
            try:
                last = self.well()
            except Unreadable as error:
                last = [f"the ring does not answer: {error}"]
            calm = 0 if last else calm + 1
            if last and time.monotonic() - begun > SETTLE_S:
                raise ChaosError(f"not well {SETTLE_S:g} s after everything was healed: {'; '.join(last)}")
            time.sleep(2.0)
        return time.monotonic() - begun

    def violations(self) -> list[str]:
        """What must never be, and was."""
        return self.history.violations + [f"{name}: {what}" for name in self.exclusive for what in overlaps(self.followers.spans(name), self.thaws)]

    def stop(self) -> None:
        """End everything that this object started."""
        self._ending.set()
        self._reader.join()
        self.followers.stop()
        for host in self.hosts:
            crashing.remove(host)
        self.ring.close()
        self._folder.cleanup()

    def _read(self) -> None:
        while not self._ending.wait(1.0):
            try:
                self.history.note(self.containers())
            except Unreadable:
                continue
