# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told when the unit of an orderly shutdown stops: only that the whole machine goes down."""
from __future__ import annotations

import io

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.command.shutdown import going_down, main
from ansible_collections.ringfleet.core.plugins.module_utils.protocol.methods import Registry
from ansible_collections.ringfleet.core.plugins.module_utils.protocol.server import Server

NO_JOBS = 'No jobs running.\n'
REBOOT = '''  101 ringfleet-away.service stop  running
  88 reboot.target start waiting
  92 ringfleet-watcher.service stop waiting
'''


def systemd(state, jobs=NO_JOBS):
    return lambda *words: {'is-system-running': state + '\n', 'list-jobs': jobs}[words[0]]


@pytest.mark.parametrize('state, jobs, down', [
    ('running', NO_JOBS, False), ('degraded', NO_JOBS, False), ('starting', NO_JOBS, False), ('', '', False),
    ('running', ' 101 ringfleet-away.service stop running\n', False), ('running', ' 88 reboot.target stop waiting\n', False),
    ('stopping', NO_JOBS, True), ('starting', REBOOT, True), ('running', ' 7 poweroff.target start waiting\n', True),
    ('maintenance', ' 7 halt.target start waiting\n', True), ('degraded', ' 7 kexec.target start waiting\n', True)])
def test_whether_the_machine_goes_down(state, jobs, down):
    assert going_down(systemd(state, jobs)) is down


@pytest.fixture
def calls(tmp_path):
    registry, found = Registry(), []
    registry.add('host.away', lambda for_s=0: found.append(for_s) or {}, {'for_s': int}, ('for_s',))
    server = Server(str(tmp_path / 's.sock'), registry, pytest.fail)
    server.start()
    yield found
    server.stop()


def test_it_is_told_once_and_only_then(calls, tmp_path):
    argv = ['--socket', str(tmp_path / 's.sock')]
    assert main(argv, systemd('running')) == 0
    assert calls == []
    assert main(argv, systemd('stopping')) == 0
    assert calls == [0]


def test_without_systemd_it_says_so(tmp_path):
    def nobody(*_words):
        raise FileNotFoundError('systemctl')

    err = io.StringIO()
    assert main(['--socket', str(tmp_path / 'none')], nobody, err) == 1
    assert 'the fleet was not told that this host goes away: systemctl' in err.getvalue()
