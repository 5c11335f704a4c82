# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container is updated, stopped, removed or pruned by its user, on the twin: what the fleet makes of each."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict, StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow, HostRow
from simulation.deploying import MANAGED, REPLACE, deploy, states
from simulation.engine import image_of
from simulation.losses import die, fleet_of, runs


@pytest.fixture
def fleet():
    return fleet_of(3)


def test_with_another_restart_policy_it_is_the_same_container_and_goes_on_with_that(fleet):
    before, engine = fleet.row('web'), fleet['h1'].engine
    engine.set_restart('web', {'Name': 'unless-stopped', 'MaximumRetryCount': 0})
    engine._tell('update', engine.boxes[before.instance])
    fleet.run(5)
    row = fleet.row('web')
    assert (row.holder, row.epoch, row.instance) == ('h1', 1, before.instance)
    assert row.spec_hash != before.spec_hash
    assert engine.inspect('web')['HostConfig']['RestartPolicy']['Name'] == 'unless-stopped'
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    assert fleet[fleet.row('web').holder].engine.inspect('web')['HostConfig']['RestartPolicy']['Name'] == 'unless-stopped'


def test_stopped_by_hand_it_stays_so_when_its_host_is_lost(fleet):
    fleet['h1'].engine.stop('web', 1)
    fleet.run(15)
    assert fleet.row('web').intent == 'stopped'
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.tables.rows[HostRow]['h1'].state == 'lost')
    fleet.run(30)
    assert (fleet.row('web').holder, states(fleet)) == ('h1', [('h1', 'exited')])


@pytest.mark.parametrize('remove', [
    lambda engine: engine.remove_running('web'), lambda engine: (engine.stop('web', 1), engine.remove('web')),
    lambda engine: (engine.remove_running('web'), engine.prune()), lambda engine: (engine.stop('web', 1), engine.prune())])
def test_removed_by_hand_it_is_released_also_with_a_prune_behind_it(fleet, remove):
    remove(fleet['h1'].engine)
    fleet.run(28)
    assert fleet.row('web').holder == 'h1'
    fleet.run(5)
    assert (fleet.row('web').holder, fleet.row('web').intent) == ('', 'running')
    fleet.run(60)
    assert fleet.copies('web') == []


def end_by_itself(fleet):
    engine = fleet['h1'].engine
    box = engine.boxes[fleet.row('web').instance]
    box['State'].update(Status='exited', Pid=0, ExitCode=1)
    engine._tell('die', box)


def test_a_prune_takes_along_what_its_user_stopped_and_not_what_ended_by_itself(fleet):
    engine = fleet['h1'].engine
    engine.run('stopped', 'web:1', MANAGED)
    fleet.run(5)
    engine.stop('stopped', 1)
    fleet.run(15)
    end_by_itself(fleet)
    fleet.run(5)
    gone = fleet.row('web').instance
    engine.prune()
    fleet.run(32)
    assert fleet.row('stopped').holder == ''
    assert (fleet.row('web').holder, fleet.row('web').instance) == ('h1', gone)
    assert 'missing: web' in fleet['h1'].watcher.loop.sentence
    fleet.run_until(lambda: runs(fleet, 'web', 'h1'), 60)
    assert (fleet.row('web').epoch, fleet.row('web').instance != gone) == (1, True)


def test_a_prune_takes_stale_copies_and_nothing_of_the_container(fleet):
    made = deploy(fleet, 'h2', REPLACE)
    fleet.run_until(lambda: runs(fleet, 'web', 'h2'), 20)
    fleet['h1'].engine.prune()
    fleet.run(60)
    assert (states(fleet), fleet.row('web').instance) == ([('h2', 'running')], made)
    # The name is free there for the next deployment, and for a move.
    fleet['h3'].call('move.ask', name='web', target='h1')
    fleet.run_until(lambda: runs(fleet, 'web', 'h1') and not fleet.open_moves())


def test_a_prune_of_what_a_move_stopped_is_no_word_of_its_user(fleet):
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: ('h2', 'created') in states(fleet))
    fleet['h2'].up = False
    fleet.run_until(lambda: ('h1', 'exited') in states(fleet))
    fleet['h1'].engine.prune()
    fleet.run_until(lambda: not fleet.row('web').move, 100)
    assert fleet.row('web').holder == 'h1'
    fleet['h2'].up = True
    fleet.run_until(lambda: runs(fleet, 'web', 'h1') and not fleet.open_moves(), 120)
    fleet.run(40)
    assert [each[0] for each in fleet.copies('web')] == ['h1']


@pytest.mark.parametrize('host', ['h1', 'h2'])
def test_a_prune_in_the_middle_of_a_move_loses_nothing(fleet, host):
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: [each for each in states(fleet) if each == ('h2', 'created')])
    fleet.run_until(lambda: ('h1', 'exited') in states(fleet))
    fleet[host].engine.prune()
    fleet.run_until(lambda: runs(fleet, 'web') and not fleet.open_moves(), 200)
    fleet.run(70)
    assert runs(fleet, 'web')
    assert len(fleet.copies('web')) == 1


def test_what_is_pruned_beside_it_is_nobody_s_business(fleet):
    fleet['h1'].engine.add_image(image_of('other:1'))
    fleet['h1'].engine.run('private', 'other:1')
    fleet['h1'].engine.stop('private', 1)
    fleet['h1'].engine.prune()
    fleet.run(40)
    assert fleet.row('private') is None
    assert runs(fleet, 'web', 'h1')


@pytest.mark.parametrize('labels', [MANAGED, dict(MANAGED, **{'ringfleet.exclusive': 'true'})], ids=['free', 'exclusive'])
@pytest.mark.parametrize('error', [StoreUnavailable('The ring has no quorum'), Conflict('the write was lost and can no longer apply')],
                         ids=lambda each: type(each).__name__)
def test_a_stop_that_could_not_be_noted_is_noted_later(fleet, monkeypatch, labels, error):
    fleet['h1'].engine.run('db', 'web:1', dict(labels), restart={'Name': 'always', 'MaximumRetryCount': 0})
    fleet.run(20)
    store, refused = fleet['h1'].store, []
    swap = store.swap

    def refuse_once(before, after):
        if isinstance(after, ContainerRow) and after.name == 'db' and after.intent == 'stopped' and not refused:
            refused.append(after)
            raise error
        return swap(before, after)

    monkeypatch.setattr(store, 'swap', refuse_once)
    fleet['h1'].engine.stop('db', 1)
    fleet.run(60)
    assert refused
    assert (fleet.row('db').intent, fleet['h1'].engine.inspect('db')['State']['Status']) == ('stopped', 'exited')
