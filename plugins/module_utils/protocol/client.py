# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' side of the socket: one request, one answer, no third-party package."""
from __future__ import annotations

import getpass
import socket
import time

from ..errors import ProtocolError, RingfleetError, StoreUnavailable, WatcherUnavailable
from . import envelope

SOCKET = '/run/ringfleet/watcher.sock'
_LOOK = 'Look at: systemctl status ringfleet-watcher; journalctl -u ringfleet-watcher.'


class Client:
    """Asks the local watcher. ``timeout_s`` bounds one request as a whole, not a move: long work is polled."""

    def __init__(self, path=SOCKET, timeout_s=15.0):
        self.path = path
        self.timeout_s = timeout_s

    def call(self, method, /, **params):
        """The result of ``method``.

        :raises WatcherUnavailable: no socket, nobody listening, no permission, no answer in time.
        :raises RingfleetError: what the watcher answered.
        """
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conn:
                conn.settimeout(self.timeout_s)
                conn.connect(self.path)
                conn.sendall(envelope.request(method, params).encode('utf-8') + b'\n')
                text = self._line(conn)
        except FileNotFoundError as exc:
            raise WatcherUnavailable('The watcher is down, or this host is no member: no socket %s' % self.path,
                                     _LOOK) from exc
        except PermissionError as exc:
            raise WatcherUnavailable('No permission for the socket %s' % self.path,
                                     "It is root's: run the task with become.") from exc
        except ConnectionRefusedError as exc:
            raise WatcherUnavailable('The watcher is down: nobody listens on %s' % self.path, _LOOK) from exc
        except socket.timeout as exc:
            raise WatcherUnavailable('The watcher did not answer %s within %d s' % (method, self.timeout_s),
                                     _LOOK) from exc
        except OSError as exc:
            raise WatcherUnavailable('The watcher cannot be reached on %s: %s' % (self.path, exc), _LOOK) from exc
        return envelope.parse_answer(text)

    @staticmethod
    def _line(conn):
        chunks, size = [], 0
        while not chunks or not chunks[-1].endswith(b'\n'):
            chunk = conn.recv(1 << 16)
            if not chunk:
                raise WatcherUnavailable('The watcher closed the connection before it answered', _LOOK)
            chunks.append(chunk)
            size += len(chunk)
            if size > envelope.MAX_BYTES:
                raise ProtocolError('The answer is larger than %d bytes' % envelope.MAX_BYTES, 'Ask for less.')
        return b''.join(chunks).decode('utf-8')

    def poll(self, until, method, /, timeout_s, every_s=0.3, **params):
        """Ask again and again until ``until(answer)`` or ``timeout_s`` passed; returns the last answer.

        A watcher that restarts in between, or has no answer from the ring for a moment, is waited for: what it does goes
        on by itself.

        :raises WatcherUnavailable, StoreUnavailable: when that lasted to the end.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                answer = self.call(method, **params)
            except (WatcherUnavailable, StoreUnavailable):
                if time.monotonic() >= deadline:
                    raise
            else:
                if until(answer) or time.monotonic() >= deadline:
                    return answer
            time.sleep(every_s)


def argument_spec(**options):
    """A module's argument spec: its own options and the socket."""
    return dict(options, socket={'type': 'path', 'default': SOCKET})


def asker():
    """Who asks by a module, in words."""
    return '%s by Ansible' % getpass.getuser()


def run(module, work):
    """A module's whole body: ``work(client)`` is its result; the one place where our errors become ``fail_json``."""
    try:
        result = work(Client(module.params['socket']))
    except RingfleetError as exc:
        module.fail_json(msg=str(exc), kind=type(exc).__name__, remedy=exc.remedy)
    module.exit_json(**result)
