# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker could not start a container at a boot: its host tries again, and a move takes it for what its user wants it to be."""
from __future__ import annotations

import pytest
from simulation.losses import fleet_of


def booted(policy='always'):
    """A fleet whose h1 was started again while its engine could not start web."""
    fleet = fleet_of(3)
    engine = fleet['h1'].engine
    engine.set_restart('web', {'Name': policy, 'MaximumRetryCount': 0})
    engine._tell('update', engine.boxes[fleet.row('web').instance])
    fleet.run(5)
    engine.refuses_start.add('web')
    # As the machine goes down, so does its watcher.
    fleet['h1'].alive = False
    engine.halt()
    engine.come_up()
    fleet['h1'].alive = True
    fleet['h1'].boot()
    return fleet


def state(fleet, host='h1'):
    return fleet[host].engine.inspect('web')['State']['Status']


def test_it_is_tried_again_until_it_runs_and_meanwhile_told():
    fleet = booted()
    fleet.run_until(lambda: 'web does not start: Docker refused' in fleet['h1'].watcher.loop.sentence)
    assert 'does not start: Docker refused' in fleet['h1'].call('container.info')['problems']['web']
    assert (state(fleet), fleet.row('web').intent) == ('exited', 'running')
    fleet.run(300)
    fleet['h1'].engine.refuses_start.clear()
    fleet.run_until(lambda: state(fleet) == 'running', 61)
    fleet.run_until(lambda: 'does not start' not in fleet['h1'].watcher.loop.sentence, 5)
    assert fleet['h1'].call('container.info')['problems'] == {}
    assert fleet.row('web').epoch == 1


def test_the_pauses_between_two_tries_grow(monkeypatch):
    fleet, tries = booted(), []
    start = fleet['h1'].engine.start
    monkeypatch.setattr(fleet['h1'].engine, 'start', lambda ref: tries.append(fleet.time.now) or start(ref))
    fleet.run(400)
    pauses = [after - before for before, after in zip(tries, tries[1:])]
    assert [round(each, -1) for each in pauses] == [10, 20, 40] + [60] * (len(pauses) - 3)


def test_a_move_takes_it_along_as_one_that_runs():
    fleet = booted()
    fleet.run_until(lambda: fleet['h1'].call('watcher.status')['registered'])
    fleet['h1'].call('move.ask', name='web', target='h2', by='test')
    fleet.run_until(lambda: fleet.row('web').holder == 'h2' and not fleet.row('web').move)
    assert state(fleet, 'h2') == 'running'


@pytest.mark.parametrize('policy', ['no', 'on-failure'])
def test_what_docker_was_not_to_start_is_left_alone(policy):
    fleet = booted(policy)
    fleet['h1'].engine.refuses_start.clear()
    fleet.run(200)
    assert state(fleet) == 'exited'


def test_what_its_user_stops_stays_so():
    fleet = booted()
    fleet['h1'].engine.refuses_start.clear()
    fleet.run_until(lambda: state(fleet) == 'running')
    fleet['h1'].engine.stop('web', 1)
    fleet.run(200)
    assert (state(fleet), fleet.row('web').intent) == ('exited', 'stopped')


def test_what_ended_by_itself_is_its_restart_policys_matter():
    fleet = booted()
    fleet['h1'].engine.refuses_start.clear()
    fleet.run_until(lambda: state(fleet) == 'running')
    fleet['h1'].engine.halt()
    fleet.run(200)
    assert state(fleet) == 'exited'
