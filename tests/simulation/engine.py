# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container engine in memory: what Docker promises and ringfleet relies on. It passes the engine's contract tests."""
from __future__ import annotations

import contextlib
import copy
import hashlib
import json

from ansible_collections.ringfleet.core.plugins.module_utils.containers.engine import Engine, Event, Summary
from ansible_collections.ringfleet.core.plugins.module_utils.errors import EngineError, NoSuchContainer, NoSuchImage
from ansible_collections.ringfleet.core.plugins.module_utils.names import LABEL_MOVE

# What no image has: it cannot be started.
NOWHERE = '/nowhere'
_NEVER = '0001-01-01T00:00:00Z'


def _id_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


def image_of(name, **config):
    """A one-layer image, as inspected."""
    digest = 'sha256:' + _id_of('image ' + name)
    return {'Id': digest, 'RepoTags': [name], 'RepoDigests': [], 'Architecture': 'amd64', 'Size': 1 << 20,
            'RootFS': {'Type': 'layers', 'Layers': ['sha256:' + _id_of('layer ' + name)]}, 'Config': config}


class FakeEngine(Engine):
    """One host's engine.

    :param clock: tells when a health check turned. :param health_s: seconds from start to healthy.
    """

    def __init__(self, host, clock, health_s=1.0):
        self.host = host
        self.clock = clock
        self.health_s = health_s
        self.images = {}
        self.boxes = {}
        self.queue = []
        self.refuses_start = set()
        self.made = 0

    # -- what a user does -------------------------------------------------------------------------------------------

    def add_image(self, image):
        for name in image['RepoTags'] or [image['Id']]:
            self.images[name] = image

    def run(self, name, image, labels=None, healthcheck=None, restart=None, stop_timeout=None, **host_config):
        """``docker run -d``; returns the id."""
        config = {'Image': image, 'Labels': dict(labels or {}), 'Env': ['A=1']}
        if stop_timeout is not None:
            config['StopTimeout'] = stop_timeout
        if healthcheck:
            config['Healthcheck'] = healthcheck
        host_config.setdefault('NetworkMode', 'default')
        ident = self._make(name, config, dict(host_config, RestartPolicy=restart or {'Name': 'no',
                                                                                     'MaximumRetryCount': 0}))
        self.start(ident)
        return ident

    def halt(self):
        """The engine or the machine goes down: all that runs ends."""
        for box in self.boxes.values():
            if box['State']['Status'] == 'running':
                box['State'].update(Status='exited', Pid=0)
                box['halted'] = True
                self._tell('die', box)
                self._tell('stop', box)

    def come_up(self):
        """It is back: restart policies say what runs again."""
        for box in list(self.boxes.values()):
            policy = box['HostConfig']['RestartPolicy'].get('Name')
            wanted = policy == 'always' or (policy == 'unless-stopped' and not box['manual'])
            if wanted and box['State']['Status'] == 'exited':
                with contextlib.suppress(EngineError):
                    # Tried once, as Docker does.
                    self.start(box['Id'])

    def prune(self):
        """``docker container prune``."""
        for box in [box for box in self.boxes.values() if box['State']['Status'] in ('created', 'exited', 'dead')]:
            self.remove(box['Id'])
        self.queue.append(Event('prune', '', '', {}, self.clock.wall() // 1000))

    def remove_running(self, name):
        """``docker rm -f``."""
        box = self._box(name)
        box['State'].update(Status='exited', Pid=0)
        self._tell('kill', box)
        self._tell('die', box)
        self.remove(name)

    # -- the engine -------------------------------------------------------------------------------------------------

    def _make(self, name, config, host_config):
        if config['Image'] not in self.images:
            raise NoSuchImage('No such image: %s' % config['Image'])
        if any(box['Name'] == '/' + name for box in self.boxes.values()):
            raise EngineError('Conflict. The container name "/%s" is already in use' % name)
        self.made += 1
        ident = _id_of('%s %s %d' % (self.host, name, self.made))
        config = dict({'Hostname': ident[:12], 'Cmd': None, 'Entrypoint': None}, **copy.deepcopy(config))
        self.boxes[ident] = {
            'Id': ident, 'Name': '/' + name, 'Image': self.images[config['Image']]['Id'], 'Config': config,
            'HostConfig': copy.deepcopy(host_config), 'Mounts': [], 'RestartCount': 0, 'SizeRw': 0,
            'NetworkSettings': {'Networks': {}, 'Ports': {}},
            'State': {'Status': 'created', 'Pid': 0, 'StartedAt': _NEVER, 'ExitCode': 0}, 'since': None, 'log': [],
            'manual': False, 'halted': False}
        self._tell('create', self.boxes[ident])
        return ident

    def _tell(self, action, box):
        labels = dict(box['Config']['Labels'], name=box['Name'].lstrip('/'))
        self.queue.append(Event(action, box['Id'], labels['name'], labels, self.clock.wall() // 1000))

    def _box(self, ref):
        for ident, box in self.boxes.items():
            if ref in (ident, box['Name'].lstrip('/')):
                return box
        raise NoSuchContainer('No such container: %s' % ref)

    def containers(self):
        return [Summary(box['Id'], box['Name'].lstrip('/'), box['State']['Status'], box['Config']['Image'],
                        dict(box['Config']['Labels']), box['HostConfig']['NetworkMode'])
                for box in self.boxes.values()]

    def inspect(self, ref):
        box = copy.deepcopy(self._box(ref))
        test = (box['Config'].get('Healthcheck') or {}).get('Test')
        if test and box['State']['Status'] == 'running':
            age = self.clock.monotonic() - box['since']
            word = 'unhealthy' if test == ['CMD', 'false'] else 'healthy'
            box['State']['Health'] = {'Status': word if age >= self.health_s else 'starting'}
        return box

    def layer_size(self, ref):
        return self._box(ref)['SizeRw']

    def create(self, request, move, restart):
        config = {key: value for key, value in request['config'].items() if key != 'HostConfig'}
        config['Labels'] = dict(config.get('Labels') or {}, **{LABEL_MOVE: move})
        return self._make(request['name'], config, dict(request['config']['HostConfig'], RestartPolicy=restart))

    def start(self, ref):
        box = self._box(ref)
        if box['State']['Status'] == 'running':
            return
        if box['Name'].lstrip('/') in self.refuses_start or box['Config']['Cmd'] == [NOWHERE]:
            box['State'].update(Error='driver failed programming external connectivity', ExitCode=128)
            raise EngineError('Docker refused: %s' % box['State']['Error'])
        box['State'].update(Status='running', Error='', Pid=int(box['Id'][:7], 16), StartedAt='2026-01-01T00:00:%06.3fZ' % (
            self.clock.monotonic() % 60))
        box['since'], box['manual'], box['halted'] = self.clock.monotonic(), False, False
        self._tell('start', box)

    def stop(self, ref, timeout_s):
        box = self._box(ref)
        box['manual'] = True
        if box['State']['Status'] == 'running':
            box['State'].update(Status='exited', Pid=0)
            self._tell('kill', box)
            self._tell('die', box)
            self._tell('stop', box)

    def remove(self, ref):
        box = self._box(ref)
        if box['State']['Status'] == 'running':
            raise EngineError('Docker refused: You cannot remove a running container')
        del self.boxes[box['Id']]
        self._tell('destroy', box)

    def rename(self, ref, name):
        box = self._box(ref)
        if any(each is not box and each['Name'] == '/' + name for each in self.boxes.values()):
            raise EngineError('Docker refused: Conflict. The container name "/%s" is already in use' % name)
        box['Name'] = '/' + name
        self._tell('rename', box)

    def set_restart(self, ref, policy):
        self._box(ref)['HostConfig']['RestartPolicy'] = dict(policy)

    def image(self, ref):
        for name, image in self.images.items():
            if ref in (name, image['Id']):
                return image
        raise NoSuchImage('No such image: %s' % ref)

    def pull(self, reference):
        raise NoSuchImage('Image %s cannot be pulled: no registry' % reference)

    def save(self, ref):
        # As Docker has it: what is saved by its id carries no name.
        image = self.image(ref)
        yield json.dumps(dict(image, RepoTags=[] if ref == image['Id'] else [ref])).encode()

    def load(self, stream):
        image = json.loads(stream.read())
        self.add_image(image)

    def tag(self, ref, name):
        self.images[name] = self.image(ref)

    def log_lines(self, ref, since_ns, limit):
        return [line for line in self._box(ref)['log'] if line[0] > since_ns][-limit:]

    def events(self, since_s):
        return iter([event for event in self.queue if event.at >= since_s])

    def about(self):
        return {'architecture': 'amd64', 'api_version': '1.41', 'version': 'fake', 'root': '/var/lib/docker'}
