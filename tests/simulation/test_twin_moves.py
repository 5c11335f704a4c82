# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves on the twin: the flow of figure 9, both modes, every refusal, and a crash at every write of both sides."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import (
    MoveRefused,
    RingfleetError,
    UnknownContainer,
    UnknownHost,
)
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.engine import image_of
from simulation.twin import Fleet

IMAGE = 'web:1'
HEALTH = {'Test': ['CMD', 'true'], 'Interval': 10 ** 9, 'Timeout': 10 ** 9}
ALWAYS = {'Name': 'always', 'MaximumRetryCount': 0}


def fleet_with(mode, image_on_target=False, healthcheck=None, restart=None, **host_config):
    fleet = Fleet()
    fleet['h1'].engine.add_image(image_of(IMAGE))
    if image_on_target:
        fleet['h2'].engine.add_image(image_of(IMAGE))
    fleet['h1'].engine.run('web', IMAGE, {'ringfleet.managed': 'true', 'ringfleet.mode': mode, 'color': 'blue'},
                           healthcheck, restart or ALWAYS, **host_config)
    fleet.run_until(lambda: fleet.row('web') is not None)
    fleet.run(6)
    return fleet


def settled(fleet, ident):
    def check():
        move = fleet.tables.moves[ident]
        return move.source_step in ('cleaned', 'aborted') and not fleet.open_moves()
    return check


def assert_runs_once(fleet):
    """The container runs exactly once, and every table agrees where."""
    copies, row = fleet.copies('web'), fleet.row('web')
    assert [(host, state) for host, state, _id in copies] == [(row.holder, 'running')]
    assert row.instance == copies[0][2]
    assert row.move == '' and row.move_to == ''
    assert [key for key in fleet.tables.placements if key[1] == 'web'] == [(row.holder, 'web')]
    box = fleet[row.holder].engine.inspect('web')
    assert box['HostConfig']['RestartPolicy']['Name'] == 'always'
    assert box['Config']['Labels']['color'] == 'blue'


@pytest.mark.parametrize('mode', ['start-first', 'stop-first'])
@pytest.mark.parametrize('healthcheck', [None, HEALTH])
def test_a_move_takes_the_container_and_its_rows_along(mode, healthcheck):
    fleet = fleet_with(mode, healthcheck=healthcheck)
    ident = fleet['h3'].call('move.ask', name='web', target='h2', by='test')['id']
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)
    assert fleet.row('web').holder == 'h2'
    assert fleet.row('web').epoch == 2
    told = fleet['h1'].call('move.info', id=ident)['moves'][0]
    assert told['outcome'] == 'done'
    steps = [each['step'] for each in told['steps']]
    assert steps.index('target committed') < steps.index('source cleaned') < steps.index('target done')
    if mode == 'start-first':
        assert steps.index('target started') < steps.index('target committed')
        assert 'source stopped' not in steps
    else:
        assert steps.index('source stopped') < steps.index('target committed')
    kinds = {each['kind'] for each in fleet['h3'].call('broadcast.info')['broadcasts']}
    assert {'joined', 'adopted', 'moved', 'effective'} <= kinds


def test_there_and_back_is_the_same_container():
    fleet = fleet_with('stop-first', Memory=64 << 20, Tmpfs={'/run': 'size=1m'})
    before = fleet['h1'].engine.inspect('web')
    for number, target in enumerate(('h2', 'h1'), 1):
        ident = fleet['h1'].call('move.ask', name='web', target=target)['id']
        fleet.run_until(settled(fleet, ident))
        assert fleet.row('web').holder == target
        assert fleet.row('web').epoch == 1 + number
    after = fleet['h1'].engine.inspect('web')
    after['Config']['Labels'].pop('ringfleet.move')
    before['Config'].pop('Hostname')
    after['Config'].pop('Hostname')
    assert after['Config'] == before['Config']
    assert after['HostConfig'] == before['HostConfig']


def test_a_stopped_container_moves_and_stays_stopped():
    fleet = fleet_with('stop-first')
    fleet['h1'].engine.stop('web', 1)
    fleet.run_until(lambda: fleet.row('web').intent == 'stopped')
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert [(host, state) for host, state, _id in fleet.copies('web')] == [('h2', 'created')]
    assert fleet.row('web').intent == 'stopped'


def test_an_unhealthy_copy_never_takes_over():
    fleet = fleet_with('start-first', healthcheck={'Test': ['CMD', 'false']})
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)
    assert fleet.row('web').holder == 'h1'
    assert 'not healthy' in fleet['h1'].call('move.info', id=ident)['moves'][0]['source_note']


def test_one_that_ran_there_and_is_unhealthy_stays_and_the_move_ends():
    fleet = fleet_with('stop-first', healthcheck={'Test': ['CMD', 'false']}, restart={'Name': 'always', 'MaximumRetryCount': 0})
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)
    assert fleet.row('web').holder == 'h2'
    assert fleet['h2'].engine.inspect('web')['HostConfig']['RestartPolicy']['Name'] == 'always'
    told = fleet['h3'].call('move.info', id=ident)['moves'][0]
    assert (told['outcome'], 'health check: unhealthy' in told['target_note']) == ('unhealthy', True)
    assert fleet['h3'].call('move.info', name='web', open=True)['moves'] == []


def test_a_copy_that_cannot_be_started_goes_back():
    fleet = fleet_with('stop-first')
    fleet['h2'].engine.refuses_start.add('web')
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)
    assert fleet.row('web').holder == 'h1'
    assert fleet.row('web').epoch == 3
    assert 'given back by h2' in fleet['h1'].call('move.info', id=ident)['moves'][0]['source_note']


@pytest.mark.parametrize('mode', ['start-first', 'stop-first'])
def test_a_copy_removed_behind_the_commit_is_made_again(mode):
    fleet = fleet_with(mode)
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    fleet['h1'].up = False
    fleet['h2'].engine.stop('web', 1)
    fleet['h2'].engine.remove('web')
    fleet.run(1)
    fleet['h1'].up = True
    fleet.run_until(settled(fleet, ident))
    fleet.run(40)
    assert_runs_once(fleet)
    assert fleet.row('web').holder == 'h2'


def test_a_copy_that_is_removed_once_it_was_found_unwell_is_made_again_and_started():
    fleet = fleet_with('stop-first')
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.row('web').epoch == 2)
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet['h2'].engine.inspect('web')['State']['Status'] == 'running')
    fleet['h2'].engine.stop('web', 1)
    fleet.run_until(lambda: fleet.tables.moves[ident].target_step == 'unhealthy')
    fleet['h2'].engine.stop('web', 1)
    fleet['h2'].engine.remove('web')
    fleet['h1'].up = True
    fleet.run_until(settled(fleet, ident))
    fleet.run(40)
    assert_runs_once(fleet)


def test_a_target_that_is_silent_is_given_up():
    fleet = fleet_with('stop-first')
    fleet['h2'].up = False
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.tables.moves[ident].source_step == 'aborted')
    assert_runs_once(fleet)
    fleet['h2'].up = True
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)


def test_a_target_with_the_name_taken_declines():
    fleet = fleet_with('stop-first', image_on_target=True)
    fleet['h2'].engine.run('web', IMAGE)
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert fleet.row('web').holder == 'h1'
    assert 'named web is here already' in fleet.tables.moves[ident].source_note


def test_a_target_without_the_memory_that_it_uses_now_declines():
    fleet = fleet_with('stop-first', image_on_target=True)
    free = fleet['h2'].watcher.load.host().memory_free
    fleet['h1'].cgroups.memory = free + 1
    fleet.run(6)
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert fleet.row('web').holder == 'h1'
    assert 'MiB of memory' in fleet.tables.moves[ident].source_note


def test_an_image_that_cannot_be_sent_ends_the_move():
    fleet = fleet_with('stop-first')
    fleet['h1'].transfer.refuses = True
    ident = fleet['h1'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)
    assert 'could not be sent' in fleet.tables.moves[ident].source_note


@pytest.mark.parametrize('params, kind, words', [
    ({'name': 'nobody', 'target': 'h2'}, UnknownContainer, 'No container nobody'),
    ({'name': 'web', 'target': 'h9'}, UnknownHost, 'No host h9'),
    ({'name': 'no name', 'target': 'h2'}, RingfleetError, 'not a container name'),
    ({'name': 'web', 'target': '-'}, RingfleetError, 'not a host name'),
])
def test_bad_requests_change_nothing(params, kind, words):
    fleet = fleet_with('stop-first')
    with pytest.raises(kind, match=words):
        fleet['h1'].call('move.ask', **params)
    assert not fleet.tables.moves
    assert_runs_once(fleet)


@pytest.mark.parametrize('column', ['asked', 'request'])
@pytest.mark.parametrize('text', ['{}', 'garbage', '{"jsonrpc": "2.0", "ringfleet": 99, "method": "container.receive"}'])
def test_a_letter_that_nobody_can_read_stops_and_hides_nothing(column, text):
    fleet = fleet_with('stop-first')
    fleet['h1'].store.put_move('0000-bad', **{column: text})
    for host in ('h1', 'h2'):
        fleet['h1'].store.index_move(host, '0000-bad')
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(lambda: fleet.row('web').holder == 'h2' and not fleet.row('web').move)
    fleet.run(5)
    assert_runs_once(fleet)
    told = {each['id']: each for each in fleet['h3'].call('move.info')['moves']}
    assert told[ident]['outcome'] == 'done'
    note = told['0000-bad']['source_note'] + told['0000-bad']['target_note']
    assert 'JSON' in note or 'Version 99' in note


def test_a_letter_that_no_host_was_told_of_is_no_open_move():
    fleet = fleet_with('stop-first')
    # Its writer died before it was listed; a newer version's would look the same.
    fleet['h2'].watcher.store.put_move('0001-lost', asked='{}', source_step='claimed', target_step='admitted')
    (told,) = fleet['h3'].call('move.info')['moves']
    assert (told['id'], told['outcome']) == ('0001-lost', 'abandoned')
    assert fleet['h3'].call('move.info', open=True)['moves'] == []
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    assert [each['id'] for each in fleet['h3'].call('move.info', open=True)['moves']] == [ident]


def test_one_move_at_a_time():
    fleet = fleet_with('stop-first')
    fleet['h2'].up = False
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run(2)
    with pytest.raises(MoveRefused, match='in move .* already'):
        fleet['h1'].call('move.ask', name='web', target='h3')


def test_what_cannot_move_says_why_and_is_left_alone():
    fleet = fleet_with('stop-first', Devices=[{'PathOnHost': '/dev/fuse'}])
    with pytest.raises(MoveRefused, match='HostConfig.Devices is not known to move'):
        fleet['h1'].call('move.ask', name='web', target='h2')
    assert_runs_once(fleet)


def _writes_of_a_move(mode):
    """How many writes each side of an undisturbed move makes."""
    fleet = fleet_with(mode)
    for host in fleet.hosts.values():
        host.fuse.calls.clear()
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    return {name: list(fleet[name].fuse.calls) for name in ('h1', 'h2')}


def _crash_points():
    for mode in ('start-first', 'stop-first'):
        for host, calls in _writes_of_a_move(mode).items():
            for number, call in enumerate(calls):
                for when in ('before', 'after'):
                    yield pytest.param(mode, host, (number, when), id='%s-%s-%d-%s-%s' % (mode, host, number, when, call))


@pytest.mark.parametrize('mode, host, at', list(_crash_points()))
def test_a_crash_at_any_write_leaves_it_running_once(mode, host, at):
    fleet = fleet_with(mode)
    fleet[host].fuse.calls.clear()
    fleet[host].fuse.at = at
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    fleet.run(5)
    assert fleet[host].crashes == 1
    assert_runs_once(fleet)
    move = fleet.tables.moves[ident]
    if move.target_step == 'done':
        # However it got there, the copy was compared with the original before it could take over.
        assert 'created' in move.target_times


def test_what_is_noted_in_the_row_while_a_move_is_planned_does_not_end_it(monkeypatch):
    fleet = fleet_with('stop-first')
    store, done = fleet['h1'].store, []
    keep = store.put_decision

    def noted(decision):
        keep(decision)
        if not done:
            done.append(1)
            row = store.read(ContainerRow, 'web')
            store.swap(row, replace(row, intent='stopped'))

    monkeypatch.setattr(store, 'put_decision', noted)
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    fleet.run_until(settled(fleet, ident))
    assert_runs_once(fleet)
    assert fleet.row('web').holder == 'h2'
    fleet.run(5)
    assert fleet.row('web').intent == 'running'
