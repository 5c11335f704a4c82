# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The label ``ringfleet.priority`` on the twin: which of a lost host's containers get what room there is."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import EngineUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.watcher import coordinator as room
from simulation.engine import image_of
from simulation.losses import assert_no_open_moves, coordinator_of, die, runs
from simulation.twin import Fleet


def run(fleet, name, priority, cores=0.15, host='h1'):
    labels = {'ringfleet.managed': 'true', 'twin.cores': str(cores)}
    if priority is not None:
        labels['ringfleet.priority'] = str(priority)
    fleet[host].engine.run(name, 'web:1', labels)


@pytest.fixture
def fleet():
    made = Fleet(3)
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made['h1'].cgroups.cores = 0.0
    return made


def waits(fleet):
    return coordinator_of(fleet, 'h1').watcher.coordinator.pending


@pytest.mark.parametrize('text, expected', [(None, 0), ('7', 7), ('-1000', -1000), (' +1000 ', 1000)])
def test_the_row_has_it_from_the_adoption_on_and_so_has_each_new_version(fleet, text, expected):
    run(fleet, 'web', text)
    fleet.run(10)
    assert fleet.row('web').priority == expected
    assert fleet['h3'].call('container.info', name='web')['containers'][0]['priority'] == expected
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    run(fleet, 'web', 3)
    fleet.run(10)
    assert fleet.row('web').priority == 3


@pytest.mark.parametrize('text', ['high', '', '1001', '-1001', '1.5', '--1', '10000'])
def test_what_is_no_priority_is_a_clear_problem(fleet, text):
    run(fleet, 'web', text)
    fleet.run(10)
    told = fleet['h3'].call('container.info', name='web')['containers'][0]
    assert told['priority'] == 0
    (why,) = told['immovable']
    assert why.startswith('Label ringfleet.priority=%r is no whole number from -1000 to 1000' % text)


def test_higher_ones_get_the_room_and_the_rest_waits_until_there_is_more(fleet):
    for name, priority in (('a', -5), ('b', None), ('y', 10), ('z', 10)):
        run(fleet, name, priority, 0.08)
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.22
    fleet.run(30)
    die(fleet, 'h1')
    fleet.run_until(lambda: runs(fleet, 'y') and runs(fleet, 'z'))
    fleet.run(40)
    assert {name: fleet.row(name).holder == 'h1' for name in 'abyz'} == {'a': True, 'b': True, 'y': False, 'z': False}
    assert all('no host can take it' in waits(fleet)[name] for name in 'ab')
    # Room for one more, and then for the last.
    fleet['h2'].cgroups.cores = 0.14
    fleet.run_until(lambda: fleet.row('b').holder != 'h1' and runs(fleet, 'b'), 60)
    assert fleet.row('a').holder == 'h1'
    fleet['h3'].cgroups.cores = 0.14
    fleet.run_until(lambda: fleet.row('a').holder != 'h1' and runs(fleet, 'a'), 60)
    fleet.run(10)
    assert_no_open_moves(fleet)


def test_a_lower_one_does_not_take_what_a_higher_one_finds_at_its_second_try(fleet):
    run(fleet, 'a', 0)
    run(fleet, 'b', 10)
    # h2 is the better host and has a container of that name already: b is declined there, and h3 has room for one.
    fleet['h2'].cgroups.cores = 0.02
    fleet['h3'].cgroups.cores = 0.15
    fleet['h2'].engine.run('b', 'web:1')
    fleet.run(30)
    assert fleet['h1'].call('target.info', name='b')['target'] == 'h2'
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('a').holder != 'h1' and not fleet.row('a').move)
    assert (fleet.row('b').holder, fleet.row('a').holder) == ('h3', 'h2')


def test_two_lost_hosts_with_one_coordinator_share_one_order():
    fleet = Fleet(5)
    for host in fleet.hosts.values():
        host.engine.add_image(image_of('web:1'))
        host.cgroups.cores = 0.34
    fleet['h1'].cgroups.cores = fleet['h2'].cgroups.cores = 0.0
    run(fleet, 'a', 0, 0.2, 'h1')
    run(fleet, 'z', 10, 0.2, 'h2')
    fleet['h4'].cgroups.cores = 0.12
    fleet.run(30)
    for lost in ('h1', 'h2'):
        die(fleet, lost)
        rows = fleet.tables.rows[HostRow]
        rows[lost] = replace(rows[lost], state='lost', coordinator='h3', failover_epoch=1)
    fleet.run_until(lambda: fleet.row('z').holder != 'h2' and not fleet.row('z').move)
    fleet.run(40)
    assert (fleet.row('z').holder, fleet.row('a').holder) == ('h4', 'h1')
    assert 'no host can take it' in fleet['h3'].watcher.coordinator.pending['a']


def test_one_that_takes_its_time_does_not_keep_the_others_waiting_for_ever(monkeypatch):
    fleet = Fleet(4)
    for host in fleet.hosts.values():
        host.engine.add_image(image_of('web:1'))
        host.cgroups.cores = 0.2
    run(fleet, 'a', 0, 0.05)
    run(fleet, 'b', 10, 0.2)
    fleet['h1'].cgroups.cores = 0.0
    fleet.run(10)
    backups = fleet['h2'].watcher.observer.backups()['h1']
    (slow,) = {'h2', 'h3', 'h4'} - set(backups)
    # The only one with room for b is alive, and its engine hangs.
    fleet[slow].cgroups.cores = 0.0
    fleet.run(30)

    def hangs():
        raise EngineUnavailable('The engine does not answer')

    monkeypatch.setattr(fleet[slow].engine, 'containers', hangs)
    monkeypatch.setattr(room, '_PATIENCE_S', 12.0)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('b').move_to == slow)
    coordinator, looks = coordinator_of(fleet, 'h1').watcher.coordinator, []
    bring_on = coordinator._fail_over
    coordinator._fail_over = lambda hosts: looks.append(hosts) or bring_on(hosts)
    fleet.run(3)
    looks.clear()
    fleet.run(4)
    # Nobody waits for the next seldom look while something is being placed.
    assert len(looks) >= 3
    assert waits(fleet) == {'a': 'those of priority 10 come first', 'b': 'it is on its way to %s' % slow}
    fleet.run_until(lambda: fleet.row('a').holder != 'h1')
    assert fleet.row('b').move_to == slow
