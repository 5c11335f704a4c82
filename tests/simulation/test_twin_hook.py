# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hook on the twin: each event once, from the host that did what is told; and the running of a real command."""
from __future__ import annotations

import logging
import os
import select
import sys

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ConfigError
from ansible_collections.ringfleet.core.plugins.module_utils.settings import from_dict
from ansible_collections.ringfleet.core.plugins.module_utils.watcher import main
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.hook import Hook, run_command
from simulation.losses import coordinator_of, die, fleet_of, recover, runs

COMMAND = ['/usr/local/bin/tell-us', '--channel', 'fleet']


@pytest.fixture
def fleet():
    made = fleet_of(4)
    for host in made.hosts.values():
        host.settings = {'hook_command': COMMAND}
        host.boot()
    made.run(15)
    return made


def told(fleet, *kinds):
    """[(told by, event, host, container, target)] of all hosts, of these kinds or of all."""
    return [(host.name, *(event[key] for key in ('event', 'host', 'container', 'target'))) for host in fleet.hosts.values()
            for _argv, event, _environment in host.hook.runs if not kinds or event['event'] in kinds]


def test_a_quiet_fleet_tells_nothing(fleet):
    fleet.run(30)
    assert told(fleet) == []


def test_a_loss_its_failover_and_the_return_are_told_once_each(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    fleet.run(30)
    by, holder = coordinator_of(fleet, 'h1').name, fleet.row('web').holder
    assert told(fleet) == [(by, 'host_lost', 'h1', '', ''), (by, 'failover_done', 'h1', 'web', holder)]
    argv, event, environment = fleet[by].hook.runs[0]
    assert argv == tuple(COMMAND)
    assert event['reason'].startswith('h1 is lost: silent for')
    assert environment['RINGFLEET_REASON'] == event['reason']
    assert (environment['RINGFLEET_EVENT'], environment['RINGFLEET_TOLD_BY'], event['told_by']) == ('host_lost', by, by)
    assert environment['RINGFLEET_TOLD_AT'] == str(event['told_at'])
    recover(fleet, 'h1')
    fleet.run(30)
    assert told(fleet, 'host_returned') == [('h1', 'host_returned', 'h1', '', '')]


def test_without_a_command_nothing_is_run():
    fleet = fleet_of(3)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    fleet.run(5)
    assert told(fleet) == []


def test_a_restart_of_a_watcher_is_no_return(fleet):
    fleet['h1'].boot()
    fleet.run(20)
    assert told(fleet) == []


def test_the_succession_of_a_coordinator_is_no_second_loss():
    fleet = fleet_of(5)
    for host in fleet.hosts.values():
        host.settings = {'hook_command': COMMAND}
        host.boot()
    fleet.run(15)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').move)
    first = coordinator_of(fleet, 'h1').name
    die(fleet, first)
    fleet.run_until(lambda: fleet.row('web').holder not in ('h1', first) and runs(fleet, 'web'))
    assert coordinator_of(fleet, 'h1').name != first
    assert sorted(each[2] for each in told(fleet, 'host_lost')) == sorted(['h1', first])


def test_what_waits_is_told_once_each_time_its_reason_begins():
    fleet = fleet_of(3)
    for host in fleet.hosts.values():
        host.settings = {'hook_command': COMMAND}
        host.boot()
        host.cgroups.cores = 0.4
    fleet.run(15)
    die(fleet, 'h1')
    fleet.run_until(lambda: told(fleet, 'failover_pending'))
    # It is tried anew each half minute, with other figures each time, for the same reason.
    fleet['h3'].cgroups.cores = 0.42
    fleet.run(100)
    by = coordinator_of(fleet, 'h1').name
    assert told(fleet, 'failover_pending') == [(by, 'failover_pending', 'h1', 'web', '')]
    assert 'no host can take it' in fleet[by].hook.runs[-1][1]['reason']
    fleet['h2'].call('fleet.pause', reason='new switches')
    fleet.run(20)
    assert [run[1]['reason'] for run in fleet[by].hook.runs][-1] == 'the fleet is paused (new switches)'
    fleet['h2'].call('fleet.pause', reason='')
    fleet.run(60)
    assert len(told(fleet, 'failover_pending')) == 3


def test_a_failure_is_logged_and_changes_nothing(fleet, caplog):
    for host in fleet.hosts.values():
        host.hook.says = 'ended with 3: no such channel'
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    assert 'the hook on host_lost of h1 ended with 3: no such channel' in caplog.text
    text = coordinator_of(fleet, 'h1').watcher.metrics.text()
    assert 'ringfleet_hook_runs_total{event="host_lost",outcome="failed"} 1.0' in text


class HeldJobs:
    """Keeps jobs until they are let go, one a key, as a pool whose threads are busy."""

    def __init__(self):
        self.kept = {}

    def start(self, key, call):
        return self.kept.setdefault(key, call) is call


def test_one_at_a_time_of_a_kind_and_what_waits_too_long_is_dropped(fleet, caplog):
    jobs, runs_of = HeldJobs(), []
    hook = Hook(['/bin/x'], 'h1', fleet['h1'].clock, jobs, lambda argv, text, environment, timeout_s: runs_of.append(environment) or '',
                lambda event, outcome: None, logging.getLogger('hook'))
    for number in range(120):
        hook.tell('host_lost', 'h%d' % number)
        hook.look()
    hook.tell('host_returned', 'h7')
    hook.look()
    assert sorted(jobs.kept) == ['hook host_lost', 'hook host_returned']
    for call in jobs.kept.values():
        call()
    assert [each['RINGFLEET_HOST'] for each in runs_of] == ['h%d' % number for number in range(100)] + ['h7']
    assert 'the hook is not told host_lost of h119' in caplog.text


# -- a real command ---------------------------------------------------------------------------------------------------

def python(code):
    return [sys.executable, '-c', code]


def test_a_command_gets_the_line_and_the_environment_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv('NOTIFY_SOCKET', '/run/systemd/notify')
    path = tmp_path / 'told'
    code = 'import os, sys; open(%r, "w").write(sys.stdin.read() + os.environ["RINGFLEET_EVENT"] + str("NOTIFY_SOCKET" in os.environ))' % str(path)
    assert run_command(python(code), '{"a": 1}\n', {'RINGFLEET_EVENT': 'host_lost'}, 30) == ''
    assert path.read_text() == '{"a": 1}\nhost_lostFalse'


def test_a_command_that_fails_says_why():
    assert run_command(python('import sys; sys.exit("first\\nlast words")'), '', {}, 30) == 'ended with 1: last words'
    assert run_command(['/nonexistent'], '', {}, 30) == 'cannot be started: No such file or directory'


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path):
    path = str(tmp_path / 'held')
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run_command(['/bin/sh', '-c', 'exec 3> %s; sleep 600 & wait' % path], '', {}, 3) == 'took over 3 s and was killed'
        # It ends when the last of those that have it open is gone; a child that lived on would hold it for minutes.
        assert select.select([reader], [], [], 60)[0] == [reader]
        assert os.read(reader, 1) == b''
    finally:
        os.close(reader)


@pytest.mark.parametrize('mode, wrong', [(0o755, False), (0o644, True), (None, True)])
def test_the_check_wants_a_file_that_can_be_run(tmp_path, mode, wrong):
    for name in ('ca.pem', 'key', 'secret.json'):
        (tmp_path / name).write_text('{"store_user": "u", "store_password": "p", "seal_key": "%s="}' % ('a' * 43))
        (tmp_path / name).chmod(0o600)
    path = tmp_path / 'tell-us'
    if mode is not None:
        path.write_text('#!/bin/sh\n')
        path.chmod(mode)
    settings = from_dict({'host': 'h1', 'address': '10.0.0.1', 'contact_points': ['10.0.0.1'], 'state_dir': str(tmp_path),
                          'ca_file': str(tmp_path / 'ca.pem'), 'ssh_key_file': str(tmp_path / 'key'),
                          'secret_file': str(tmp_path / 'secret.json'), 'hook_command': [str(path)]})
    if wrong:
        with pytest.raises(ConfigError, match='tell-us is no file that can be run'):
            main.check(settings)
    else:
        assert main.check(settings).store_user == 'u'
