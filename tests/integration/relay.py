# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests on a watcher's socket over one process that stays on its host: a new one for each would be most of the lab's load."""
from __future__ import annotations

import json
import subprocess

PYTHON = '/opt/ringfleet/venv/bin/python'
_PROGRAM = """
import json, sys, traceback
from ringfleet.protocol.client import Client
for line in sys.stdin:
    method, params = json.loads(line)
    try:
        answer = {'result': Client().call(method, **params)}
    except Exception:
        answer = {'failed': traceback.format_exc()}
    print(json.dumps(answer), flush=True)
"""


class Relay:
    """Asks the watcher of one host, by the installed program."""

    def __init__(self, host):
        self._host = host
        self._process = None

    def ask(self, method, params):
        """The answer. :raises AssertionError: with what went wrong on the host, or because it is down."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(['docker', 'exec', '-i', self._host, PYTHON, '-c', _PROGRAM], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            self._process.stdin.write(json.dumps([method, params]) + '\n')
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ''
        if not line:
            self.close()
            raise AssertionError('%s did not answer %s' % (self._host, method))
        answer = json.loads(line)
        if 'failed' in answer:
            raise AssertionError('%s on %s: %s' % (method, self._host, answer['failed']))
        return answer['result']

    def close(self):
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
