# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's process: ``python -m ringfleet.watcher.main --config FILE [--check]``.

systemd starts it with Type=notify and a watchdog; the loop tells both, so a loop that hangs is restarted. A restart never
touches a container: everything is looked at anew.
"""
from __future__ import annotations

import argparse
import fcntl
import logging
import os
import shutil
import signal
import socket
import sys
import threading

from .. import settings as settings_room
from ..containers.docker_engine import DockerEngine
from ..containers.transfer import SshTransfer
from ..errors import ConfigError, EngineError, RingfleetError
from ..guard.orders import Post
from ..model import HostRow
from ..monitor.cgroup import Cgroups, read_text
from ..network.rtt import probe
from ..protocol.server import Server
from ..store.cassandra import CassandraStore
from ..store.cluster import cluster_of
from .build import Outside, build
from .clock import SystemClock
from .events import Events
from .hook import run_command
from .jobs import Jobs, Repeater

_JOBS = 4
_PROBES = 4
_HOOKS = 2
# How often it is asked whether something is due for the lease.
_LEASE_POLL_S = 0.25
_EXIT_CONFIG = 2
_EXIT_LOCKED = 3


def notify(text):
    """Tell systemd (sd_notify(3)); nothing where nobody listens."""
    address = os.environ.get('NOTIFY_SOCKET')
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as conn:
        conn.connect('\0' + address[1:] if address.startswith('@') else address)
        conn.sendall(text.encode('utf-8'))


def _public_key(path):
    """Type and key of an OpenSSH public key file, without its comment; '' where there is none."""
    try:
        with open(path, encoding='utf-8') as stream:
            return ' '.join(stream.read().split()[:2])
    except FileNotFoundError:
        return ''


def _lock(state_dir):
    """One instance a host: the lock lives as long as the process."""
    stream = open(os.path.join(state_dir, 'watcher.lock'), 'w', encoding='ascii')
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return stream


def _parts_of(settings, secrets, log, wake, make_store):
    clock = SystemClock()
    engine = DockerEngine(settings.docker_url)
    me = HostRow(host=settings.host, address=settings.address, ssh_port=settings.ssh_port,
                 boot_id=(read_text('/proc/sys/kernel/random/boot_id') or '').strip(),
                 ssh_host_key=_public_key(settings.ssh_host_key_file),
                 ssh_user_key=_public_key(settings.ssh_key_file + '.pub'))
    root = {}

    def free_disk():
        if 'path' not in root:
            root['path'] = engine.about()['root']
        return shutil.disk_usage(root['path']).free

    def on_bug(exc):
        log.error('a bug, please report it: %s: %s', type(exc).__name__, exc, exc_info=exc)

    store = make_store(settings, secrets)
    transfer = SshTransfer(settings)
    built = build(Outside(settings, secrets.seal_key, clock, store, engine, Cgroups(), transfer,
                          Jobs(_JOBS, on_bug, wake), Events(engine, clock, wake, log), me, free_disk, probe,
                          Jobs(_PROBES, on_bug, wake), Post(settings.guard_orders_file, settings.guard_receipt_file), log,
                          run_command, Jobs(_HOOKS, on_bug, wake)), wake)
    return built, on_bug


def _ring_store(settings, secrets):
    return CassandraStore(lambda: cluster_of(settings, secrets), settings.address)


def serve_metrics(built, settings, log):
    """Let the metrics be scraped; a port that is taken costs the metrics and nothing else."""
    try:
        built.metrics.serve(settings.metrics_address, settings.metrics_port)
    except ConfigError as exc:
        log.error('%s', exc)


def serve(settings, secrets, make_store=_ring_store):
    """Run until SIGTERM or SIGINT; returns the exit status.

    :param make_store: (settings, secrets) to a Store.
    """
    log = logging.getLogger('ringfleet')
    lock = _lock(settings.state_dir)
    if lock is None:
        log.error('another watcher runs on this host: %s/watcher.lock is locked', settings.state_dir)
        return _EXIT_LOCKED
    wake, ending = threading.Event(), threading.Event()
    built, on_bug = _parts_of(settings, secrets, log, wake.set, make_store)

    def end(_signal, _frame):
        ending.set()
        wake.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server = Server(settings.socket, built.registry, on_bug)
    server.start()
    built.events.start()
    lease = Repeater('lease', _LEASE_POLL_S, built.lease.tend, on_bug)
    lease.start()
    if settings.metrics_port:
        # In a job: to listen looks up the address's own name, which takes long where names do not resolve.
        built.probes.start('metrics', lambda: serve_metrics(built, settings, log))
    built.loop.alive = lambda: notify('WATCHDOG=1')
    notify('READY=1')
    while not ending.is_set():
        pause = built.loop.cycle()
        notify('WATCHDOG=1\nSTATUS=%s' % built.loop.sentence[:200])
        wake.wait(min(pause, 1.0))
        wake.clear()
    notify('STOPPING=1')
    lease.stop()
    server.stop()
    built.events.stop()
    built.store.close()
    lock.close()
    return 0


def check(settings):
    """What can be told before anything is started; raises ConfigError.

    :return: the Secrets.
    """
    secrets = settings_room.load_secrets(settings.secret_file)
    missing = [path for path in (settings.ca_file, settings.ssh_key_file, settings.state_dir) if not os.path.exists(path)]
    if missing:
        raise ConfigError('Not there: %s' % ', '.join(missing), 'The playbook ringfleet.core.join makes them.')
    if settings.hook_command:
        path = settings.hook_command[0]
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            raise ConfigError('hook_command: %s is no file that can be run' % path, 'Put it there and make it executable first.')
    return secrets


def main(argv=None):
    """Entry point; returns the exit status: 0, 2 wrong configuration, 3 another instance runs."""
    parser = argparse.ArgumentParser(prog='ringfleet-watcher', description=__doc__.split('\n', 1)[0])
    parser.add_argument('--config', default='/etc/ringfleet/watcher.json')
    parser.add_argument('--check', action='store_true', help='check the configuration and end')
    arguments = parser.parse_args(argv)
    try:
        settings = settings_room.load(arguments.config)
        secrets = check(settings)
    except RingfleetError as exc:
        sys.stderr.write('%s\n' % exc)
        return _EXIT_CONFIG
    if arguments.check:
        return 0
    logging.basicConfig(level=settings.log_level, format='%(levelname)s %(message)s', stream=sys.stderr)
    # The driver tells of every lost connection at length; the loop's sentence says what matters.
    logging.getLogger('cassandra').setLevel(logging.CRITICAL)
    try:
        return serve(settings, secrets)
    except EngineError as exc:
        sys.stderr.write('%s\n' % exc)
        return 1


if __name__ == '__main__':
    raise SystemExit(main())
