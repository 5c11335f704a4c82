# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands for the store and the engine: the in-memory ones always, the real ones on the lab (marker ``lab``)."""
from __future__ import annotations

import contextlib
import subprocess
import uuid
from dataclasses import replace
from time import time as wall_s

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils import settings as settings_room
from ansible_collections.ringfleet.core.plugins.module_utils.containers.docker_engine import DockerEngine
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from ansible_collections.ringfleet.core.plugins.module_utils.store.cassandra import CassandraStore
from ansible_collections.ringfleet.core.plugins.module_utils.store.cluster import cluster_of
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import MemoryStore, Tables
from ansible_collections.ringfleet.core.plugins.plugin_utils import trust
from lab import hosts, inventory, web
from simulation.clock import VirtualClock, VirtualTime
from simulation.engine import FakeEngine, image_of

UNIQUE = 'contract-'
ENGINES = ['fake', pytest.param('docker', marks=pytest.mark.lab)]
STORES = ['memory', pytest.param('cassandra', marks=pytest.mark.lab)]


@pytest.fixture(scope='session')
def ring_client(tmp_path_factory):
    """Makes clients of the lab's ring, as the watcher of rflab-h1 would be one, from outside, by the clock that they are given."""
    folder = tmp_path_factory.mktemp('ring')
    ca_file = folder / 'ca.pem'
    ca_file.write_bytes(subprocess.run(['docker', 'exec', hosts.name(1), 'cat', '/etc/ringfleet/tls/ca.pem'],
                                       check=True, capture_output=True).stdout)
    settings = settings_room.from_dict({'host': hosts.name(1), 'address': hosts.address(1),
                                        'contact_points': [hosts.address(1), hosts.address(2)],
                                        'ca_file': str(ca_file)})
    secrets = settings_room.Secrets('ringfleet_watcher', trust.password(inventory.SECRET, 'ringfleet_watcher'), b'k' * 32)

    def client(wall=wall_s):
        store = CassandraStore(lambda: cluster_of(settings, secrets), settings.address, wall=wall)
        assert store.wait_connected(60), 'the ring of the lab cannot be reached'
        return store

    return client


@pytest.fixture(scope='session')
def ring(ring_client):
    """One that all tests share."""
    store = ring_client()
    yield store
    # The fleet reads these rows too: one that names a holder would be a container of a host that never was.
    for row in store.scan(ContainerRow):
        if row.name.startswith(UNIQUE) and row.holder:
            store.swap(row, replace(row, holder='', instance='', move='', move_to=''))
    store.close()


@pytest.fixture(params=STORES)
def store(request):
    """A Store: the twin or the real ring."""
    return MemoryStore(Tables()) if request.param == 'memory' else request.getfixturevalue('ring')


@pytest.fixture
def an_hour_ahead(store, request):
    """The same Store as a client of its own, which goes by a clock that is an hour ahead."""
    if isinstance(store, MemoryStore):
        yield store
        return
    client = request.getfixturevalue('ring_client')(lambda: wall_s() + 3600)
    yield client
    client.close()


@contextlib.contextmanager
def _twin_repair(store):
    """A repair that two looks see."""
    store.work = ('a repair',)
    looks = iter((True, True))
    yield lambda: next(looks, False)
    store.work = ()


@contextlib.contextmanager
def _real_repair(_store):
    """A real one of a small keyspace, on the host whose client the store is."""
    with subprocess.Popen(['docker', 'exec', hosts.name(1), '/opt/ringfleet/bin/ringfleet-nodetool', 'repair', '-full', 'system_auth'],
                          stdout=subprocess.DEVNULL) as process:
        yield lambda: process.poll() is None
    assert process.returncode == 0


@pytest.fixture
def repair(store):
    """A store to a context of a repair on its ring node; the context gives whether it still runs."""
    return _twin_repair if isinstance(store, MemoryStore) else _real_repair


@pytest.fixture
def unique():
    """A name that no other test and no fleet uses; the real ring keeps its rows for good."""
    return UNIQUE + uuid.uuid4().hex[:12]


class Bench:
    """An engine to test, and how to wait for it: virtual time for the fake, a condition for the real one."""

    def __init__(self, engine, image, time):
        self.engine = engine
        self.image = image
        self.time = time
        self.name = 'rflab-contract-%s' % uuid.uuid4().hex[:8]

    def request(self, **config):
        """A creation request."""
        host_config = config.pop('HostConfig', {})
        return {'name': self.name, 'config': dict(
            {'Image': self.image, 'Labels': {'rflab': 'contract'}, 'StopSignal': 'SIGKILL'}, **config,
            HostConfig=dict({'NetworkMode': 'none', 'RestartPolicy': {'Name': 'no', 'MaximumRetryCount': 0}}, **host_config))}

    def remove_all(self):
        """Whatever the test left, by name."""
        for each in self.engine.containers():
            if each.name == self.name:
                self.engine.stop(each.id, 0)
                self.engine.remove(each.id)


@pytest.fixture(params=ENGINES)
def bench(request):
    """A Bench on the fake or on this machine's Docker engine."""
    if request.param == 'fake':
        time = VirtualTime()
        engine = FakeEngine('h1', VirtualClock(time))
        engine.add_image(image_of('rflab-web:1'))
        made = Bench(engine, 'rflab-web:1', time)
    else:
        made = Bench(DockerEngine('unix:///var/run/docker.sock'), web.ensure(), None)
    yield made
    made.remove_all()
