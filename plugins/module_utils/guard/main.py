# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard: a tiny process apart from the watcher, standard library only, that answers who this host is.

``python -m ringfleet.guard.main --address A --port P --host NAME``. A frozen host's kernel still accepts connections; only
the answered line proves life. Whoever connects gets one line of JSON (``host``, ``boot_id``) and is let go; the guard reads
nothing from the network and so takes no command from it. The connect time is the route time T of formula (1-1).
"""
from __future__ import annotations

import argparse
import json
import os
import signal
import socket

_BACKLOG = 64
_SEND_S = 1.0


def boot_id():
    """The kernel's boot id."""
    with open('/proc/sys/kernel/random/boot_id', encoding='ascii') as stream:
        return stream.read().strip()


def answer(host, boot):
    """The line that everybody gets."""
    return (json.dumps({'host': host, 'boot_id': boot}) + '\n').encode('utf-8')


def serve(listener, line, stop):
    """Answer until ``stop()``; one peer at a time, none for longer than a second."""
    while not stop():
        try:
            peer, _address = listener.accept()
        except socket.timeout:
            continue
        with peer:
            peer.settimeout(_SEND_S)
            try:
                peer.sendall(line)
            except OSError:
                # It went away before it was answered: nobody is left to be told.
                continue


def notify_ready():
    """Tell systemd (sd_notify(3)) that the port is open; nothing where nobody listens."""
    address = os.environ.get('NOTIFY_SOCKET')
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as conn:
            conn.connect('\0' + address[1:] if address.startswith('@') else address)
            conn.sendall(b'READY=1')


def main(argv=None):
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog='ringfleet-guard', description=__doc__.split('\n', 1)[0])
    parser.add_argument('--address', required=True)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--host', required=True)
    arguments = parser.parse_args(argv)
    stopped = []
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stopped.append(True))
    with socket.create_server((arguments.address, arguments.port), backlog=_BACKLOG) as listener:
        listener.settimeout(0.5)
        notify_ready()
        serve(listener, answer(arguments.host, boot_id()), lambda: bool(stopped))
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
