# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watcher's configuration: one table of keys with type, default and meaning; checked whole before anything starts.

A problem names its key, what stands there and what may stand there; all problems are told at once.
"""
from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, fields

from .errors import ConfigError
from .names import RESERVED_FACTS, check_host_name, is_fact_name


@dataclass(frozen=True)
class Key:
    """One setting. ``least`` is the smallest number (seconds, bytes, ports ...) that makes sense."""
    kind: type
    default: object
    least: float = None
    about: str = ''


REQUIRED = object()
# The last third of a lease must be enough for the guard to notice, to ask (SIGTERM) for 2 s, to kill, and for a busy machine.
LEAST_KILL_S = 5.0
# So many renewals may fail in a row before the guard acts.
LEAST_RENEWALS = 4
# Longest text of a fact, in characters.
FACT_LENGTH = 64

KEYS = {
    'host': Key(str, REQUIRED, about="the host's name in the fleet: its inventory_hostname at join"),
    'address': Key(str, REQUIRED, about='the address under which the other hosts reach this one'),
    'contact_points': Key(list, REQUIRED, about='addresses of ring nodes, the own one first'),
    'datacenter': Key(str, 'dc1', about='the one datacenter of the ring'),
    'rack': Key(str, 'rack1', about='the rack of this host'),
    'facts': Key(dict, {}, about="this host's own facts for placement labels, name to text"),
    'native_port': Key(int, 9042, 1, "Cassandra's port for clients"),
    'guard_port': Key(int, 9043, 1, 'port on which the guard of every host answers'),
    'metrics_address': Key(str, '127.0.0.1', about='the address at which metrics are served'),
    'metrics_port': Key(int, 9044, 0, 'port of the metrics, 0 for none'),
    'ssh_port': Key(int, 22, 1, 'port of the ssh server that receives image streams'),
    'ca_file': Key(str, '/etc/ringfleet/tls/ca.pem', about='certificate authority of the ring'),
    'secret_file': Key(str, '/etc/ringfleet/secret.json', about='store password and sealing key, mode 0600'),
    'socket': Key(str, '/run/ringfleet/watcher.sock', about="root's own socket for modules"),
    'state_dir': Key(str, '/var/lib/ringfleet', about='what the watcher keeps on disk'),
    'ssh_key_file': Key(str, '/etc/ringfleet/ssh/id_ed25519', about='key for sending image streams'),
    'ssh_host_key_file': Key(str, '/etc/ssh/ssh_host_ed25519_key.pub', about="the ssh server's public key"),
    'program_python': Key(str, '/opt/ringfleet/venv/bin/python', about='interpreter of the receiving command'),
    'docker_url': Key(str, 'unix:///var/run/docker.sock', about='the Docker engine'),
    'hook_command': Key(list, [], about='command that is told of losses, failovers and returns, none if empty'),
    'beat_s': Key(float, 1.0, 0.2, 'seconds between beats'),
    'lost_after_s': Key(float, 5.0, 2.0, 'a host that is silent by beat, gossip and probe for this long is taken for lost'),
    'away_s': Key(float, 600.0, 30.0, 'an orderly reboot may take this long before the host is judged as any other'),
    'lease_ttl_s': Key(float, 30.0, 3.0, 'for how long a lease of this host is good; two thirds into it the guard ends what is exclusive'),
    'lease_renew_s': Key(float, 2.0, 0.2, 'seconds between renewals of the lease'),
    'lease_margin_s': Key(float, 3.0, 1.0, "seconds that an observer adds to the others' leases before it takes them for run out"),
    'guard_orders_file': Key(str, '/var/lib/ringfleet/guard/orders.json', about='what the watcher orders the guard'),
    'guard_receipt_file': Key(str, '/run/ringfleet-guard/receipt.json', about='what the guard answers'),
    'repaired_file': Key(str, '/var/lib/ringfleet/repaired', about="when the ring node's ranges were last repaired"),
    'probe_s': Key(float, 10.0, 1.0, 'seconds between probes of the route to the other hosts'),
    'sample_s': Key(float, 5.0, 1.0, 'seconds between samples'),
    'poll_s': Key(float, 1.0, 0.1, 'seconds between looks for moves'),
    'poll_busy_s': Key(float, 0.2, 0.05, 'the same while a move is open here'),
    'reread_s': Key(float, 60.0, 5.0, 'seconds between whole re-reads of the truth'),
    'recreate_s': Key(float, 30.0, 1.0, 'a destroyed container that comes back within this was recreated, not released'),
    'settle_s': Key(float, 15.0, 1.0, 'a container without a health check is well after this long without an exit'),
    'health_wait_s': Key(float, 60.0, 5.0, 'how long a moved container may take to become healthy'),
    'drain_parallel': Key(int, 2, 1, 'how many containers leave this host at once while it is drained'),
    'transfer_s': Key(float, 600.0, 10.0, 'how long an image may take to reach the target'),
    'disk_reserve': Key(int, 1 << 30, 0, 'bytes that stay free on the disk of images'),
    'stage_s': Key(float, 60.0, 0.0, 'seconds between looks whether images are on the backups, 0 to bring none there'),
    'stale_grace_s': Key(float, 3600.0, 60.0, 'how long a stale copy is kept, stopped, before it is removed'),
    'broadcast_ttl_s': Key(int, 7200, 60, 'how long a broadcast is kept'),
    'log_level': Key(str, 'INFO', about='DEBUG, INFO, WARNING or ERROR'),
}


@dataclass(frozen=True)
class Settings:
    """The checked configuration; seconds, bytes and ports as in the table above."""
    host: str
    address: str
    contact_points: tuple
    datacenter: str
    rack: str
    facts: dict
    native_port: int
    guard_port: int
    metrics_address: str
    metrics_port: int
    ssh_port: int
    ca_file: str
    secret_file: str
    socket: str
    state_dir: str
    ssh_key_file: str
    ssh_host_key_file: str
    program_python: str
    docker_url: str
    hook_command: tuple
    beat_s: float
    lost_after_s: float
    away_s: float
    lease_ttl_s: float
    lease_renew_s: float
    lease_margin_s: float
    guard_orders_file: str
    guard_receipt_file: str
    repaired_file: str
    probe_s: float
    sample_s: float
    poll_s: float
    poll_busy_s: float
    reread_s: float
    recreate_s: float
    settle_s: float
    health_wait_s: float
    drain_parallel: int
    transfer_s: float
    disk_reserve: int
    stage_s: float
    stale_grace_s: float
    broadcast_ttl_s: int
    log_level: str


@dataclass(frozen=True)
class Secrets:
    """What must never be logged: the store's password and the sealing key (32 bytes)."""
    store_user: str
    store_password: str
    seal_key: bytes

    def __repr__(self):
        return 'Secrets(store_user=%r, ...)' % self.store_user


def _problem(name, key, value):
    """Why ``value`` cannot stand at ``name``; None when it can."""
    if key.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, key.kind) or isinstance(value, bool):
        return '%s: is %s, must be %s (%s)' % (name, type(value).__name__, key.kind.__name__, key.about)
    if key.least is not None and value < key.least:
        return '%s: is %s, must be at least %s (%s)' % (name, value, key.least, key.about)
    if key.kind is list and not all(isinstance(each, str) and each for each in value):
        return '%s: must be a list of texts (%s)' % (name, key.about)
    if key.kind is list and not value and key.default is REQUIRED:
        return '%s: must be a list of at least one text (%s)' % (name, key.about)
    return None


def _fact_problems(facts):
    """Why ``facts`` cannot stand: one sentence for each fact that placement labels could not ask for."""
    found = []
    for name, text in facts.items():
        if not isinstance(name, str) or not is_fact_name(name):
            found.append('facts: %r is no name of a fact, write a-z, 0-9 and "_"' % (name,))
        elif name in RESERVED_FACTS:
            found.append('facts: %s is built in, choose another name than %s' % (name, ', '.join(RESERVED_FACTS)))
        elif not isinstance(text, str):
            found.append('facts: %s is %s, must be text (write it in quotes)' % (name, type(text).__name__))
        elif not 0 < len(text) <= FACT_LENGTH or ',' in text or text != text.strip():
            found.append('facts: %s is %r, must be 1 to %d characters without commas and outer blanks' % (name, text, FACT_LENGTH))
    return found


def _lease_problems(ttl_s, renew_s):
    """Why the lease would leave no time to kill, or end for a single renewal that failed."""
    found = []
    if ttl_s / 3.0 < LEAST_KILL_S:
        found.append('lease_ttl_s: is %g, must be at least %g: the guard kills in its last third and needs %g s' % (
            ttl_s, 3 * LEAST_KILL_S, LEAST_KILL_S))
    if ttl_s * 2.0 / 3.0 < LEAST_RENEWALS * renew_s:
        found.append('lease_renew_s: is %g, must be at most %g: %d renewals fit into two thirds of lease_ttl_s' % (
            renew_s, ttl_s * 2.0 / 3.0 / LEAST_RENEWALS, LEAST_RENEWALS))
    return found


def from_dict(data, where='configuration'):
    """Settings out of a plain dictionary.

    :raises ConfigError: naming every key that is unknown, missing or wrong.
    """
    if not isinstance(data, dict):
        raise ConfigError('%s: is no object of settings' % where, 'Write one JSON object.')
    problems = ['%s: unknown setting' % name for name in sorted(set(data) - set(KEYS))]
    values = {}
    for name, key in KEYS.items():
        value = data.get(name, key.default)
        if value is REQUIRED:
            problems.append('%s: is missing (%s)' % (name, key.about))
            continue
        problem = _problem(name, key, value)
        if problem:
            problems.append(problem)
        elif name == 'facts':
            problems.extend(_fact_problems(value))
        values[name] = tuple(value) if isinstance(value, list) else value
    if values.get('hook_command') and not problems and not os.path.isabs(values['hook_command'][0]):
        problems.append('hook_command: is %s, must begin with an absolute path' % values['hook_command'][0])
    if 'host' in values and not problems:
        check_host_name(values['host'])
    if values.get('log_level') not in ('DEBUG', 'INFO', 'WARNING', 'ERROR'):
        problems.append('log_level: is %r, must be DEBUG, INFO, WARNING or ERROR' % (values.get('log_level'),))
    if not problems and values['lost_after_s'] < 2 * values['beat_s']:
        problems.append('lost_after_s: is %g, must be at least two beats (beat_s is %g)' % (values['lost_after_s'], values['beat_s']))
    if not problems:
        problems.extend(_lease_problems(values['lease_ttl_s'], values['lease_renew_s']))
    if problems:
        raise ConfigError('%s: %s' % (where, '; '.join(problems)),
                          'Known settings: %s.' % ', '.join(sorted(KEYS)))
    return Settings(**{each.name: values[each.name] for each in fields(Settings)})


def _read(path):
    try:
        with open(path, encoding='utf-8') as stream:
            return json.load(stream)
    except OSError as exc:
        raise ConfigError('%s: cannot be read: %s' % (path, exc.strerror),
                          'The playbook ringfleet.core.join writes it.') from exc
    except ValueError as exc:
        raise ConfigError('%s: is no JSON: %s' % (path, exc), 'Run ringfleet.core.join again, or mend it.') from exc


def load(path):
    """Settings from the JSON file at ``path``. :raises ConfigError: as ``from_dict``, or when it cannot be read."""
    return from_dict(_read(path), path)


def load_secrets(path):
    """Secrets from the JSON file at ``path``, which only its owner may read.

    :raises ConfigError: never with a secret in its text.
    """
    data = _read(path)
    if os.stat(path).st_mode & 0o077:
        raise ConfigError('%s: may be read by others than its owner' % path, 'chmod 0600 %s' % path)
    missing = [name for name in ('store_user', 'store_password', 'seal_key')
               if not isinstance(data.get(name), str) or not data[name]]
    if missing:
        raise ConfigError('%s: lacks %s' % (path, ', '.join(missing)), 'The playbook ringfleet.core.join writes it.')
    try:
        key = base64.b64decode(data['seal_key'], validate=True)
    except binascii.Error as exc:
        raise ConfigError('%s: seal_key is no base64' % path, 'Run ringfleet.core.join again.') from exc
    if len(key) != 32:
        raise ConfigError('%s: seal_key has %d bytes, must have 32' % (path, len(key)), 'Run ringfleet.core.join again.')
    return Secrets(data['store_user'], data['store_password'], key)
