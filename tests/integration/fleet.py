# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real hosts with a real ring, looked at and acted on from outside."""
from __future__ import annotations

import json
import os
import subprocess
import time
import uuid

from lab import inventory

from integration.relay import Relay

IMAGE = 'rflab-web:1'


def sh(*argv, check=True, text=None):
    """A command's standard output."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError('%s ended with %d: %s%s' % (' '.join(argv), done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
    return done.stdout


def gist(output):
    """What failed in a playbook's run, and what it changed, in one line: a report of many tests shows no more of one."""
    task, told = '', []
    for line in output.splitlines():
        if line.startswith(('TASK [', 'RUNNING HANDLER [')):
            task = line.split('[', 1)[1].split(']')[0]
        elif line.startswith(('fatal:', 'failed:', 'changed:', '[ERROR]')):
            told.append('%s: %s' % (task, line[:200]))
    return '; '.join(sorted(told, key=lambda each: ': changed:' in each))


class Host:
    """One lab host."""

    def __init__(self, name):
        self.name = name
        self.relay = Relay(name)

    def sh(self, *argv, check=True, text=None):
        """Run on the host."""
        return sh('docker', 'exec', '-i', self.name, *argv, check=check, text=text)

    def docker(self, *argv, check=True):
        """The host's own docker."""
        return self.sh('docker', *argv, check=check).strip()

    def run(self, name, *options, image=IMAGE, command=()):
        """``docker run -d`` of a managed container."""
        return self.docker('run', '-d', '--name', name, '--label', 'ringfleet.managed=true', '--label', 'rflab=it',
                           *options, image, *command)

    def inspect(self, name):
        """The engine's inspect, or None."""
        text = self.docker('inspect', '--type', 'container', name, check=False)
        found = json.loads(text or '[]')
        return found[0] if found else None

    def call(self, method, /, **params):
        """A request on the watcher's socket, by the installed program."""
        return self.relay.ask(method, params)

    def module(self, name, check_mode=False, /, **arguments):
        """A module of ours: its result on this host; ``failed`` is in it when it failed."""
        return self.ansible('ringfleet.core.%s' % name, check_mode, **arguments)

    def ansible(self, name, check_mode=False, /, **arguments):
        """The same of any module."""
        argv = ['ansible', '-i', str(inventory.FILE), self.name, '-m', name,
                *(['-a', json.dumps(arguments)] if arguments else []), *(['--check', '--diff'] if check_mode else [])]
        done = subprocess.run(argv, capture_output=True, text=True, check=False,
                              env=dict(os.environ, ANSIBLE_NOCOLOR='1', ANSIBLE_CALLBACK_RESULT_FORMAT='json'))
        for line in done.stdout.splitlines():
            if '=> {' in line:
                result = json.loads(done.stdout[done.stdout.index('=> {') + 3:])
                return dict(result, failed='FAILED!' in line, output=done.stdout + done.stderr)
        raise AssertionError('no result: %s%s' % (done.stdout, done.stderr))


class Fleet:
    """Joined hosts, by number from 1."""

    def __init__(self, names):
        self.hosts = [Host(name) for name in names]

    def __getitem__(self, number):
        return self.hosts[number - 1]

    @staticmethod
    def playbook(name, *more, collections=None):
        """A playbook of the collection on the lab; (exit status, output, its gist first). ``collections``: where another version of it is."""
        own = {'ANSIBLE_COLLECTIONS_PATH': collections} if collections else {}
        done = subprocess.run(['ansible-playbook', '-i', str(inventory.FILE), 'ringfleet.core.%s' % name, *more], capture_output=True, text=True,
                              check=False, env=dict(os.environ, ANSIBLE_NOCOLOR='1', **own))
        return done.returncode, '%s\n%s' % (gist(done.stdout), done.stdout + done.stderr)

    @staticmethod
    def changes(output):
        """{host: changed} of a run of a playbook."""
        lines = [line.split() for line in output[output.index('PLAY RECAP'):].splitlines() if 'changed=' in line]
        return {words[0]: int(next(word for word in words if word.startswith('changed=')).split('=')[1]) for words in lines}

    def until(self, condition, what, limit_s=120):
        """Wait for a condition; its last answer in the failure. A request that fails meanwhile is asked again."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                answer = condition()
            except AssertionError as exc:
                answer, failed = None, exc
            else:
                failed = None
            if answer:
                return answer
            if failed and time.monotonic() >= deadline:
                raise failed
            assert time.monotonic() < deadline, 'never came true: %s (%r)' % (what, answer)
            time.sleep(0.3)

    def row(self, name):
        """The container's row, or None."""
        found = self[1].call('container.info')['containers']
        return next((each for each in found if each['name'] == name), None)

    def adopted(self, *names):
        """Wait until the containers are adopted."""
        self.until(lambda: {each['name'] for each in self[1].call('container.info')['containers'] if each['holder']}
                   >= set(names), 'adoption of %s' % ', '.join(names))

    def ended(self, ident, limit_s=180):
        """Wait until nobody has a part left in a move; the move."""
        def look():
            move = self[3].call('move.info', id=ident)['moves'][0]
            over = move['source_step'] in ('cleaned', 'aborted') and (
                move['target_step'] in ('done', 'withdrawn', '') or move['outcome'] == 'done')
            return move if over else None
        return self.until(look, 'the end of move %s' % ident, limit_s)

    def copies(self, name):
        """[(host, state)] of every copy."""
        found = []
        for host in self.hosts:
            inspected = host.inspect(name)
            if inspected:
                found.append((host.name, inspected['State']['Status'], inspected['Id']))
        return found

    def assert_runs_once(self, name):
        """Exactly one copy, running, where its row says."""
        copies, row = self.copies(name), self.row(name)
        assert copies == [(row['holder'], 'running', row['instance'])]
        assert row['move'] == ''

    def remove(self, *names):
        """Take a test's containers away; their rows are released after a while."""
        for host in self.hosts:
            host.docker('rm', '-f', *names, check=False)


def joined(names):
    """Yields the Fleet of these hosts, joined when one of them is not, and removes what its tests left behind."""
    inventory.write(names)
    made = Fleet(names)
    if not all(host.sh('systemctl', 'is-active', 'ringfleet-watcher', check=False).strip() == 'active' for host in made.hosts):
        code, output = made.playbook('join')
        assert code == 0, output
    for host in made.hosts:
        made.until(lambda host=host: host.call('watcher.status')['registered'], '%s to be registered' % host.name)
    yield made
    for host in made.hosts:
        left = host.docker('ps', '-aq', '--filter', 'label=rflab=it', check=False).split()
        if left:
            host.docker('rm', '-f', *left, check=False)
        host.relay.close()


def named(fleet):
    """Yields a container name of one test's own, and removes what has it."""
    made = 'it-%s' % uuid.uuid4().hex[:8]
    yield made
    fleet.remove(made)
