# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource figures from control group files (F8.4): no call to the engine, so a sample costs a few file reads.

Works with v1, v2 and the hybrid of both (v1 controllers with the unified tree beside them). A process tells its groups in
``/proc/PID/cgroup``; the mounts in ``/proc/self/mountinfo`` tell where they lie, also inside a cgroup namespace.
"""
from __future__ import annotations

import os
from dataclasses import dataclass

from ..errors import SampleError
from .pressure import LASTING, figure, some_avg10

_NS = 1e9
_US = 1e6
# v1 says "no limit" by the largest multiple of a page; anything near it is none.
_UNLIMITED = 1 << 60


@dataclass(frozen=True)
class Counters:
    """Raw figures of one control group; CPU in seconds since its start, memory in bytes, pressure in percent or -1.

    ``oom_kills`` are those at its own limit: the kernel counts into a group also what it killed for want of memory elsewhere.
    """
    cpu_s: float = 0.0
    cpu_limit: float = 0.0
    periods: int = 0
    throttled: int = 0
    memory: int = 0
    memory_limit: int = 0
    oom_kills: int = 0
    cpu_pressure: float = -1.0
    memory_pressure: float = -1.0
    io_pressure: float = -1.0
    cpu_some60: float = -1.0
    memory_full60: float = -1.0
    io_full60: float = -1.0


def read_text(path):
    """A small file's text, or None where it is not there: which files exist differs by kernel and version."""
    try:
        with open(path, encoding='ascii', errors='replace') as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
        return None
    except OSError as exc:
        # A pressure file of a kernel without PSI for this group answers EOPNOTSUPP.
        if exc.errno in (19, 95):
            return None
        raise SampleError('%s cannot be read: %s' % (path, exc.strerror)) from exc


def _number(path, scale=1.0):
    text = read_text(path)
    word = text.split(None, 1)[0] if text and text.split() else ''
    return int(word) / scale if word.lstrip('-').isdigit() else None


def _pairs(path):
    text = read_text(path) or ''
    return {key: int(value) for key, _space, value in (line.partition(' ') for line in text.splitlines())
            if value.strip().isdigit()}


def mounts(text):
    """{controller: mount point} of /proc/self/mountinfo's text; the unified tree under the empty name."""
    found = {}
    for line in text.splitlines():
        left, _dash, right = line.partition(' - ')
        parts, kind = left.split(), right.split()
        if len(parts) < 5 or len(kind) < 3:
            continue
        if kind[0] == 'cgroup2':
            found.setdefault('', parts[4])
        elif kind[0] == 'cgroup':
            for name in kind[2].split(','):
                found.setdefault(name, parts[4])
    return found


def groups(text):
    """{controller: path} of /proc/PID/cgroup's text; the unified tree under the empty name."""
    found = {}
    for line in text.splitlines():
        _number_, _colon, rest = line.partition(':')
        names, _colon, path = rest.partition(':')
        for name in names.split(','):
            found[name] = path
    return found


class Cgroups:
    """Reads the control groups of this host.

    :param root: prefix for ``/proc`` (a test's own tree); mount points are taken under it too.
    """

    def __init__(self, root=''):
        self._root = root
        self._mounts = mounts(read_text(root + '/proc/self/mountinfo') or '')
        if not self._mounts:
            raise SampleError('No control groups are mounted', 'The watcher needs cgroup v1 or v2 under /sys/fs/cgroup.')

    def of_process(self, pid):
        """Folders of a process's groups, {controller: folder}; None when it is gone."""
        text = read_text('%s/proc/%d/cgroup' % (self._root, pid))
        if text is None:
            return None
        return {name: os.path.normpath('%s%s/%s' % (self._root, self._mounts[name], path.lstrip('/')))
                for name, path in groups(text).items() if name in self._mounts}

    def top(self):
        """Folders of the host's own top groups: where a host is itself limited, its limits stand there."""
        return {name: self._root + point for name, point in self._mounts.items()}

    text = staticmethod(read_text)

    @staticmethod
    def read(folders):
        """Counters of the groups in ``folders``; figures that the kernel does not have keep their default."""
        unified = folders.get('')
        if unified is not None and 'memory' not in folders:
            return _read_v2(unified)
        return _read_v1(folders, unified)


def _read_v2(folder):
    stat = _pairs(folder + '/cpu.stat')
    quota, _space, period = (read_text(folder + '/cpu.max') or 'max 100000').strip().partition(' ')
    limit = _number(folder + '/memory.max')
    usage = _number(folder + '/memory.current') or 0
    events = _pairs(folder + '/memory.events')
    return Counters(
        cpu_s=stat.get('usage_usec', 0) / _US,
        cpu_limit=int(quota) / int(period) if quota.isdigit() else 0.0,
        periods=stat.get('nr_periods', 0), throttled=stat.get('nr_throttled', 0),
        memory=_working_set(usage, _pairs(folder + '/memory.stat').get('inactive_file', 0)),
        memory_limit=int(limit) if limit and limit < _UNLIMITED else 0,
        oom_kills=_own_kills(events.get('oom_kill', 0), events.get('oom')), **_pressures(folder))


def _read_v1(folders, unified):
    cpu, cpuacct = folders.get('cpu', ''), folders.get('cpuacct', '')
    memory = folders.get('memory', '')
    stat = _pairs(cpu + '/cpu.stat')
    quota, period = _number(cpu + '/cpu.cfs_quota_us'), _number(cpu + '/cpu.cfs_period_us')
    limit = _number(memory + '/memory.limit_in_bytes')
    usage = _number(memory + '/memory.usage_in_bytes') or 0
    return Counters(
        cpu_s=_number(cpuacct + '/cpuacct.usage', _NS) or 0.0,
        cpu_limit=quota / period if quota and quota > 0 and period else 0.0,
        periods=stat.get('nr_periods', 0), throttled=stat.get('nr_throttled', 0),
        memory=_working_set(usage, _pairs(memory + '/memory.stat').get('total_inactive_file', 0)),
        memory_limit=int(limit) if limit and limit < _UNLIMITED else 0,
        oom_kills=_own_kills(_pairs(memory + '/memory.oom_control').get('oom_kill', 0), _number(memory + '/memory.failcnt')),
        **(_pressures(unified) if unified is not None else {}))


def _working_set(usage, inactive_file):
    """What cannot be given back at once, as Kubernetes' cAdvisor counts it: use less the inactive file cache."""
    return max(0, int(usage) - int(inactive_file))


def _own_kills(kills, limit_met):
    """Kills of a group that met its own limit ``limit_met`` times; None where the kernel does not tell."""
    return kills if limit_met is None else min(kills, int(limit_met))


def _pressures(folder):
    texts = {name: read_text('%s/%s.pressure' % (folder, name)) for name in ('cpu', 'memory', 'io')}
    return dict({name + '_pressure': some_avg10(text) for name, text in texts.items()},
                **{field: figure(texts[name], row, 'avg60') for field, name, row in LASTING})
