# Copyright (c) 2026, the ringfive.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes five hosts: the loss of a coordinator in the middle of its failover, and the ring that shrinks to the three that it was,
first by a host that is given up as dead, then by two that leave in order; in between that one comes back, and another one gets a new
address. In this order: each goes on from what the one before left."""
from __future__ import annotations

import json

import pytest
from chaos.ring import Ring, Unreadable
from integration.fleet import sh
from lab import hosts as lab_hosts
from lab import inventory


@pytest.fixture
def rows(five, tmp_path):
    """{host: its row} by the plain driver, or {} while the ring does not answer."""
    ring = Ring([host.name for host in five.hosts], tmp_path)

    def read():
        try:
            return ring.rows('hosts', 'host')
        except Unreadable:
            return {}

    yield read
    ring.close()


def hosts_by(host):
    """{host: what one member says of it}."""
    return {each['host']: each for each in host.call('host.info')['hosts']}


def copies(host):
    """How many copies the ring keeps of each row of ringfleet, as a host's node says."""
    lines = host.sh('/opt/ringfleet/bin/ringfleet-nodetool', 'describecluster').splitlines()
    line = next(each for each in lines if each.strip().startswith('ringfleet '))
    return int(line.partition('dc1=')[2].partition('}')[0])


def ring(host):
    """{address: state, as UN} of the ring's nodes, as a host's node sees them."""
    lines = host.sh('/opt/ringfleet/bin/ringfleet-nodetool', 'status').splitlines()
    return {words[1]: words[0] for words in map(str.split, lines) if words and words[0] in ('UN', 'DN', 'UJ', 'UL', 'DL', 'UM', 'DM')}


def kept(host, *names):
    """Whether the fleet holds these containers and has kept their specs."""
    return set(names) <= {each['name'] for each in host.call('container.info')['containers'] if each['holder'] and each['spec_hash']}


def whole(fleet):
    """Whether every member sees every other one alive and a member."""
    return all(each['state'] == 'normal' and each['signs'] in ('alive', '') for host in fleet.hosts for each in host.call('host.info')['hosts'])


def where(host, name):
    """Who holds a container, '' while it is on its way."""
    row = next(each for each in host.call('container.info')['containers'] if each['name'] == name)
    return '' if row['move'] else row['holder']


def test_five_joined_with_five_copies(five):
    assert set(ring(five[1]).values()) == {'UN'}
    assert (len(ring(five[1])), copies(five[1])) == (5, 5)


def test_a_coordinator_that_dies_with_its_host_is_succeeded(five, rows):
    victim = five[5]
    names = ['it-five-%d' % number for number in range(1, 5)]
    for each in names:
        victim.run(each)
    dead = [victim]
    try:
        five.until(lambda: kept(five[1], *names), 'the fleet to keep their specs')
        sh('docker', 'kill', victim.name)

        def coordinator():
            row = rows().get(victim.name, {})
            return row.get('state') == 'lost' and row['coordinator']

        first = five.until(coordinator, 'somebody to claim the failover')
        dead.append(next(host for host in five.hosts if host.name == first))
        sh('docker', 'kill', first)
        living = [host for host in five.hosts if host not in dead]
        for each in names:
            five.until(lambda each=each: where(living[0], each) in {host.name for host in living}, '%s to run on a living host' % each, 240)
            assert sum(bool(host.inspect(each) and host.inspect(each)['State']['Running']) for host in living) == 1
        assert five.until(coordinator, 'a coordinator') in {host.name for host in living}
    finally:
        for host in dead:
            sh('docker', 'start', host.name)
        five.until(lambda: whole(five), 'all to be back', 300)
        five.remove(*names)


def test_a_host_that_never_comes_back_is_taken_out(five, name):
    victim = five[5]
    victim.run(name)
    five.until(lambda: kept(five[1], name), 'the fleet to keep its spec')
    sh('docker', 'kill', victim.name)
    words = ('-e', 'ringfleet_target=%s' % victim.name, '-e', 'ringfleet_dead=true', '--limit', '!%s' % victim.name)
    five.until(lambda: where(five[1], name) not in ('', victim.name), 'its failover', 180)
    code, output = five.playbook('exit', *words)
    assert code == 0, output
    assert hosts_by(five[1])[victim.name]['state'] == 'left'
    assert (len(ring(five[1])), set(ring(five[1]).values()), copies(five[1])) == (4, {'UN'}, 3)
    code, output = five.playbook('exit', *words)
    assert (code, set(five.changes(output).values())) == (0, {0}), output


def test_it_comes_back_is_kept_out_and_joins_anew(five):
    back = five[5]
    sh('docker', 'start', back.name)
    five.until(lambda: 'was removed from the ring' in back.sh('journalctl', '-b', '-u', 'ringfleet-node', check=False), 'it to be kept out', 120)
    five.until(lambda: 'has left' in back.sh('ringfleet', 'status', check=False), 'its watcher to say so')
    assert (len(ring(five[1])), set(ring(five[1]).values())) == (4, {'UN'})
    code, output = five.playbook('join')
    assert code == 0, output
    five.until(lambda: whole(five), 'all to be members', 120)
    assert (len(ring(five[1])), set(ring(five[1]).values()), copies(five[1])) == (5, {'UN'}, 5)


def test_its_address_changes_by_running_join_again(five, name):
    moved, address = five[4], lab_hosts.address(104)
    moved.run(name)
    five.until(lambda: kept(five[1], name), 'the fleet to keep its spec')
    before = hosts_by(five[1])[moved.name]['gossip']['host_id']
    sh('docker', 'network', 'disconnect', lab_hosts.NETWORK, moved.name)
    sh('docker', 'network', 'connect', '--ip', address, lab_hosts.NETWORK, moved.name)
    listed = json.loads(inventory.FILE.read_text(encoding='utf-8'))
    listed['ringfleet']['hosts'][moved.name]['ringfleet_address'] = address
    inventory.FILE.write_text(json.dumps(listed), encoding='utf-8')
    code, output = five.playbook('join')
    assert code == 0, output
    five.until(lambda: whole(five), 'all to be alive', 180)
    after = hosts_by(five[1])[moved.name]
    assert (after['address'], after['gossip']['host_id']) == (address, before)
    assert (ring(five[1])[address], len(ring(five[1])), set(ring(five[1]).values())) == ('UN', 5, {'UN'})
    five.until(lambda: sum(state == 'running' for _host, state, _id in five.copies(name)) == 1, 'it to run once')
    code, output = five.playbook('join')
    assert (code, set(five.changes(output).values())) == (0, {0}), output


def test_two_that_leave_in_order_leave_three(five, name):
    five[4].run(name)
    five.until(lambda: kept(five[1], name), 'the fleet to keep its spec')
    for number in (5, 4):
        leaving = five[number].name
        code, output = five.playbook('exit', '-e', 'ringfleet_target=%s' % leaving)
        assert code == 0, output
        assert hosts_by(five[1])[leaving]['state'] == 'left'
        assert (len(ring(five[1])), set(ring(five[1]).values()), copies(five[1])) == (number - 1, {'UN'}, 3)
    assert where(five[1], name) in {host.name for host in five.hosts[:3]}
