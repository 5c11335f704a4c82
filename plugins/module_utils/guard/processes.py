# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of containers, by what the kernel says (proc(5)): /proc/PID/cgroup names the container's id, whatever cgroup
version or driver Docker uses. dockerd is not asked, so it may be down or hang.
"""
from __future__ import annotations

import os
import signal as signals

# Docker's ids are 64 hexadecimal digits; an order that names less could match what it does not mean.
ID_LENGTH = 64


class Processes:
    """Finds and signals them.

    :param proc: where procfs is mounted; a test hands in a folder of its own.
    """

    def __init__(self, proc='/proc'):
        self._proc = proc

    def of(self, idents):
        """{container id: process ids} of those of ``idents`` that have any; zombies run nothing and do not count."""
        wanted, found = [ident for ident in idents if len(ident) == ID_LENGTH], {}
        for name in os.listdir(self._proc) if wanted else ():
            text = self._text(name, 'cgroup') if name.isdigit() else ''
            for ident in wanted:
                if ident in text and not self._is_zombie(name):
                    found.setdefault(ident, []).append(int(name))
        return found

    def signal(self, ident, pid, number):
        """Send a signal, unless the process is gone or the number is another one's by now."""
        try:
            held = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            # Held by the descriptor, the number cannot become somebody else's between this look and the signal.
            if ident in self._text(str(pid), 'cgroup'):
                signals.pidfd_send_signal(held, number)
        except ProcessLookupError:
            # It ended by itself: what was wanted is so.
            pass
        finally:
            os.close(held)

    def _is_zombie(self, name):
        # pid (comm) state ...; comm may hold anything, also parentheses.
        state = self._text(name, 'stat').rpartition(')')[2].split()
        return not state or state[0] in ('Z', 'X')

    def _text(self, name, what):
        try:
            with open(os.path.join(self._proc, name, what), encoding='utf-8', errors='replace') as stream:
                return stream.read()
        except (FileNotFoundError, ProcessLookupError):
            return ''
