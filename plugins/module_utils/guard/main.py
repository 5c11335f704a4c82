# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard: a tiny process apart from the watcher, standard library only, with two duties that must outlive the watcher.

``python -m ringfleet.guard.main --address A --port P --host NAME [--orders FILE --receipt FILE]``

It answers who this host is. A frozen host's kernel still accepts connections; only the answered line proves life. Whoever
connects gets one line of JSON (``host``, ``boot_id``) and is let go; the guard reads nothing from the network and so takes no
command from it. The connect time is the route time T of formula (1-1).

And it ends exclusive containers whose host's lease was not renewed (fencing; design, section 5): what and when is ordered by a
file of root's watcher (orders.py), decided by fence.py.
"""
from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time

from .fence import Fence
from .orders import Post
from .processes import Processes

_POLL_S = 0.25
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


class Orderly:
    """Goes by the orders in a file, step by step.

    :param post: orders.Post. :param fence: fence.Fence.
    """

    def __init__(self, post, fence):
        self._post = post
        self._fence = fence
        self._orders = None
        self._read = None
        self._receipt = None

    def step(self, now):
        """Read the orders if they changed, do what is due, acknowledge if that changed."""
        changed = self._post.changed()
        if changed != self._read:
            try:
                self._orders, self._read = self._post.orders(), changed
            except (OSError, ValueError) as exc:
                # What was ordered before still counts: its deadlines pass, which is the safe side.
                sys.stderr.write('the orders cannot be read: %s\n' % exc)
        receipt = self._fence.step(self._orders, now)
        if receipt != self._receipt:
            for ident, at in receipt.fenced.items():
                if self._receipt is None or self._receipt.fenced.get(ident) != at:
                    sys.stderr.write('container %s must not run here: signalled\n' % ident[:12])
            self._post.acknowledge(receipt)
            self._receipt = receipt


def keep(orderly, stop):
    """Fence until ``stop()``, and tell systemd's watchdog that it goes on."""
    while not stop():
        try:
            orderly.step(time.clock_gettime(time.CLOCK_BOOTTIME))
        except OSError as exc:
            # Not acknowledged, so nothing exclusive is started on the strength of it; tried again.
            sys.stderr.write('%s\n' % exc)
        notify('WATCHDOG=1')
        time.sleep(_POLL_S)


def notify(text):
    """Tell systemd (sd_notify(3)); nothing where nobody listens."""
    address = os.environ.get('NOTIFY_SOCKET')
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as conn:
            conn.connect('\0' + address[1:] if address.startswith('@') else address)
            conn.sendall(text.encode('ascii'))


def main(argv=None):
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog='ringfleet-guard', description=__doc__.split('\n', 1)[0])
    parser.add_argument('--address', required=True)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--host', required=True)
    parser.add_argument('--orders', default='/var/lib/ringfleet/guard/orders.json')
    parser.add_argument('--receipt', default='/run/ringfleet-guard/receipt.json')
    arguments = parser.parse_args(argv)
    stopped = []
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stopped.append(True))
    boot = boot_id()
    orderly = Orderly(Post(arguments.orders, arguments.receipt), Fence(boot, Processes()))
    with socket.create_server((arguments.address, arguments.port), backlog=_BACKLOG) as listener:
        listener.settimeout(0.5)

        def answering():
            try:
                serve(listener, answer(arguments.host, boot), lambda: bool(stopped))
            finally:
                # Without its voice it is no guard: systemd starts it again.
                stopped.append(True)

        # In a thread of its own: neither a slow peer nor a long list of processes keeps the other duty waiting.
        thread = threading.Thread(target=answering, name='answers', daemon=True)
        thread.start()
        notify('READY=1')
        keep(orderly, lambda: bool(stopped))
        thread.join()
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
