# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling from control group files of all three layouts, and what is made of the figures."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.containers.health import Health, grace_s, has_check, health_of
from ansible_collections.ringfleet.core.plugins.module_utils.containers.labels import parse_log_standard
from ansible_collections.ringfleet.core.plugins.module_utils.errors import SampleError
from ansible_collections.ringfleet.core.plugins.module_utils.monitor import pressure
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.cgroup import Cgroups, Counters, read_text
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.fusion import fuse
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.host import HostSampler
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.logs import LogFinding, LogWatch
from ansible_collections.ringfleet.core.plugins.module_utils.monitor.record import Kills

PSI = 'some avg10=12.50 avg60=3.00 avg300=1.00 total=1\nfull avg10=1.00 avg60=0.50 avg300=0.00 total=1\n'


def tree(root, files):
    for name, text in files.items():
        path = root / name.lstrip('/')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def v2(root):
    return tree(root, {
        '/proc/self/mountinfo': '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
        '/proc/42/cgroup': '0::/docker/abc\n',
        '/sys/fs/cgroup/docker/abc/cpu.stat': 'usage_usec 2500000\nnr_periods 10\nnr_throttled 4\n',
        '/sys/fs/cgroup/docker/abc/cpu.max': '50000 100000\n',
        '/sys/fs/cgroup/docker/abc/memory.current': '3000\n',
        '/sys/fs/cgroup/docker/abc/memory.stat': 'anon 5\ninactive_file 1000\n',
        '/sys/fs/cgroup/docker/abc/memory.max': 'max\n',
        '/sys/fs/cgroup/docker/abc/memory.events': 'oom 3\noom_kill 2\n',
        '/sys/fs/cgroup/docker/abc/cpu.pressure': PSI})


def hybrid(root):
    return tree(root, {
        '/proc/self/mountinfo':
            '30 1 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n'
            '31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n'
            '32 1 0:28 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n',
        '/proc/42/cgroup': '4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/docker/abc\n',
        '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpuacct.usage': '2500000000\n',
        '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.stat': 'nr_periods 10\nnr_throttled 4\n',
        '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '50000\n',
        '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes': '3000\n',
        '/sys/fs/cgroup/memory/docker/abc/memory.stat': 'total_inactive_file 1000\n',
        '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '9223372036854771712\n',
        '/sys/fs/cgroup/memory/docker/abc/memory.oom_control': 'oom_kill_disable 0\noom_kill 2\n',
        '/sys/fs/cgroup/unified/docker/abc/cpu.pressure': PSI})


@pytest.mark.parametrize('layout', [v2, hybrid])
def test_the_same_figures_from_every_layout(tmp_path, layout):
    cgroups = Cgroups(layout(tmp_path))
    counters = cgroups.read(cgroups.of_process(42))
    assert counters == Counters(2.5, 0.5, 10, 4, 2000, 0, 2, 12.5, -1.0, -1.0, 3.0)
    assert cgroups.of_process(43) is None


def test_a_kill_for_want_of_memory_elsewhere_is_not_at_its_own_limit(tmp_path):
    for folder, layout, name, text in ((tmp_path / '1', hybrid, 'memory/docker/abc/memory.failcnt', '0\n'),
                                       (tmp_path / '2', v2, 'docker/abc/memory.events', 'oom 0\noom_kill 2\n')):
        cgroups = Cgroups(layout(folder))
        tree(folder, {'/sys/fs/cgroup/' + name: text})
        assert cgroups.read(cgroups.of_process(42)).oom_kills == 0


def test_no_control_groups_is_an_error(tmp_path):
    with pytest.raises(SampleError, match='No control groups'):
        Cgroups(str(tmp_path))


def test_pressure():
    assert pressure.figure(PSI, 'full', 'avg60') == 0.5
    assert pressure.some_avg10(None) == pressure.some_avg10('') == -1.0


class Top:
    """Control groups whose top is what it is told to be."""

    def __init__(self, counters, folder=''):
        self.counters = counters
        self.folder = folder
        self.text = read_text

    def top(self):
        return {'': self.folder}

    def read(self, folders):
        return self.counters


def machine(root):
    return tree(root, {'/proc/stat': 'cpu  100 0 100 700 100 0 0 0 0 0\n',
                       '/proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 400 kB\n', '/proc/pressure/cpu': PSI})


def test_a_limited_host_is_judged_by_its_own_limits(tmp_path):
    own = tree(tmp_path, {'/top/cpu.pressure': 'some avg10=7.00 avg60=4.00 avg300=1.00 total=1\n'}) + '/top'
    top = Top(Counters(cpu_s=1.0, cpu_limit=1.0, memory=100, memory_limit=500), own)
    sampler = HostSampler(top, machine(tmp_path), cores=2)
    assert sampler.sample(10.0, 3).cpu_used == 0.0
    top.counters = Counters(cpu_s=2.5, cpu_limit=1.0, memory=200, memory_limit=500)
    load = sampler.sample(12.0, 3)
    assert (load.cpu_capacity, load.cpu_used, load.memory_free, load.cpu_pressure) == (1.0, 0.75, 300, 7.0)
    assert (load.cpu_free, load.cpu_some60, load.io_full60) == (0.25, 4.0, -1.0)


def test_an_unlimited_host_is_the_machine(tmp_path):
    load = HostSampler(Top(Counters()), machine(tmp_path), cores=2).sample(10.0, 0)
    assert (load.cpu_capacity, load.memory_capacity, load.memory_used) == (2.0, 1024000, 614400)
    assert (load.cpu_pressure, load.io_pressure) == (12.5, -1.0)
    assert (load.cpu_some60, load.memory_full60) == (3.0, -1.0)


HEALTHY = Health('running', 'healthy', 1, 42, 't', 0)


def test_fusion_joins_metrics_health_and_log():
    now = Counters(cpu_s=3.0, cpu_limit=0.5, periods=20, throttled=9, memory=5, oom_kills=1)
    report = fuse('web', 'h1', 'id', HEALTHY, now, Counters(cpu_s=2.0, periods=10, throttled=4), 2.0,
                  LogFinding('5/m X', 6, True), '', 7, Kills(heard=4, fresh=1))
    assert report.oom_kills == 4
    assert (report.cpu_used, report.cpu_throttled, report.restarts, report.health) == (0.5, 0.5, 1, 'healthy')
    assert (report.log_errors, report.log_over, report.sampled_at) == (6, True, 7)
    assert len(report.findings) == 2


def test_fusion_without_a_process_has_no_figures():
    health = Health('exited', 'none', 0, 0, 't', 1, memory_limit=64)
    report = fuse('web', 'h1', 'id', health, None, None, 0.0, None, 'no log', 7, Kills())
    assert (report.status, report.cpu_used, report.findings) == ('exited', 0.0, ('no log',))
    assert (report.started, report.exit_code, report.memory_limit) == ('t', 1, 64)


class Lines:
    """An engine with a log."""

    def __init__(self):
        self.lines = []

    def log_lines(self, ref, since_ns, limit):
        return [line for line in self.lines if line[0] > since_ns]


def test_a_log_is_held_against_its_standard():
    engine, second = Lines(), 10 ** 9
    watch = LogWatch(parse_log_standard('2/m ERROR'), 0)
    engine.lines = [(1 * second, 'ERROR 1'), (2 * second, 'fine'), (3 * second, 'an ERROR')]
    assert watch.look(engine, 'web', 4 * second) == LogFinding('2/m ERROR', 2, False)
    engine.lines.append((5 * second, 'ERROR 3'))
    assert watch.look(engine, 'web', 6 * second) == LogFinding('2/m ERROR', 3, True)
    assert watch.look(engine, 'web', 62 * second).errors == 2


def test_a_storm_of_errors_is_over_any_standard_and_is_not_kept_whole():
    engine, second = Lines(), 10 ** 9
    watch = LogWatch(parse_log_standard('1500/h ERROR'), 0)
    engine.lines = [(each * second, 'ERROR') for each in range(1, 3000)]
    assert watch.look(engine, 'web', 3000 * second) == LogFinding('1500/h ERROR', 1501, True)


def test_health_of_an_inspected_container():
    inspected = {'State': {'Status': 'running', 'Pid': 5, 'StartedAt': 't', 'Health': {'Status': 'starting'}},
                 'RestartCount': 2, 'Config': {'Healthcheck': {'Test': ['CMD', 'x'], 'Interval': 2 * 10 ** 9}}}
    assert health_of(inspected) == Health('running', 'starting', 2, 5, 't', 0)
    ended = health_of({'State': {'OOMKilled': True}, 'HostConfig': {'Memory': 64}})
    assert (ended.oom_killed, ended.memory_limit) == (True, 64)
    assert has_check(inspected)
    assert grace_s(inspected) == 32
    assert not has_check({'Config': {'Healthcheck': {'Test': ['NONE']}}})
    assert health_of({}).check == 'none'
