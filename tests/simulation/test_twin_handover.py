# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into the fleet and out of it, through any member, on the twin."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict, UnknownContainer
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.names import LABEL_MOVE
from simulation.handing import MANAGED, fleet_of_three, put, remake, run, word
from simulation.losses import die, recover


@pytest.fixture
def fleet():
    return fleet_of_three()


@pytest.mark.parametrize('asker', ['h1', 'h3'])
def test_released_it_runs_on_and_is_not_adopted_again(fleet, asker):
    ident = run(fleet, 'h1', restart={'Name': 'always', 'MaximumRetryCount': 0})
    before = fleet['h1'].engine.inspect('web')
    assert put(fleet, asker, 'released', check=True, name='web') == [('web', 'h1', True, '')]
    assert fleet.row('web').holder == 'h1'
    assert put(fleet, asker, 'released', name='web') == [('web', 'h1', True, '')]
    fleet.run(70)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance, row.intent, row.previous) == ('', 1, ident, 'released', 'h1')
    assert fleet['h1'].engine.inspect('web') == before
    assert word(fleet, 'h1') == 'released'
    assert [each[2] for each in put(fleet, asker, 'released', name='web')] in ([], [False])
    fleet['h1'].boot()
    fleet.run(70)
    assert fleet.row('web') == row
    kinds = [each['kind'] for each in fleet['h2'].call('broadcast.info')['broadcasts'] if each['name'] == 'web']
    assert kinds == ['adopted', 'released']
    assert fleet['h2'].call('move.info')['moves'] == []
    assert not fleet.open_moves()
    # The row alone is enough too.
    del fleet.tables.placements['h1', 'web']
    fleet.run(70)
    assert (fleet.row('web'), word(fleet, 'h1')) == (row, 'released')


def test_what_is_released_is_not_failed_over_and_not_moved(fleet):
    run(fleet, 'h1')
    put(fleet, 'h2', 'released', name='web')
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'lost')
    fleet.run(30)
    assert fleet.row('web').holder == ''
    assert [host for host, _state, _id in fleet.copies('web')] == ['h1']


@pytest.mark.parametrize('asker', ['h1', 'h3'])
def test_it_is_handed_over_again_without_being_made_again(fleet, asker):
    ident = run(fleet, 'h1')
    put(fleet, 'h2', 'released', name='web')
    assert put(fleet, asker, 'managed', check=True, name='web') == [('web', 'h1', True, '')]
    assert fleet.row('web').holder == ''
    assert put(fleet, asker, 'managed', name='web') == [('web', 'h1', True, '')]
    fleet.run(5)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance, row.intent) == ('h1', 2, ident, 'running')
    assert word(fleet, 'h1') == 'ours'
    assert not [each for each in put(fleet, asker, 'managed', name='web') if each[2]]


def test_a_new_instance_of_a_released_name_is_adopted(fleet):
    run(fleet, 'h1')
    put(fleet, 'h2', 'released', name='web')
    ident = remake(fleet, 'h1')
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance) == ('h1', 2, ident)


def test_the_name_of_a_released_one_is_free_and_the_released_one_is_left_alone(fleet):
    run(fleet, 'h2')
    fleet['h2'].call('move.ask', name='web', target='h1')
    fleet.run_until(lambda: fleet.row('web').epoch == 2 and not fleet.open_moves())
    old = fleet['h1'].engine.inspect('web')['Id']
    assert fleet['h1'].engine.inspect('web')['Config']['Labels'][LABEL_MOVE]
    put(fleet, 'h3', 'released', name='web')
    new = run(fleet, 'h2')
    assert (fleet.row('web').holder, fleet.row('web').instance) == ('h2', new)
    fleet.run(60)
    assert word(fleet, 'h1') == 'released'
    assert fleet['h1'].call('cleanup.run')['removed'] == []
    # A move that finds the name taken declines, and leaves the note of the release alone.
    fleet['h2'].call('move.ask', name='web', target='h1')
    fleet.run(30)
    assert not fleet.open_moves()
    fleet['h2'].engine.stop('web', 1)
    fleet['h2'].engine.remove('web')
    fleet.run(100)
    assert fleet.row('web').holder == ''
    assert fleet['h1'].engine.inspect('web')['State']['Status'] == 'running'
    assert fleet['h1'].engine.inspect('web')['Id'] == old
    assert word(fleet, 'h1') == 'released'


def test_an_old_copy_of_a_released_one_is_not_adopted_but_stopped(fleet):
    run(fleet, 'h1')
    fleet.run(30)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder not in ('', 'h1') and not fleet.row('web').move)
    where = fleet.row('web').holder
    put(fleet, 'h2', 'released', name='web')
    recover(fleet, 'h1')
    fleet['h1'].engine.start('web')
    fleet.run(60)
    assert (fleet.row('web').holder, fleet.row('web').previous) == ('', where)
    assert word(fleet, 'h1') == 'stale copy'
    assert [host for host, state, _id in fleet.copies('web') if state == 'running'] == [where]


def test_without_a_label_it_is_managed_where_it_is_asked_for(fleet):
    ident = run(fleet, 'h1', labels={})
    with pytest.raises(UnknownContainer, match='Run it on the host that has it'):
        put(fleet, 'h2', 'managed', name='web')
    assert put(fleet, 'h1', 'managed', check=True, name='web') == [('web', 'h1', True, '')]
    assert fleet.row('web') is None
    assert put(fleet, 'h1', 'managed', name='web') == [('web', 'h1', True, '')]
    fleet.run(5)
    assert (fleet.row('web').holder, fleet.row('web').instance) == ('h1', ident)
    assert (word(fleet, 'h1'), bool(fleet.row('web').spec_hash)) == ('ours', True)
    assert put(fleet, 'h1', 'managed', name='web') == [('web', 'h1', False, '')]
    fleet['h2'].call('move.ask', name='web', target='h3')
    fleet.run_until(lambda: fleet.row('web').holder == 'h3' and not fleet.open_moves())
    fleet.run(5)
    assert [each[:2] for each in fleet.copies('web')] == [('h3', 'running')]
    assert word(fleet, 'h3') == 'ours'
    fleet['h3'].engine.stop('web', 1)
    fleet['h3'].engine.remove('web')
    fleet.run(40)
    assert fleet.row('web').holder == ''


def test_the_stale_copy_of_one_without_a_label_is_retired(fleet):
    run(fleet, 'h1', labels={})
    put(fleet, 'h1', 'managed', name='web')
    fleet.run(30)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder not in ('', 'h1') and not fleet.row('web').move)
    recover(fleet, 'h1')
    fleet['h1'].engine.start('web')
    fleet.run_until(lambda: fleet['h1'].engine.inspect('web')['State']['Status'] == 'exited')
    assert word(fleet, 'h1') == 'stale copy'


def test_made_again_without_the_label_it_is_the_fleet_s_no_longer(fleet):
    run(fleet, 'h1')
    remake(fleet, 'h1', labels={})
    fleet.run(40)
    assert fleet.row('web').holder == ''
    assert fleet['h1'].engine.inspect('web')['State']['Status'] == 'running'
    assert fleet['h1'].call('container.info', name='web')['containers'][0]['missing'] is False


def test_a_label_that_says_no_is_stronger(fleet):
    run(fleet, 'h1', labels={'ringfleet.managed': 'false'})
    assert put(fleet, 'h1', 'managed', name='web') == [('web', 'h1', False, 'its label ringfleet.managed=false says no')]
    assert fleet.row('web') is None


def test_what_is_on_its_way_is_refused(fleet):
    run(fleet, 'h1')
    fleet['h3'].up = False
    fleet['h1'].call('move.ask', name='web', target='h3')
    fleet.run_until(lambda: fleet.row('web').move)
    ((_name, _host, changed, refused),) = put(fleet, 'h2', 'released', name='web')
    assert (changed, refused) == (False, 'it is in move %s' % fleet.row('web').move)


def test_a_missing_one_is_released_for_good(fleet):
    run(fleet, 'h1')
    fleet['h1'].up = False
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet['h1'].boot()
    fleet['h1'].up = True
    fleet.run(5)
    assert put(fleet, 'h1', 'released', name='web') == [('web', 'h1', True, '')]
    assert (fleet.row('web').holder, fleet.row('web').instance, ('h1', 'web') in fleet.tables.placements) == ('', '', False)


def test_a_lost_host_s_container_is_released_on_its_behalf(fleet):
    fleet['h1'].engine.layer_size = lambda ref: 1 << 40
    ident = run(fleet, 'h1')
    fleet.run(30)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'lost')
    assert put(fleet, 'h2', 'released', name='web') == [('web', 'h1', True, '')]
    assert put(fleet, 'h2', 'managed', name='web') == [('web', 'h1', False, 'it is on h1, which is lost')]
    recover(fleet, 'h1')
    fleet['h1'].engine.start('web')
    fleet.run(100)
    assert (fleet.row('web').holder, word(fleet, 'h1')) == ('', 'released')
    assert fleet['h1'].engine.inspect(ident)['State']['Status'] == 'running'


def test_somebody_else_s_write_in_between_is_read_again(fleet, monkeypatch):
    run(fleet, 'h1')
    real, lost = fleet['h1'].store.swap, []

    def never(before, after):
        raise Conflict('test')

    def swap(before, after):
        if isinstance(after, ContainerRow) and len(lost) < 2:
            lost.append(fleet.tables.placements['h1', 'web'].epoch)
            raise Conflict('test')
        return real(before, after)

    monkeypatch.setattr(fleet['h1'].store, 'swap', swap)
    assert put(fleet, 'h1', 'released', name='web') == [('web', 'h1', True, '')]
    assert lost == [-1, -1]
    lost.clear()
    assert put(fleet, 'h1', 'managed', name='web') == [('web', 'h1', True, '')]
    monkeypatch.setattr(fleet['h1'].store, 'swap', never)
    ((_name, _host, changed, refused),) = put(fleet, 'h1', 'released', name='web')
    assert (changed, 'changed by others' in refused) == (False, True)
    assert fleet.tables.placements['h1', 'web'].epoch == fleet.row('web').epoch


def test_who_adopts_a_moment_too_late_keeps_a_duplicate_and_no_stale_copy(fleet, monkeypatch):
    real = fleet['h2'].store.put_placement

    def slow(placement):
        real(placement)
        if fleet.row('web') is None:
            fleet['h1'].watcher.custody.look()

    monkeypatch.setattr(fleet['h2'].store, 'put_placement', slow)
    fleet['h1'].watcher.loop.hurry('custody')
    fleet['h1'].up = False
    fleet['h1'].engine.run('web', 'web:1', MANAGED)
    run(fleet, 'h2')
    fleet['h1'].up = True
    fleet.run(100)
    assert fleet.row('web').holder == 'h1'
    assert word(fleet, 'h2') == 'duplicate'
    assert sorted(state for _host, state, _id in fleet.copies('web')) == ['running', 'running']


def test_what_compose_runs_for_once_is_no_service_unless_somebody_hands_it_over(fleet):
    once = dict(MANAGED, **{'com.docker.compose.service': 'web', 'com.docker.compose.oneoff': 'True'})
    run(fleet, 'h1', 'web_run_1', once)
    run(fleet, 'h1', labels=dict(once, **{'com.docker.compose.oneoff': 'False'}))
    assert fleet.row('web') is not None
    assert fleet.row('web_run_1') is None
    assert 'web_run_1' not in fleet['h1'].call('container.info')['problems']
    assert put(fleet, 'h1', 'managed', name='web_run_1') == [('web_run_1', 'h1', True, '')]
    fleet.run(5)
    assert fleet.row('web_run_1').holder == 'h1'
