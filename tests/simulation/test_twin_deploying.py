# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container is deployed again, on its own host or another, on the twin: who has it then, and what becomes of the older one."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.containers import labels as words
from ansible_collections.ringfleet.core.plugins.module_utils.errors import LabelError
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.deploying import MANAGED, REPLACE, deploy, states, told
from simulation.losses import ALWAYS, assert_no_open_moves, die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(3)


def test_on_another_host_it_is_refused_by_default_and_told_what_to_do(fleet):
    first = fleet.row('web')
    other = deploy(fleet, 'h2')
    fleet.run(10)
    word, problem = told(fleet, 'h2')
    assert word == 'duplicate'
    assert 'the fleet has the one on h1 (epoch 1). Remove or rename this one and deploy on h1, or' in problem
    assert 'ringfleet.on_conflict=replace' in problem
    assert problem in fleet['h2'].watcher.loop.sentence
    assert fleet.row('web') == first
    assert states(fleet) == [('h1', 'running'), ('h2', 'running')]
    fleet['h2'].engine.remove_running('web')
    fleet.run(40)
    assert fleet.row('web') == first
    assert fleet['h2'].call('container.info')['problems'] == {}
    assert other not in fleet['h2'].engine.boxes


def test_on_its_own_host_it_is_a_new_version(fleet):
    before = fleet.row('web')
    made = deploy(fleet, 'h1')
    fleet.run(40)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance, row.intent) == ('h1', 1, made, 'running')
    assert row.spec_hash not in ('', before.spec_hash)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    assert fleet[fleet.row('web').holder].engine.inspect('web')['Config']['Labels']['twin.version'] == '2'


def test_with_replace_it_takes_over_and_the_old_copy_is_retired(fleet):
    old, before = fleet.row('web').instance, fleet.row('web')
    fleet['h2'].settings = fleet['h1'].settings = {'stale_grace_s': 60.0}
    fleet['h1'].boot()
    made = deploy(fleet, 'h2', REPLACE)
    fleet.run(2)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance, row.previous, row.move) == ('h2', 2, made, 'h1', '')
    assert row.spec_hash not in ('', before.spec_hash)
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'), 20)
    assert told(fleet, 'h1') == ('stale copy', '')
    assert fleet['h1'].engine.inspect(old)['HostConfig']['RestartPolicy']['Name'] == 'no'
    adopted = [each['detail'] for each in fleet['h3'].call('broadcast.info', kind='adopted')['broadcasts'] if each['host'] == 'h2']
    assert adopted == ['it replaces the one on h1']
    # Started by hand it is stopped again: it is the older one, whatever its label says.
    fleet['h1'].engine.start(old)
    fleet.run(5)
    assert runs(fleet, 'web', 'h2')
    fleet.run(70)
    assert states(fleet) == [('h2', 'running')]
    assert ('h1', 'web') not in fleet.tables.placements
    die(fleet, 'h2')
    fleet.run_until(lambda: fleet.row('web').holder != 'h2' and runs(fleet, 'web'))
    assert fleet[fleet.row('web').holder].engine.inspect('web')['Config']['Labels']['twin.version'] == '2'


def test_it_goes_back_and_forth_as_often_as_it_is_deployed(fleet):
    for number, host in enumerate(('h2', 'h1', 'h3', 'h1'), 2):
        made = deploy(fleet, host, REPLACE)
        fleet.run_until(lambda host=host: runs(fleet, 'web', host), 30)
        assert (fleet.row('web').epoch, fleet.row('web').instance) == (number, made)
    # A restart of every watcher changes nothing.
    for host in fleet.hosts.values():
        host.boot()
    fleet.run(70)
    assert (fleet.row('web').epoch, runs(fleet, 'web', 'h1')) == (5, True)


def test_deployed_on_two_hosts_at_once_one_write_wins_and_one_copy_stays(fleet, monkeypatch):
    real, beaten = fleet['h2'].store.put_placement, []

    def slow(placement):
        real(placement)
        if placement.name == 'web' and not placement.instance and not beaten:
            # Between what h2 read and what it writes, h3 takes the container over.
            beaten.append(fleet['h3'].watcher.custody.look())

    monkeypatch.setattr(fleet['h2'].store, 'put_placement', slow)
    second, third = deploy(fleet, 'h2', REPLACE), deploy(fleet, 'h3', REPLACE)
    fleet['h3'].up = False
    fleet.run(1)
    fleet['h3'].up = True
    assert beaten == [None]
    fleet.run_until(lambda: runs(fleet, 'web'), 30)
    assert (fleet.row('web').epoch, fleet.row('web').instance, fleet.row('web').previous) == (3, second, 'h3')
    assert fleet['h3'].engine.inspect(third)['State']['Status'] == 'exited'
    fleet.run(70)
    assert (fleet.row('web').epoch, runs(fleet, 'web', 'h2')) == (3, True)


def test_on_its_way_it_waits_for_the_end_of_the_move(fleet):
    fleet['h3'].up = False
    fleet['h1'].call('move.ask', name='web', target='h3')
    fleet.run_until(lambda: fleet.row('web').move)
    made = deploy(fleet, 'h2', REPLACE)
    fleet.run(5)
    assert told(fleet, 'h2') == ('replacement', 'Container web here waits to replace the one on h1: it is in move %s' % fleet.row('web').move)
    fleet['h3'].up = True
    fleet.run_until(lambda: fleet.row('web').instance == made and runs(fleet, 'web', 'h2'))
    assert (fleet.row('web').epoch, fleet.row('web').previous) == (3, 'h3')
    fleet.run(10)
    assert_no_open_moves(fleet)


def test_while_somebody_has_a_hold_it_waits(fleet):
    fleet['h1'].call('hold.take', name='web', by='ada', reason='nightly backup', for_s=60)
    made = deploy(fleet, 'h2', REPLACE)
    fleet.run(10)
    assert 'waits to replace the one on h1: it is held by ada (nightly backup) until ' in told(fleet, 'h2')[1]
    assert fleet.row('web').holder == 'h1'
    fleet.run_until(lambda: fleet.row('web').instance == made, 130)


@pytest.mark.parametrize('gone', [lambda host: setattr(host, 'alive', False), lambda host: setattr(host, 'up', False)])
def test_its_holder_is_lost_or_its_watcher_is_away(fleet, gone):
    # Nobody else has room, so the failover is pending.
    for name in ('h2', 'h3'):
        fleet[name].cgroups.cores = 0.45
    fleet.run(10)
    gone(fleet['h1'])
    fleet.run(20)
    made = deploy(fleet, 'h2', REPLACE)
    fleet.run(5)
    assert (fleet.row('web').holder, fleet.row('web').instance) == ('h2', made)
    fleet['h1'].up = True
    recover(fleet, 'h1')
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'), 60)
    assert fleet.tables.rows[HostRow]['h1'].state == 'normal'
    assert told(fleet, 'h1')[0] == 'stale copy'


def test_one_that_is_stopped_takes_nothing_over_until_it_is_started(fleet):
    made = fleet['h2'].engine._make('web', {'Image': 'web:1', 'Labels': REPLACE}, {'NetworkMode': 'default', 'RestartPolicy': ALWAYS})
    fleet.run(10)
    word, problem = told(fleet, 'h2')
    assert (word, problem.endswith('Start this one, and it takes over')) == ('duplicate', True)
    fleet['h2'].engine.start(made)
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'), 20)


def test_a_copy_of_a_move_never_takes_over_for_its_label(fleet):
    deploy(fleet, 'h1', REPLACE)
    fleet.run(5)
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: runs(fleet, 'web', 'h2') and not fleet.open_moves())
    die(fleet, 'h2')
    fleet.run_until(lambda: fleet.row('web').holder != 'h2' and runs(fleet, 'web'))
    where = fleet.row('web').holder
    recover(fleet, 'h2')
    fleet.run_until(lambda: told(fleet, 'h2')[0] == 'stale copy')
    fleet.run(20)
    assert (fleet.row('web').epoch, runs(fleet, 'web', where)) == (3, True)


def test_a_host_that_leaves_takes_nothing_over(fleet):
    fleet['h3'].call('drain.start', host='h2')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h2'].state in ('leaving', 'drained'))
    deploy(fleet, 'h2', REPLACE)
    fleet.run(5)
    word, problem = told(fleet, 'h2')
    assert (word, 'its host h2 takes none' in problem) == ('not adopted', True)
    assert fleet.row('web').holder == 'h1'


@pytest.mark.parametrize('when', ['before', 'after'])
def test_a_crash_at_any_write_of_a_takeover_leaves_one_copy(when):
    number = 0
    while True:
        fleet = fleet_of(3)
        fleet['h2'].fuse.calls.clear()
        fleet['h2'].fuse.at = (number, when)
        made = deploy(fleet, 'h2', REPLACE)
        fleet.run_until(lambda fleet=fleet: runs(fleet, 'web', 'h2'), 60)
        row = fleet.row('web')
        assert (row.epoch, row.instance, bool(row.spec_hash)) == (2, made, True)
        fleet.run(3)
        assert fleet.tables.placements['h2', 'web'].instance == made
        if not fleet['h2'].crashes:
            break
        number += 1
    assert number >= 5


@pytest.mark.parametrize('word', ['perhaps', 'true', ''])
def test_a_label_that_is_neither_is_told_and_refuses(fleet, word):
    with pytest.raises(LabelError, match='Write refuse or replace'):
        words.replaces({'ringfleet.on_conflict': word})
    deploy(fleet, 'h2', dict(MANAGED, **{'ringfleet.on_conflict': word}))
    fleet.run(5)
    assert told(fleet, 'h2')[0] == 'duplicate'
    assert words.replaces({'ringfleet.on_conflict': 'replace'}) and not words.replaces({'ringfleet.on_conflict': 'refuse'})
