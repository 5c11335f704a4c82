# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts through the real watcher's loop: whose fault it is, and when none is made, on the twin."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.command import tables
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.engine import image_of
from simulation.twin import Fleet

MANAGED = {'ringfleet.managed': 'true'}
NOISY = dict(MANAGED, **{'ringfleet.log.errors': '5/m ERROR'})
SICK = {'Test': ['CMD', 'false']}
ITS_OWN = ('its health check fails and nothing on its host explains it',)
OVER = ('its log is over the standard "5/m ERROR"',)


@pytest.fixture
def fleet():
    made = Fleet()
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made.run(2)
    return made


def told(fleet, name):
    """Level, reasons and own fault as another host tells them."""
    (report,) = [each for host in fleet['h3'].call('load.info', name=name)['hosts'] for each in host['containers']]
    return report['anomaly'], report['reasons'], report['own_fault']


def unjudged(fleet, name):
    """Why a host makes no verdict, as another host tells it."""
    return fleet['h3'].call('host.info', name=name)['hosts'][0]['load']['unjudged']


def noisy(fleet, host):
    """A container over its log's standard for as long as the test lasts."""
    ident = fleet[host].engine.run('noisy', 'web:1', NOISY)
    began = fleet[host].clock.wall() * 10 ** 6
    fleet[host].engine.boxes[ident]['log'] = [(began + number * 10 ** 9, 'ERROR') for number in range(900)]
    fleet[host].engine.log_lines = lambda ref, since_ns, limit: [
        line for line in fleet[host].engine._box(ref)['log'] if since_ns < line[0] <= fleet[host].clock.wall() * 10 ** 6]


def press(fleet, host, folder, avg60):
    """The host is used to 90 % and somebody waits for CPU for ``avg60`` percent of the time."""
    (folder / 'cpu.pressure').write_text('some avg10=0.00 avg60=%.2f avg300=0.00 total=1\n' % avg60)
    fleet[host].cgroups.folder = str(folder)
    fleet[host].cgroups.cores = 0.45


def end(fleet, host, name, status='exited', code=1, **state):
    """The container's process ends by itself."""
    box = fleet[host].engine._box(name)
    box['State'].update(Status=status, Pid=0, ExitCode=code, **state)
    fleet[host].engine._tell('die', box)


def again(fleet, host, name):
    """The engine starts it again."""
    fleet[host].engine._box(name)['RestartCount'] += 1
    fleet[host].engine.start(name)


def test_failing_on_a_calm_host_is_told_to_all_as_its_own_fault(fleet):
    fleet['h1'].engine.run('sick', 'web:1', MANAGED, SICK)
    fleet.run(60)
    assert told(fleet, 'sick') == ('mild', ITS_OWN, True)
    answers = [fleet['h3'].call(method, name='sick') for method in ('container.info', 'load.info', 'decision.info', 'move.info')]
    assert 'anomaly mild, its own fault: its health check fails' in tables.why('sick', *answers)


def test_failing_on_a_contended_host_is_severe(fleet, tmp_path):
    press(fleet, 'h1', tmp_path, 40.0)
    fleet['h1'].engine.run('sick', 'web:1', MANAGED, SICK)
    fleet.run(60)
    assert told(fleet, 'sick') == ('severe', ('its health check fails since 3 rounds', 'its host is contended'), False)


def test_metrics_logs_and_both(fleet, tmp_path):
    fleet['h1'].engine.run('plain', 'web:1', MANAGED)
    noisy(fleet, 'h1')
    fleet.run(40)
    assert (told(fleet, 'plain'), told(fleet, 'noisy')) == (('none', (), False), ('mild', OVER, False))
    press(fleet, 'h1', tmp_path, 40.0)
    fleet.run(60)
    assert told(fleet, 'plain') == ('mild', ('its host is contended',), False)
    assert told(fleet, 'noisy') == ('severe', OVER + ('its host is contended',), False)


def test_three_starts_in_vain_are_tried_once_elsewhere(fleet):
    fleet['h1'].engine.run('sick', 'web:1', MANAGED, SICK)
    for _start in range(3):
        fleet.run(45)
        assert told(fleet, 'sick') == ('mild', ITS_OWN, True)
        fleet['h1'].engine.stop('sick', 1)
        fleet['h1'].engine.start('sick')
    fleet.run_until(lambda: fleet.row('sick').holder != 'h1' and fleet.row('sick').moved_for == 'anomaly')
    (decision,) = fleet['h3'].call('decision.info', name='sick')['decisions']
    assert 'still unhealthy after 3 restarts: tried once elsewhere' in decision['sentence']
    there, moves = fleet.row('sick').holder, len(fleet.tables.moves)
    # It fails there as well: what a move could show is known now, and it stays.
    fleet.run(1500)
    assert told(fleet, 'sick') == ('mild', ('its health check fails here as it did on h1',), True)
    assert (fleet.row('sick').holder, len(fleet.tables.moves)) == (there, moves)


def test_a_crash_loop_is_its_own_fault_through_dockers_pauses(fleet, tmp_path):
    press(fleet, 'h1', tmp_path, 40.0)
    fleet['h1'].engine.run('loop', 'web:1', MANAGED, Memory=64 << 20)
    levels = set()
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        fleet.run(3)
        end(fleet, 'h1', 'loop', 'restarting')
        fleet.run(pause)
        again(fleet, 'h1', 'loop')
        levels.add((pause, told(fleet, 'loop')[2]))
    assert {own for pause, own in levels if pause >= 16} == {True}
    fleet.run(30)
    level, reasons, own = told(fleet, 'loop')
    assert (level, reasons[0], own) == ('mild', 'in a crash loop', True)


def test_a_crash_loop_is_known_as_one_though_nobody_ever_saw_it_run(fleet):
    fleet['h1'].engine.run('loop', 'web:1', MANAGED)
    end(fleet, 'h1', 'loop', 'restarting')
    fleet.run(30)
    assert fleet.row('loop').intent == 'running'
    assert told(fleet, 'loop') == ('mild', ('in a crash loop',), True)


def test_kills_between_samples_are_heard_of(fleet):
    ident = fleet['h1'].engine.run('hungry', 'web:1', MANAGED, Memory=64 << 20)
    fleet['h1'].cgroups.memory_limit = 64 << 20
    fleet.run(20)
    fleet['h1'].engine._tell('oom', fleet['h1'].engine.boxes[ident])
    end(fleet, 'h1', 'hungry', 'restarting', 137)
    again(fleet, 'h1', 'hungry')
    fleet.run(20)
    assert told(fleet, 'hungry') == ('mild', ('killed once at its own memory limit of 64 MiB',), True)


def test_an_end_by_itself_is_told_from_its_users_stop(fleet):
    for name in ('job', 'web'):
        fleet['h1'].engine.run(name, 'web:1', MANAGED)
    fleet.run(5)
    end(fleet, 'h1', 'job', code=3)
    fleet['h1'].engine.stop('web', 1)
    for _moment in range(50):
        fleet.run(1)
        assert told(fleet, 'web')[0] == 'none'
    assert told(fleet, 'job') == ('mild', ('it exited by itself with code 3',), True)


def test_no_verdict_while_a_move_is_open_here_and_a_minute_after(fleet):
    noisy(fleet, 'h1')
    fleet['h1'].engine.run('sick', 'web:1', MANAGED, SICK)
    fleet['h1'].engine.run('web', 'web:1', MANAGED)
    fleet.run(40)
    assert (told(fleet, 'noisy')[0], told(fleet, 'sick')[0]) == ('mild', 'mild')
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(fleet.open_moves)
    said = set()
    while fleet.open_moves():
        fleet.run(0.2)
        said |= {(host, unjudged(fleet, host)) for host in ('h1', 'h2', 'h3')}
    ended = fleet.time.now
    assert {('h1', 'no verdict: a move runs here'), ('h2', 'no verdict: a move runs here')} <= said
    assert {word for host, word in said if host == 'h3'} == {''}
    fleet.run(8)
    for host in ('h1', 'h2'):
        assert unjudged(fleet, host) == 'no verdict until 60 s after a move'
    assert told(fleet, 'noisy') == told(fleet, 'sick') == ('none', (), False)
    fleet.run_until(lambda: told(fleet, 'noisy')[0] == 'mild')
    assert fleet.time.now - ended >= 60
    # The rounds begin anew: three more until a failing health check counts.
    assert told(fleet, 'sick')[0] == 'none'
    fleet.run(30)
    assert told(fleet, 'sick')[0] == 'mild'


def test_a_contended_host_is_judged_anew_after_a_move(fleet, tmp_path):
    press(fleet, 'h1', tmp_path, 40.0)
    fleet['h1'].engine.run('web', 'web:1', MANAGED)
    fleet.run_until(lambda: fleet['h1'].watcher.load.host().contended)
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: unjudged(fleet, 'h1'))
    assert fleet['h1'].watcher.load.host().contended == ()


def test_no_verdict_while_the_ring_node_works(fleet, monkeypatch):
    noisy(fleet, 'h1')
    fleet.run(20)
    host, asked = fleet['h1'], []
    real = host.store.ring_work
    monkeypatch.setattr(host.store, 'ring_work', lambda: asked.append(fleet.time.now) or real())
    for work, words in ((('a repair',), 'a repair runs'), (('streaming', 'a repair'), 'streaming and a repair run')):
        host.store.work = work
        fleet.run(16)
        assert unjudged(fleet, 'h1') == 'no verdict: %s here' % words
        assert words in tables.hosts(fleet['h3'].call('host.info'))
        assert told(fleet, 'noisy') == ('none', (), False)
    host.store.work = ()
    fleet.run(16)
    assert unjudged(fleet, 'h1') == 'no verdict until 60 s after streaming and a repair'
    assert all(later - earlier > 9.9 for earlier, later in zip(asked, asked[1:]))
    fleet.run(60)
    assert (unjudged(fleet, 'h1'), told(fleet, 'noisy')[0]) == ('', 'mild')


def test_no_verdict_without_the_ring(fleet, monkeypatch):
    noisy(fleet, 'h1')
    fleet.run(20)

    def away():
        raise StoreUnavailable('The ring is out of reach: test')

    load = fleet['h1'].watcher.load
    monkeypatch.setattr(fleet['h1'].store, 'ring_work', away)
    fleet.run(16)
    assert load.host().unjudged == 'no verdict: the ring is out of reach'
    assert load.report('noisy').anomaly == 'none'
    monkeypatch.undo()
    fleet.run(16)
    assert (load.host().unjudged, load.report('noisy').anomaly) == ('', 'mild')


def test_a_move_that_is_stuck_does_not_keep_its_hosts_unjudged(fleet):
    fleet['h1'].engine.run('web', 'web:1', MANAGED)
    fleet.run(10)
    fleet['h2'].up = False
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run(6)
    assert 'a move' in unjudged(fleet, 'h1')
    fleet.tables.rows[ContainerRow]['web'] = replace(fleet.row('web'), epoch=2, holder='h2', instance='gone')
    fleet.run(300)
    assert fleet['h1'].watcher.mover.open
    assert unjudged(fleet, 'h1') == ''
