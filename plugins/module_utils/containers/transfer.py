# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image streams from host to host by ssh (design, section 9): pinned host keys, one forced command, one folder.

Both ends come from the hosts' rows: the source pins the target's ssh host key, the target admits the members' keys for
one command alone, which writes one file of a known name. The source's record of the stream's SHA-256 is what the target
checks before it lets the engine load anything.
"""
from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile

from ..errors import EngineError

USER = 'ringfleet'


class SshTransfer:
    """Sends and receives image streams of one host.

    :param settings: Settings.
    """

    def __init__(self, settings):
        self._settings = settings
        self._folder = os.path.join(settings.state_dir, 'transfer')

    def path(self, move):
        """Where the stream of a move lies on its target."""
        return os.path.join(self._folder, 'incoming', '%s.tar' % move)

    def send(self, row, move, chunks):
        """Stream ``chunks`` to the host of ``row``; returns the SHA-256 of what was sent, in hex.

        :raises EngineError: when the target's ssh server does not take it; with ssh's own last words.
        """
        if not row.ssh_host_key:
            raise EngineError('Host %s has told no ssh host key' % row.host, 'Run ringfleet.core.join on it again.')
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile('w', prefix='known-hosts-', dir=self._settings.state_dir) as known:
            port = '' if row.ssh_port == 22 else ':%d' % row.ssh_port
            name = '[%s]%s' % (row.address, port) if port else row.address
            known.write('%s %s\n' % (name, row.ssh_host_key))
            known.flush()
            command = ['ssh', '-T', '-p', str(row.ssh_port), '-i', self._settings.ssh_key_file,
                       '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=yes',
                       '-o', 'UserKnownHostsFile=%s' % known.name, '-o', 'GlobalKnownHostsFile=/dev/null',
                       '-o', 'HostKeyAlgorithms=%s' % row.ssh_host_key.split(' ', 1)[0],
                       '-o', 'ConnectTimeout=10', '-o', 'ServerAliveInterval=5', '-o', 'LogLevel=ERROR',
                       '%s@%s' % (USER, row.address), 'image', move]
            with tempfile.TemporaryFile(dir=self._settings.state_dir) as words:
                with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words) as ssh:
                    try:
                        for chunk in chunks:
                            digest.update(chunk)
                            ssh.stdin.write(chunk)
                        ssh.stdin.close()
                    except BrokenPipeError:
                        # ssh ended first; its exit status and last words say why.
                        digest = None
                    status = ssh.wait()
                words.seek(0)
                said = words.read().decode('utf-8', 'replace').strip().splitlines()
        if status != 0 or digest is None:
            raise EngineError('The image could not be sent to %s: ssh ended with %d: %s'
                              % (row.host, status, said[-1] if said else 'no words'),
                              'Is port %d of %s open to this host, and its ssh server up?' % (row.ssh_port, row.address))
        return digest.hexdigest()

    def receive(self, move, sha256):
        """The complete stream of a move, opened for reading.

        :raises EngineError: when what lies there is not what the source sent.
        """
        digest = hashlib.sha256()
        try:
            stream = open(self.path(move), 'rb')
        except FileNotFoundError as exc:
            raise EngineError('The image of move %s is not here' % move) from exc
        for chunk in iter(lambda: stream.read(1 << 20), b''):
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            stream.close()
            raise EngineError('The image of move %s arrived damaged' % move)
        stream.seek(0)
        return stream

    def discard(self, move):
        """Take the stream of a move away, where there is one."""
        for path in (self.path(move), self.path(move) + '.part'):
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue

    def admit(self, rows):
        """Write who may send here: the keys of the fleet's other members, each for the one command.

        Replaced at once, so that sshd never reads half a file; left alone when it says so already.
        """
        options = 'restrict,command="%s -m ringfleet.containers.receive %s"' % (
            self._settings.program_python, os.path.join(self._folder, 'incoming'))
        text = ''.join('%s %s\n' % (options, row.ssh_user_key) for row in rows
                       if row.ssh_user_key and row.host != self._settings.host and row.state not in ('left', 'lost'))
        path = os.path.join(self._folder, 'authorized_keys')
        if os.path.exists(path):
            with open(path, encoding='utf-8') as stream:
                if stream.read() == text:
                    return
        try:
            with open(path + '.new', 'w', encoding='utf-8') as stream:
                stream.write(text)
            os.chmod(path + '.new', 0o644)
            os.replace(path + '.new', path)
        except OSError as exc:
            raise EngineError('The keys of those who send images here cannot be written: %s' % exc, 'Look at: df %s.' % self._folder) from exc
