# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is taken apart around a running container, with its data; a new one begins on one of its hosts and finds that container."""
from __future__ import annotations

from lab import inventory

FOLDERS = ('/var/lib/ringfleet', '/etc/ringfleet', '/opt/ringfleet')


def test_containers_run_on_while_the_fleet_goes_and_comes_back(fleet, name):
    fleet[1].run(name, '--restart', 'always')
    fleet.adopted(name)
    before = fleet[1].inspect(name)
    code, output = fleet.playbook('uninstall')
    assert (code != 0, 'ringfleet_uninstall_confirm=ringfleet' in output) == (True, True)
    assert fleet.row(name)['holder'] == fleet[1].name
    confirmed = ('-e', 'ringfleet_uninstall_confirm=ringfleet', '-e', 'ringfleet_purge=true')
    code, output = fleet.playbook('uninstall', *confirmed)
    assert code == 0, output
    for host in fleet.hosts:
        assert host.sh('sh', '-c', 'ls -d %s 2>/dev/null; ls /etc/systemd/system | grep ringfleet' % ' '.join(FOLDERS), check=False) == ''
        assert 'ringfleet' not in host.sh('systemctl', 'list-units', '--all', '--no-legend', 'ringfleet-*')
        assert 'ringfleet' not in host.sh('getent', 'passwd')
    after = fleet[1].inspect(name)
    assert (after['Id'], after['State']['StartedAt'], after['HostConfig']['RestartPolicy']) == (
        before['Id'], before['State']['StartedAt'], before['HostConfig']['RestartPolicy'])
    code, output = fleet.playbook('uninstall', *confirmed)
    assert code == 0, output
    assert set(fleet.changes(output).values()) == {0}

    # A ring of one host is a ring: the others need not come back for this one to adopt what ran on.
    first = fleet[1].name
    inventory.write([first])
    try:
        code, output = fleet.playbook('join')
    finally:
        inventory.write([host.name for host in fleet.hosts])
    assert code == 0, output
    fleet.adopted(name)
    assert (fleet.row(name)['holder'], fleet.row(name)['instance']) == (first, before['Id'])
    assert fleet[1].inspect(name)['State']['StartedAt'] == before['State']['StartedAt']
