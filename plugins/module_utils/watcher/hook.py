# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own command, told of what happens to hosts and their containers (as Keepalived's notify scripts are).

It hears of an event at most once, from one host: the one that did what is told. It runs off the loop, one at a time of each
kind, for 30 s at most; what becomes of it is logged and counted, and changes nothing here.
"""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from collections import deque
from dataclasses import asdict, dataclass

HOST_LOST = 'host_lost'
HOST_RETURNED = 'host_returned'
FAILOVER_DONE = 'failover_done'
FAILOVER_PENDING = 'failover_pending'
# The guard ended an exclusive container because its lease ran out.
FENCED = 'fenced'
KINDS = (HOST_LOST, HOST_RETURNED, FAILOVER_DONE, FAILOVER_PENDING, FENCED)

TIMEOUT_S = 30.0
# So many of a kind may wait for their turn; a command that hangs costs the newest ones.
_WAITING = 100
_FIGURE = re.compile(r'(?<![\w.])\d+(\.\d+)?')
_LAST_WORDS = 2000


@dataclass(frozen=True)
class Event:
    """What the command is told: ``host`` it concerns, ``container`` and the ``target`` where it runs now, or '', and why.

    ``told_by`` is the host that runs the command, ``told_at`` its wall-clock millisecond.
    """
    event: str
    host: str
    container: str = ''
    target: str = ''
    reason: str = ''
    told_by: str = ''
    told_at: int = 0

    def environment(self):
        """Each field as RINGFLEET_*."""
        return {'RINGFLEET_' + name.upper(): str(value).replace('\0', '') for name, value in asdict(self).items()}


def run_command(argv, text, environment, timeout_s):
    """Run a command with ``text`` on its standard input and ``environment`` besides PATH; its output but for errors is dropped.

    :return: '' when it ended with 0, else why not, with its own last words. After ``timeout_s`` it is killed with its children.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as words:
        given.write(text.encode('utf-8'))
        given.seek(0)
        try:
            process = subprocess.Popen(argv, stdin=given, stdout=subprocess.DEVNULL, stderr=words, cwd='/', start_new_session=True,
                                       env=dict(environment, PATH=os.environ.get('PATH', os.defpath)))
        except OSError as exc:
            return 'cannot be started: %s' % exc.strerror
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            # Files, not pipes: a child of it that lives on keeps nobody waiting.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return 'took over %d s and was killed' % timeout_s
        words.seek(max(0, words.seek(0, os.SEEK_END) - _LAST_WORDS))
        said = words.read().decode('utf-8', 'replace').strip().splitlines()
    return 'ended with %d: %s' % (status, said[-1] if said else 'no words') if status else ''


class Hook:
    """Runs the command.

    :param command: its words; () for none. :param host: this host's name. :param run: as ``run_command``.
    :param jobs: as watcher.jobs.Jobs, for this alone: a slow command must not delay moves.
    :param ran: told (event, 'done' or 'failed') after each run.
    """

    def __init__(self, command, host, clock, jobs, run, ran, log):
        self._command = tuple(command)
        self._host = host
        self._clock = clock
        self._jobs = jobs
        self._run = run
        self._ran = ran
        self._log = log
        self._queues = {kind: deque() for kind in KINDS}
        self._reasons = {}

    def tell(self, kind, host, container='', target='', reason=''):
        """Something happened; from any thread. The command hears of it after the next ``look``."""
        queue = self._queues[kind]
        if not self._command:
            return
        if len(queue) >= _WAITING:
            self._log.warning('the hook is not told %s of %s: %d others wait for their turn', kind, container or host, len(queue))
            return
        queue.append(Event(kind, host, container, target, reason, self._host, self._clock.wall()))

    def pending(self, waiting):
        """Tell what waits for a place, once each time a reason begins; changed figures alone are no other reason.

        :param waiting: {container: (its lost host, why it waits, '' while its failover goes on)}, all of them each time.
        """
        self._reasons = {name: why for name, why in self._reasons.items() if name in waiting}
        for name, (host, why) in sorted(waiting.items()):
            bare = _FIGURE.sub('', why)
            if why and self._reasons.get(name) != bare:
                self._reasons[name] = bare
                self.tell(FAILOVER_PENDING, host, name, reason=why)

    def look(self):
        """Begin to run what waits."""
        for kind, queue in self._queues.items():
            if queue:
                self._jobs.start('hook ' + kind, lambda queue=queue: self._drain(queue))

    def _drain(self, queue):
        while queue:
            event = queue.popleft()
            wrong = self._run(self._command, json.dumps(asdict(event)) + '\n', event.environment(), TIMEOUT_S)
            self._ran(event.event, 'failed' if wrong else 'done')
            if wrong:
                self._log.warning('the hook on %s of %s %s', event.event, event.container or event.host, wrong)
