# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an inspected container to its creation request, and back to the question whether both are the same (F9.3).

The movable keys are a known list. Any other key that is not at its default makes the container immovable, by name: a
move never changes a container silently. The rules follow what the Engine API is known to lose between inspect and
create (hostname of the short id, an empty entrypoint, daemon defaults, per-instance network facts).
"""
from __future__ import annotations

import copy

from ..names import LABEL_MOVE

# What create takes as it stands in inspect.
_CONFIG = frozenset((
    'Hostname', 'Domainname', 'User', 'AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty', 'OpenStdin', 'StdinOnce',
    'Env', 'Cmd', 'Entrypoint', 'Healthcheck', 'ArgsEscaped', 'Image', 'WorkingDir', 'Labels', 'ExposedPorts',
    'StopSignal', 'StopTimeout', 'Shell'))
_HOST = frozenset((
    'Memory', 'MemoryReservation', 'MemorySwap', 'MemorySwappiness', 'NanoCpus', 'CpuShares', 'CpuPeriod', 'CpuQuota',
    'BlkioWeight', 'PidsLimit', 'OomKillDisable', 'OomScoreAdj', 'RestartPolicy', 'PortBindings', 'PublishAllPorts',
    'LogConfig', 'NetworkMode', 'CapAdd', 'CapDrop', 'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'Init',
    'IpcMode', 'PidMode', 'UTSMode', 'CgroupnsMode', 'ReadonlyRootfs', 'SecurityOpt', 'ShmSize', 'Tmpfs', 'Ulimits',
    'Sysctls', 'Runtime'))
# What only describes how the client asked; it has no effect on the container.
_ECHO = frozenset(('ContainerIDFile', 'ConsoleSize', 'OnBuild'))
# The daemon's own lists, unless the user took them away (moby oci/defaults.go).
_MASKED = frozenset((
    '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats',
    '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware',
    '/sys/devices/virtual/powercap'))
_READONLY = frozenset(('/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'))
_DEFAULTS = {'MaskedPaths': _MASKED, 'ReadonlyPaths': _READONLY}
_PREDEFINED = ('default', 'bridge', 'none', 'host')
_SHARED_PREFIX = 'container:'

LAYER_LIMIT = 10 << 20


def _is_default(key, value):
    if key in _DEFAULTS:
        return bool(value) and set(value) <= _DEFAULTS[key]
    return value in (None, '', 0, False, [], {}, -1)


def request_of(inspected, image):
    """The creation request of an inspected container: ``{name, config}``, config as the Engine API's create takes it.

    :param inspected: the engine's inspect of the container.
    :param image: the engine's inspect of its image.
    """
    source, host = inspected['Config'], inspected['HostConfig']
    config = {key: copy.deepcopy(source[key]) for key in _CONFIG if source.get(key) is not None}
    if config.get('Hostname') == inspected['Id'][:12] or host.get('NetworkMode') == 'host' \
            or host.get('UTSMode') == 'host':
        config.pop('Hostname', None)
        config.pop('Domainname', None)
    if not source.get('Entrypoint') and (image.get('Config') or {}).get('Entrypoint'):
        # null would inherit the image's entrypoint again; the daemon turns [""] into none.
        config['Entrypoint'] = ['']
    config['Labels'] = {key: value for key, value in (source.get('Labels') or {}).items() if key != LABEL_MOVE}
    config['HostConfig'] = {key: copy.deepcopy(host[key]) for key in _HOST if host.get(key) is not None}
    return {'name': inspected['Name'].lstrip('/'), 'config': config}


def reasons_against(inspected, layer_size, sharers):
    """Why this container cannot move: a tuple of sentences, each with the name of what holds it; empty when it can.

    :param layer_size: bytes of its writable layer.
    :param sharers: names of other containers that use this one's namespaces.
    """
    config, host = inspected['Config'], inspected['HostConfig']
    found = []
    for key, value in sorted(config.items()):
        if key not in _CONFIG and key not in _ECHO and key != 'Volumes' and not _is_default(key, value):
            found.append('option %s is not known to move' % key)
    for key, value in sorted(host.items()):
        if key not in _HOST and key not in _ECHO and key not in ('Binds', 'Mounts') and not _is_default(key, value):
            found.append('option HostConfig.%s is not known to move' % key)
    for mount in inspected.get('Mounts') or []:
        if mount.get('Type') == 'bind':
            found.append('bind mount %s' % mount.get('Source'))
        elif mount.get('Type') != 'tmpfs':
            found.append('%s %s at %s: data does not move yet' % (
                mount.get('Type'), mount.get('Name') or '', mount.get('Destination')))
    for key in ('NetworkMode', 'IpcMode', 'PidMode', 'UTSMode'):
        if str(host.get(key) or '').startswith(_SHARED_PREFIX):
            found.append('shares a namespace with another container (%s)' % key)
    mode = host.get('NetworkMode') or 'default'
    if mode not in _PREDEFINED and not mode.startswith(_SHARED_PREFIX):
        found.append('user-defined network %s' % mode)
    extra = sorted(set((inspected.get('NetworkSettings') or {}).get('Networks') or ()) - set(_PREDEFINED) - {mode})
    found.extend('user-defined network %s' % name for name in extra)
    found.extend('container %s uses its namespaces' % name for name in sorted(sharers))
    if layer_size > LAYER_LIMIT:
        found.append('its writable layer has %d bytes (more than %d)' % (layer_size, LAYER_LIMIT))
    return tuple(found)


def differences(request, other, ignore=()):
    """Names of the keys in which two creation requests differ (never the values: they may be secret).

    :param ignore: keys that may differ, as ``HostConfig.RestartPolicy``.
    """
    first, second = _flat(request['config']), _flat(other['config'])
    return tuple(sorted(key for key in set(first) | set(second)
                        if key not in ignore and _plain(first.get(key)) != _plain(second.get(key))))


def _flat(config):
    flat = {key: value for key, value in config.items() if key != 'HostConfig'}
    flat.update(('HostConfig.%s' % key, value) for key, value in config['HostConfig'].items())
    return flat


def _plain(value):
    """Unset has several spellings in the API: absent, null, empty."""
    return None if value in (None, '', [], {}, ['']) else value


def masked(request):
    """The request for people: values of the environment and of foreign labels hidden, as they may be secret."""
    config = copy.deepcopy(request['config'])
    config['Env'] = ['%s=********' % each.split('=', 1)[0] for each in config.get('Env') or []]
    config['Labels'] = {key: value if key.startswith('ringfleet.') else '********'
                        for key, value in (config.get('Labels') or {}).items()}
    return {'name': request['name'], 'config': config}


def ports_of(request):
    """Published ports as ``address:port/protocol``; a port that the engine picks is ``:0``-less and left out."""
    found = []
    for port, bindings in (request['config']['HostConfig'].get('PortBindings') or {}).items():
        protocol = port.partition('/')[2] or 'tcp'
        for binding in bindings or []:
            if binding.get('HostPort') not in (None, '', '0'):
                found.append('%s:%s/%s' % (binding.get('HostIp') or '0.0.0.0', binding['HostPort'], protocol))
    return tuple(sorted(found))
