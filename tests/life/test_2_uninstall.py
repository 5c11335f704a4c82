# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is taken apart around a running container, with its data, and made again, two hosts greater."""
from __future__ import annotations

from lab import inventory

FOLDERS = ('/var/lib/ringfleet', '/etc/ringfleet', '/opt/ringfleet')


def test_containers_run_on_while_the_fleet_goes_and_comes_back(three, five_hosts, name):
    three[1].run(name, '--restart', 'always')
    three.adopted(name)
    before = three[1].inspect(name)
    code, output = three.playbook('uninstall')
    assert (code != 0, 'ringfleet_uninstall_confirm=ringfleet' in output) == (True, True)
    assert three.row(name)['holder'] == three[1].name
    confirmed = ('-e', 'ringfleet_uninstall_confirm=ringfleet', '-e', 'ringfleet_purge=true')
    try:
        code, output = three.playbook('uninstall', *confirmed)
        assert code == 0, output
        for host in three.hosts:
            assert host.sh('sh', '-c', 'ls -d %s 2>/dev/null; ls /etc/systemd/system | grep ringfleet' % ' '.join(FOLDERS), check=False) == ''
            assert 'ringfleet' not in host.sh('systemctl', 'list-units', '--all', '--no-legend', 'ringfleet-*')
            assert 'ringfleet' not in host.sh('getent', 'passwd')
        after = three[1].inspect(name)
        assert (after['Id'], after['State']['StartedAt'], after['HostConfig']['RestartPolicy']) == (
            before['Id'], before['State']['StartedAt'], before['HostConfig']['RestartPolicy'])
        code, output = three.playbook('uninstall', *confirmed)
        assert code == 0, output
        assert set(three.changes(output).values()) == {0}
    finally:
        inventory.write(five_hosts)
        code, output = three.playbook('join')
        assert code == 0, output
    three.adopted(name)
    three.assert_runs_once(name)
    assert three[1].inspect(name)['Id'] == before['Id']
