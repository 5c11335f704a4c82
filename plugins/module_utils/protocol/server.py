# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's side of the socket: root's own, mode 0600, one line in, one line out, off the loop."""
from __future__ import annotations

import os
import socketserver
import threading

from ..errors import ProtocolError
from . import envelope

_IDLE_S = 30.0


class _Handler(socketserver.StreamRequestHandler):
    timeout = _IDLE_S

    def handle(self):
        while True:
            try:
                line = self.rfile.readline(envelope.MAX_BYTES + 1)
            except OSError:
                # The peer fell silent or went away: nobody is left to be answered.
                return
            if not line:
                return
            if len(line) > envelope.MAX_BYTES:
                text = envelope.failure(None, ProtocolError('The request is larger than %d bytes' % envelope.MAX_BYTES))
            else:
                text = self.server.registry.answer(line.decode('utf-8', 'replace'), self.server.on_bug)
            try:
                self.wfile.write(text.encode('utf-8') + b'\n')
            except OSError:
                return


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves a Registry on a Unix socket; ``start`` and ``stop`` frame its life."""

    daemon_threads = True

    def __init__(self, path, registry, on_bug):
        self.registry = registry
        self.on_bug = on_bug
        if os.path.exists(path):
            # The lock of the watcher proves that nobody serves this socket any more.
            os.unlink(path)
        before = os.umask(0o177)
        try:
            super().__init__(path, _Handler)
        finally:
            os.umask(before)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.5},
                                        name='socket', daemon=True)

    def start(self):
        """Begin to answer."""
        self._thread.start()

    def stop(self):
        """Stop answering and take the socket away."""
        self.shutdown()
        self.server_close()
        os.unlink(self.server_address)
