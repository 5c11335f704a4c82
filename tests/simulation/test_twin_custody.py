# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adoption, release, missing and duplicate containers, intent, and the exchange of load, on the twin."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from ansible_collections.ringfleet.core.plugins.module_utils.names import LABEL_MOVE
from simulation.engine import image_of
from simulation.twin import Fleet

MANAGED = {'ringfleet.managed': 'true'}


@pytest.fixture
def fleet():
    made = Fleet()
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made.run(2)
    return made


def run(fleet, host, name='web', **labels):
    ident = fleet[host].engine.run(name, 'web:1', dict(MANAGED, **labels))
    fleet.run(3)
    return ident


def test_a_labelled_container_is_adopted_and_another_is_not(fleet):
    ident = run(fleet, 'h1')
    fleet['h1'].engine.run('private', 'web:1')
    fleet.run(3)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance, row.intent) == ('h1', 1, ident, 'running')
    assert fleet.row('private') is None
    assert ('h1', 'web') in fleet.tables.placements


def test_a_label_that_does_not_parse_is_shown(fleet):
    fleet['h1'].engine.run('odd', 'web:1', {'ringfleet.managed': 'perhaps'})
    fleet.run(3)
    assert fleet.row('odd') is None
    assert 'neither true nor false' in fleet['h1'].call('container.info')['problems']['odd']


def test_a_destroy_seen_live_releases_after_a_while(fleet):
    run(fleet, 'h1')
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run(20)
    assert fleet.row('web').holder == 'h1'
    assert fleet['h1'].call('container.info')['containers'][0]['missing']
    fleet.run(20)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance) == ('', 1, '')
    assert ('h1', 'web') not in fleet.tables.placements
    ident = run(fleet, 'h2')
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance) == ('h2', 2, ident)


def test_recreated_within_the_while_is_a_new_version(fleet):
    first = run(fleet, 'h1')
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run(5)
    second = run(fleet, 'h1')
    fleet.run(40)
    row = fleet.row('web')
    assert first != second
    assert (row.holder, row.epoch, row.instance) == ('h1', 1, second)


def absent_at_start(fleet):
    """web vanishes from h1 while nobody looks, as with a new disk."""
    fleet['h1'].up = False
    fleet['h1'].engine.boxes.clear()
    fleet['h1'].boot()
    fleet['h1'].up = True


def test_absent_at_start_is_missing_and_made_again(fleet):
    gone = run(fleet, 'h1')
    absent_at_start(fleet)
    fleet.run(20)
    assert 'missing: web' in fleet['h1'].watcher.loop.sentence
    fleet.run(20)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance == gone) == ('h1', 1, False)
    assert fleet['h1'].engine.inspect(row.instance)['State']['Status'] == 'running'
    assert [each.instance for each in fleet['h1'].store.placements('h1')] == [row.instance]
    assert 'missing' not in fleet['h1'].watcher.loop.sentence


@pytest.mark.parametrize('change, why', [
    (lambda fleet: [host.engine.images.clear() for host in fleet.hosts.values()], 'its image web:1 is not here, and no registry has it'),
    (lambda fleet: change_row(fleet, intent='stopped'), 'its user stopped it'),
    (lambda fleet: change_row(fleet, exclusive=True), 'its row and its spec do not agree'),
    (lambda fleet: change_row(fleet, spec_hash=''), 'its spec was never kept'),
])
def test_what_cannot_be_made_again_is_missing_with_its_reason(fleet, change, why):
    run(fleet, 'h1')
    absent_at_start(fleet)
    change(fleet)
    fleet.run(60)
    assert 'missing: web (%s' % why in fleet['h1'].watcher.loop.sentence
    assert fleet.copies('web') == []


def test_an_image_that_only_others_have_is_brought_from_them(fleet):
    run(fleet, 'h1')
    fleet['h1'].engine.images.clear()
    fleet['h2'].engine.images.clear()
    absent_at_start(fleet)
    fleet.run(90)
    row = fleet.row('web')
    assert fleet.copies('web') == [('h1', 'running', row.instance)]
    assert fleet.files == {}


def change_row(fleet, **changes):
    fleet.tables.rows[ContainerRow]['web'] = replace(fleet.row('web'), **changes)


def test_a_crash_anywhere_in_a_recovery_leaves_one_copy(fleet):
    run(fleet, 'h1')
    number = 0
    while True:
        absent_at_start(fleet)
        fleet.run(25)
        fleet['h1'].fuse.calls.clear()
        fleet['h1'].fuse.at, fleet['h1'].crashes = (number // 2, ('before', 'after')[number % 2]), 0
        fleet.run(45)
        row = fleet.row('web')
        assert fleet.copies('web') == [('h1', 'running', row.instance)]
        if not fleet['h1'].crashes:
            break
        number += 1
    assert number >= 10


def test_the_same_name_elsewhere_is_a_duplicate_and_left_alone(fleet):
    run(fleet, 'h1')
    other = run(fleet, 'h2')
    assert fleet.row('web').holder == 'h1'
    assert fleet['h2'].call('container.info', name='web')['containers'][0]['here'] == 'duplicate'
    assert fleet['h2'].engine.inspect('web')['Id'] == other
    assert fleet['h2'].call('cleanup.check')['removed'] == []


def test_a_users_stop_is_intent_and_a_crash_is_not(fleet):
    run(fleet, 'h1')
    box = fleet['h1'].engine._box('web')
    box['State'].update(Status='exited', Pid=0)
    fleet['h1'].engine._tell('die', box)
    fleet.run(15)
    assert fleet.row('web').intent == 'running'
    fleet['h1'].engine.start('web')
    fleet['h1'].engine.stop('web', 1)
    fleet.run(15)
    assert fleet.row('web').intent == 'stopped'
    fleet['h1'].engine.start('web')
    fleet.run(3)
    assert fleet.row('web').intent == 'running'


def test_a_stop_by_an_engine_that_goes_down_is_no_intent(fleet):
    run(fleet, 'h1')
    fleet['h1'].engine.stop('web', 1)
    fleet.run(1)
    fleet['h1'].watcher.custody.stream_broke()
    fleet.run(15)
    assert fleet.row('web').intent == 'running'


def test_leftovers_of_moves_are_removed_when_asked_for(fleet):
    run(fleet, 'h1')
    left = fleet['h2'].engine.run('web', 'web:1', dict(MANAGED, **{LABEL_MOVE: 'long-ago'}))
    fleet.run(3)
    assert [each['instance'] for each in fleet['h2'].call('cleanup.check', name='web')['removed']] == [left]
    assert fleet.copies('web')[1][0] == 'h2'
    assert fleet['h2'].call('cleanup.run')['removed'][0]['holder'] == 'h1'
    assert [host for host, _state, _id in fleet.copies('web')] == ['h1']
    assert fleet['h2'].call('cleanup.run')['removed'] == []
    assert fleet['h1'].call('cleanup.run')['removed'] == []


def test_the_only_copy_is_kept(fleet):
    run(fleet, 'h1')
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run(40)
    fleet['h1'].up = False
    fleet['h1'].engine.run('web', 'web:1', dict(MANAGED, **{LABEL_MOVE: 'long-ago'}))
    told = fleet['h1'].call('cleanup.run')
    assert (told['removed'], len(told['kept'])) == ([], 1)


def test_load_reaches_every_host(fleet):
    run(fleet, 'h1')
    fleet['h1'].cgroups.cores = 0.3
    fleet.run(30)
    for observer in fleet.hosts:
        told = fleet[observer].call('load.info', name='web')
        assert told['observer'] == observer
        h1, h2 = told['hosts'][0], told['hosts'][1]
        assert h1['containers'][0]['cpu_used'] == pytest.approx(0.3, abs=0.01)
        assert h1['load']['cpu_used'] == pytest.approx(0.3, abs=0.01)
        assert h2['load']['cpu_used'] == pytest.approx(0.1, abs=0.01)
        assert h2['containers'] == []


def test_beat_and_gossip_are_two_signals(fleet):
    fleet.run(10)

    def signs():
        return {each['host']: each['signs'] for each in fleet['h1'].call('host.info')['hosts']}

    assert signs() == {'h1': 'alive', 'h2': 'alive', 'h3': 'alive'}
    fleet['h2'].up = False
    fleet.run(10)
    assert signs() == {'h1': 'alive', 'h2': 'watcher down', 'h3': 'alive'}
    fleet['h2'].up = True
    real = fleet['h1'].store.gossip
    fleet['h1'].store.gossip = lambda: [each for each in real() if each.address != '10.0.0.3']
    fleet.run(10)
    assert signs() == {'h1': 'alive', 'h2': 'alive', 'h3': 'ring node down'}


def test_with_the_store_away_containers_go_on_and_it_is_said(fleet, monkeypatch):
    run(fleet, 'h1')

    def away(*_args, **_kwargs):
        raise StoreUnavailable('The ring is out of reach: test', 'Look at ringfleet-node.')

    host = fleet['h1']
    for name in ('read', 'scan', 'put_beat', 'beats', 'open_moves', 'put_loads', 'broadcasts', '_cas'):
        monkeypatch.setattr(host.store, name, away)
    fleet.run(20)
    assert [state for _host, state, _id in fleet.copies('web')] == ['running']
    status = host.call('watcher.status')
    assert 'The ring is out of reach' in status['troubles']['moves']
    with pytest.raises(StoreUnavailable, match='Look at ringfleet-node'):
        host.call('host.info')
    with pytest.raises(StoreUnavailable):
        host.call('move.ask', name='web', target='h2')
    monkeypatch.undo()
    fleet.run(20)
    assert host.call('watcher.status')['troubles'] == {}


def test_a_watcher_that_starts_again_joins_once(fleet):
    generation = fleet['h1'].call('host.info', name='h1')['hosts'][0]['generation']
    fleet['h1'].boot()
    fleet.run(10)
    assert fleet['h1'].call('host.info', name='h1')['hosts'][0]['generation'] == generation
    joined = [each for each in fleet['h1'].call('broadcast.info', kind='joined')['broadcasts'] if each['host'] == 'h1']
    assert len(joined) == 1


def test_one_that_docker_run_has_created_and_not_yet_started_is_adopted_as_running(fleet):
    fleet['h1'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    box = fleet['h1'].engine._box('web')
    box['State'].update(Status='created', Pid=0)
    fleet.run(2)
    assert fleet.row('web') is None
    fleet['h1'].engine.start('web')
    fleet.run(2)
    assert (fleet.row('web').intent, fleet.row('web').epoch) == ('running', 1)


def test_one_that_is_only_created_is_adopted_as_stopped(fleet):
    fleet['h1'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    fleet['h1'].engine._box('web')['State'].update(Status='created', Pid=0)
    fleet.run(10)
    assert fleet.row('web').intent == 'stopped'
