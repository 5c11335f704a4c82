# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's own load: that of its top control group where it is limited, of /proc otherwise (design, section 7)."""
from __future__ import annotations

import os

from ..model import HostLoad
from .cgroup import read_text
from .pressure import LASTING, figure, some_avg10

RESOURCES = ('cpu', 'memory', 'io')


def _machine_cpu_s(root):
    """Busy seconds of all processors since boot, from /proc/stat (ticks of 1/100 s on every Linux)."""
    words = (read_text(root + '/proc/stat') or 'cpu 0').split('\n', 1)[0].split()[1:]
    ticks = [int(word) for word in words]
    idle = sum(ticks[3:5])
    return (sum(ticks[:8]) - idle) / 100.0


def _machine_memory(root):
    """(total, used) bytes from /proc/meminfo; used is what is not available."""
    found = {}
    for line in (read_text(root + '/proc/meminfo') or '').splitlines():
        key, _colon, rest = line.partition(':')
        words = rest.split()
        if words and words[0].isdigit():
            found[key] = int(words[0]) * 1024
    total = found.get('MemTotal', 0)
    return total, total - found.get('MemAvailable', total)


class HostSampler:
    """Samples the host; rates cover the time since the call before.

    :param cgroups: a Cgroups. :param cores: processors of the machine.
    """

    def __init__(self, cgroups, root='', cores=None):
        self._cgroups = cgroups
        self._root = root
        self._cores = float(cores or os.cpu_count() or 1)
        self._before = None

    def sample(self, now, containers):
        """A HostLoad at monotonic second ``now``; CPU used is 0 in the first round."""
        top = self._cgroups.read(self._cgroups.top())
        limited_cpu = 0.0 < top.cpu_limit < self._cores
        total, used = _machine_memory(self._root)
        limited_memory = 0 < top.memory_limit < total
        busy = top.cpu_s if limited_cpu else _machine_cpu_s(self._root)
        rate = 0.0
        if self._before is not None and now > self._before[0]:
            rate = max(0.0, (busy - self._before[1]) / (now - self._before[0]))
        self._before = (now, busy)
        texts = self._pressures(limited_cpu or limited_memory)
        return HostLoad(
            cpu_capacity=top.cpu_limit if limited_cpu else self._cores, cpu_used=round(rate, 3),
            memory_capacity=top.memory_limit if limited_memory else total,
            memory_used=top.memory if limited_memory else used,
            containers=containers, **{name + '_pressure': some_avg10(text) for name, text in texts.items()},
            **{field: figure(texts[name], row, 'avg60') for field, name, row in LASTING})

    def _pressures(self, limited):
        """Texts of the pressure files that are this host's: its top group's where that is limited, else the machine's."""
        unified = self._cgroups.top().get('')
        if limited and unified is not None:
            return {name: self._cgroups.text('%s/%s.pressure' % (unified, name)) for name in RESOURCES}
        return {name: self._cgroups.text('%s/proc/pressure/%s' % (self._root, name)) for name in RESOURCES}
