# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No host is special: with the first one of the inventory down, the others are joined again, drained and taken back."""
from __future__ import annotations

import pytest

from integration.fleet import sh


def well(fleet, by, down=()):
    """Whether a host sees all the others alive, and those that are down not."""
    return all((each['signs'] == 'alive') == (each['host'] not in down) for each in fleet[by].call('host.info')['hosts'])


def node_of(host):
    """The process of a host's ring node."""
    return host.sh('systemctl', 'show', '-p', 'MainPID', '--value', 'ringfleet-node.service')


@pytest.fixture
def first_down(fleet):
    """The first host was shut down in order, and comes back."""
    first = fleet[1].name
    sh('docker', 'stop', '--time', '180', first)
    try:
        fleet.until(lambda: well(fleet, 2, (first,)), '%s to be seen down' % first)
        yield first
    finally:
        sh('docker', 'start', first)
        fleet.until(lambda: all(well(fleet, by) for by in (1, 2, 3)), 'all to be alive again', 300)


def test_the_others_are_joined_again_drained_and_taken_back(fleet, name, first_down):
    last = fleet[3]
    last.run(name)
    fleet.until(lambda: any(each['name'] == name and each['spec_hash'] for each in fleet[2].call('container.info')['containers']), 'its adoption')
    code, output = fleet.playbook('join', '--limit', last.name)
    assert (code, fleet.changes(output)) == (0, {last.name: 0}), output

    target = ('-e', 'ringfleet_target=%s' % last.name)
    code, output = fleet.playbook('drain', *target)
    assert (code, '%s -> %s' % (name, fleet[2].name) in output) == (0, True), output
    assert fleet[2].inspect(name)['State']['Status'] == 'running'
    code, output = fleet.playbook('drain', *target)
    assert (code, fleet.changes(output)[fleet[2].name]) == (0, 0), output

    code, output = fleet.playbook('join', '--limit', last.name)
    assert code == 0, output
    assert {each['host']: each['state'] for each in fleet[2].call('host.info')['hosts']}[last.name] == 'normal'

    # Nothing is taken away from a ring of which a node is down; and no node is given a place with which it would not start.
    second, before = fleet[2], node_of(fleet[2])
    code, output = fleet.playbook('join', '--limit', second.name, '-e', '{"ring_node_heap": "330m"}')
    assert (code, 'is not started again while others are down' in output, node_of(second)) == (2, True, before), output
    code, output = fleet.playbook('join', '--limit', second.name, '-e', 'ringfleet_rack=r9')
    assert (code, "the rack of this host's ring node is rack1 and cannot become r9" in output, node_of(second)) == (2, True, before), output
    # With what it has it is as it was.
    code, output = fleet.playbook('join', '--limit', second.name)
    assert (code, node_of(second)) == (0, before), output
