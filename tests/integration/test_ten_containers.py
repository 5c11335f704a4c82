# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten odd containers move to another host and back, and are the same as before, key by key."""
from __future__ import annotations

import pytest

WEB_CHECK = ('--health-cmd', 'wget -q -O /dev/null http://127.0.0.1/', '--health-interval', '1s')
SHAPES = {
    'quoting': ('-e', 'QUOTES=it\'s "quoted" & $odd \\ back', '-e', 'EMPTY=', '-e', 'LINES=one\ntwo', '--label', 'json={"a": "b"}'),
    'limits': ('--memory', '64m', '--memory-swap', '128m', '--cpus', '0.25', '--pids-limit', '50', '--cpu-shares', '512'),
    'health': (*WEB_CHECK, '--health-retries', '5', '--health-timeout', '2s', '--label', 'ringfleet.mode=start-first'),
    'tmpfs': ('--tmpfs', '/scratch:size=1m,mode=1777', '--read-only', '--shm-size', '32m'),
    'port': ('-p', '8095:80', '-p', '127.0.0.1:8096:80', '--expose', '9000'),
    'restart': ('--restart', 'on-failure:7', '--stop-timeout', '3', '--stop-signal', 'SIGINT'),
    'user': ('--user', '1000:1000', '--workdir', '/tmp', '-e', 'PORT=8080', '--hostname', 'chosen'),
    'entrypoint': ('--entrypoint', '/bin/sh', '--init'),
    'logs': ('--log-opt', 'max-size=1m', '--log-opt', 'max-file=2', '--label', 'ringfleet.log.errors=10/m ERROR',
             '--label', 'ringfleet.mode=start-first', *WEB_CHECK),
    'kernel': ('--cap-drop', 'NET_RAW', '--cap-add', 'NET_ADMIN', '--ulimit', 'nofile=1024:2048', '--sysctl',
               'net.ipv4.ip_unprivileged_port_start=0', '--dns', '10.0.0.53', '--add-host', 'db:10.0.0.9',
               '--security-opt', 'no-new-privileges', '--group-add', '1000'),
}
COMMANDS = {'entrypoint': ('-c', 'trap "exit 0" TERM; while :; do sleep 1; done')}


def plain(inspected):
    """What has to be the same: all of Config and HostConfig but what belongs to the instance."""
    config, host = dict(inspected['Config']), dict(inspected['HostConfig'])
    config['Labels'] = {key: value for key, value in config['Labels'].items() if key != 'ringfleet.move'}
    if config['Hostname'] == inspected['Id'][:12]:
        del config['Hostname']

    def known(table):
        # Which of absent, null, empty and false the client sent is no property of the container.
        return {key: value for key, value in table.items() if value not in (None, '', [], {}, False)}

    # ConsoleSize is the terminal's of whoever created it.
    return known(config), known({key: value for key, value in host.items() if key != 'ConsoleSize'})


@pytest.fixture(scope='module')
def ten(fleet):
    names = ['ten-%s' % shape for shape in SHAPES]
    fleet.remove(*names)
    for shape, options in SHAPES.items():
        fleet[1].run('ten-%s' % shape, *options, command=COMMANDS.get(shape, ()))
    fleet.until(lambda: {each['name']: each['instance'] for each in fleet[1].call('container.info')['containers']
                         if each['name'] in names and each['holder'] == fleet[1].name}
                == {name: fleet[1].inspect(name)['Id'] for name in names}, 'adoption of the ten', 60)
    before = {name: plain(fleet[1].inspect(name)) for name in names}
    yield names, before
    fleet.remove(*names)


def test_there_and_back_they_are_equal(fleet, ten):
    names, before = ten
    epoch = fleet.row('ten-port')['epoch']
    for source, target in ((fleet[1], fleet[2]), (fleet[2], fleet[1])):
        moves = {name: fleet[3].call('move.ask', name=name, target=target.name, by='test')['id'] for name in names}
        for name, ident in moves.items():
            move = fleet.ended(ident)
            assert move['outcome'] == 'done', (name, move)
        for name in names:
            assert source.inspect(name) is None
            assert plain(target.inspect(name)) == before[name], name
            fleet.assert_runs_once(name)
    assert fleet.row('ten-port')['epoch'] == epoch + 2
    assert 'rflab-web' in fleet[1].sh('python3', '-c', 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8095/").read())')
