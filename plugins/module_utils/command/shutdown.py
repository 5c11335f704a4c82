# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit ``ringfleet-away.service`` runs when it is stopped: tells the fleet that this host goes away in order, if the
whole machine does. A unit that is stopped by itself, as for an upgrade, tells nothing.

Exit status: 0 told, or nothing to tell; 1 it could not be told, so the host will be taken for lost.
"""
from __future__ import annotations

import argparse
import subprocess
import sys

from ..errors import RingfleetError
from ..protocol.client import SOCKET, Client

# systemd(1): each way down has its target; a soft reboot stops every unit too.
TARGETS = frozenset(('shutdown.target', 'reboot.target', 'poweroff.target', 'halt.target', 'kexec.target', 'soft-reboot.target'))
_TELL_S = 10.0
_ASK_S = 5


def ask_systemd(*words):
    """The standard output of systemctl; its exit status says nothing that it does not say in words."""
    return subprocess.run(('systemctl',) + words, capture_output=True, text=True, timeout=_ASK_S, check=False).stdout


def going_down(ask=ask_systemd):
    """Whether the machine shuts down or reboots: systemd says that it is stopping, or has a job for it queued."""
    if ask('is-system-running').strip() == 'stopping':
        return True
    jobs = (line.split() for line in ask('list-jobs', '--no-legend', '--plain').splitlines())
    return any(len(job) > 2 and job[1] in TARGETS and job[2] == 'start' for job in jobs)


def main(argv=None, ask=ask_systemd, err=sys.stderr):
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog='ringfleet-away', description=__doc__.split('\n', 1)[0])
    parser.add_argument('--socket', default=SOCKET)
    arguments = parser.parse_args(argv)
    try:
        if going_down(ask):
            Client(arguments.socket, _TELL_S).poll(lambda _answer: True, 'host.away', timeout_s=_TELL_S)
    except (RingfleetError, OSError, subprocess.TimeoutExpired) as exc:
        err.write('the fleet was not told that this host goes away: %s\n' % exc)
        return 1
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
