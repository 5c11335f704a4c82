# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``ringfleet`` against a real socket of a twin's watcher: what it shows and how it exits."""
from __future__ import annotations

import argparse
import io
import json

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.command.main import main, seconds
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import Probe
from ansible_collections.ringfleet.core.plugins.module_utils.protocol.server import Server
from simulation.engine import image_of
from simulation.twin import Fleet


@pytest.fixture
def fleet():
    made = Fleet()
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made['h1'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    made.run(30)
    return made


@pytest.fixture
def ask(fleet, tmp_path):
    path = str(tmp_path / 's.sock')
    server = Server(path, fleet['h1'].watcher.registry, pytest.fail)
    server.start()

    def command(*argv):
        out, err = io.StringIO(), io.StringIO()
        code = main(['--socket', path, *argv], out, err)
        return code, out.getvalue() + err.getvalue()

    yield command
    server.stop()


@pytest.mark.parametrize('question, words', [
    (['status'], 'h1, version 1.0.0: 1 container here'), (['hosts'], 'UTC)          BY  SIGNS'),
    (['containers'], 'web        h1      1      running'), (['moves', '--all'], 'WAITS FOR'), (['log'], 'adopted'),
    (['why', 'web'], 'web is held by h1, epoch 1, and shall be running.')])
def test_what_it_shows_when_all_is_well(ask, question, words):
    code, text = ask(*question)
    assert code == 0
    assert words in text


def test_json_is_the_answer_as_it_is(ask):
    assert ask('hosts', '--json') == ask('--json', 'hosts')
    code, text = ask('--json', 'hosts')
    assert code == 0
    assert [each['host'] for each in json.loads(text)['hosts']] == ['h1', 'h2', 'h3']


def test_why_tells_the_decision_with_its_candidates(fleet, ask):
    fleet['h2'].call('move.ask', name='web', by='test')
    fleet.run_until(lambda: fleet.row('web').epoch == 2 and not fleet.open_moves())
    fleet.run(10)
    code, text = ask('why', 'web')
    assert code == 0
    assert 'has the greatest A' in text
    assert 'h1           C 0.00' not in text
    assert 'it is there already' in text
    assert 'is done' in text


def test_the_status_says_how_many_hosts_may_be_lost(fleet, ask):
    code, text = ask('status')
    assert code == 0
    assert 'may lose 1 more host; one more than that: 2 ring nodes down: some row may have no quorum of its 3 copies' in text
    assert json.loads(ask('--json', 'status')[1])['tolerance']['hosts'] == 1
    fleet['h3'].alive = False
    fleet.run(60)
    assert 'may lose 0 more hosts; one more than that: 2 ring nodes down' in ask('status')[1]


def test_what_waits_is_shown_by_a_host_that_does_not_coordinate(fleet, ask):
    fleet['h3'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet.run(20)
    fleet['h3'].alive = False
    fleet.run(60)
    coordinator = fleet['h1'].call('fleet.info')['failover']['pending'][0]['coordinator']
    assert 'WRONG: pending: bound (it cannot run elsewhere (' in ask('status')[1]
    other = {'h1': 'h2', 'h2': 'h1'}[coordinator]
    assert fleet[other].watcher.coordinator.pending == {}
    assert fleet[other].call('fleet.info')['failover']['pending'] == fleet[coordinator].call('fleet.info')['failover']['pending']


def test_what_was_removed_is_shown_with_all_alone(fleet, ask):
    fleet['h1'].engine.run('old', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(10)
    assert 'old ' in ask('containers')[1]
    fleet['h1'].engine.remove_running('old')
    fleet.run_until(lambda: not fleet.row('old').holder)
    short, whole = ask('containers')[1], ask('containers', '--all')[1]
    assert ('\nold ' in short, '1 more that nobody holds: --all' in short) == (False, True)
    assert ('\nold  ' in whole, '--all' in whole) == (True, False)


def test_a_priority_is_shown(fleet, ask):
    assert 'priority' not in ask('containers')[1]
    fleet['h1'].engine.run('shop', 'web:1', {'ringfleet.managed': 'true', 'ringfleet.priority': '-7'})
    fleet.run(10)
    assert 'priority -7' in ask('containers')[1]


def test_a_hold_is_shown_with_who_why_and_how_long(fleet, ask):
    fleet['h2'].call('hold.take', name='web', by='ada', reason='nightly backup', for_s=3600)
    code, text = ask('containers')
    assert (code, 'held by ada (nightly backup) until 2025-' in text, 'for 60 min more' in text) == (0, True, True)
    assert 'It is held by ada (nightly backup) until 2025-' in ask('why', 'web')[1]
    fleet['h2'].call('hold.release', name='web', by='ada')
    assert 'held by ada' not in ask('containers')[1] + ask('why', 'web')[1]


def test_a_silent_host_and_a_missing_container_are_wrong(fleet, ask):
    fleet['h3'].up = False
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run(10)
    code, text = ask('status')
    assert code == 1
    assert 'WRONG: host h3 is watcher down' in text
    assert 'WRONG: container web is missing here' in text
    assert ask('hosts')[0] == ask('containers')[0] == 1


def test_a_dead_guard_is_wrong_though_beat_and_gossip_go_on(fleet, ask):
    real = fleet.probe
    for host in fleet.hosts.values():
        host.watcher.routes._look = lambda address, port: Probe(error='timed out') if address == '10.0.0.3' else real(address, port)
    fleet.run(30)
    code, text = ask('status')
    assert (code, 'WRONG: host h3 is unreachable' in text) == (1, True)
    code, text = ask('hosts')
    assert (code, 'unreachable' in text) == (1, True)


def test_who_judges_nobody_is_not_well(fleet, ask):
    fleet.time.pass_(7.0)
    code, text = ask('status')
    assert (code, 'WRONG: this host judges nobody now: it paused for ' in text) == (1, True)
    assert ask('hosts')[0] == 1


def test_a_clock_that_is_off_is_wrong(fleet, ask):
    fleet['h3'].clock.jump(-60000)
    fleet.run(20)
    code, text = ask('status')
    assert (code, 'WRONG: the clock of host h3 is at least ' in text, "s behind this host's" in text) == (1, True, True)
    assert ask('hosts')[0] == 1


def test_an_open_move_that_only_waits_is_stuck_and_wrong(fleet, ask):
    fleet['h2'].engine.run('api', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(15)
    ident = fleet['h3'].call('move.ask', name='api', target='h1', by='test')['id']
    fleet.run_until(lambda: fleet.row('api').epoch == 2)
    # Who has to clean up is away, and not lost.
    fleet['h2'].up = False
    fleet.run(60)
    assert ask('moves')[0] == 0
    fleet.run(240)
    code, text = ask('moves')
    assert (code, 'stuck for 4 min: it waits for the source to clean up' in text) == (1, True)
    assert 'WRONG: move %s of container api is stuck for 4 min: it waits for the source to clean up' % ident in ask('status')[1]
    # So does one that has no part in it.
    assert fleet['h3'].call('move.info', id=ident)['moves'][0]['stuck_s'] > 240
    assert [each['stuck_s'] > 240 for each in json.loads(ask('--json', 'moves')[1])['moves']] == [True]


def test_why_tells_of_a_decision_on_the_whole_host_what_it_says_of_this_container(fleet, ask):
    fleet['h1'].cgroups.cores = 0.5
    fleet.run_until(lambda: any(each.name == '' for each in fleet.tables.decisions.values()))
    text = ask('why', 'web')[1]
    assert 'nothing moved, because web: ' in text
    assert '    stayed, web: it would have to stop for the move' in text


def test_a_host_goes_away_and_is_back_by_hand(fleet, ask):
    assert ask('away', '--for', '10m')[1].startswith('h1 is away until 2025-')
    code, text = ask('hosts')
    assert (code, 'alive, goes away for 600 s' in text) == (0, True)
    assert ask('back') == (0, 'h1 is back\n')
    assert 'goes away' not in ask('hosts')[1]
    assert ask('away')[0] == 0
    assert 599 <= fleet['h1'].call('host.info', name='h1')['hosts'][0]['away_s'] <= 600


def test_of_one_that_is_away_the_status_says_how_long(fleet, ask):
    fleet['h3'].call('host.away', for_s=120)
    fleet['h3'].alive = False
    fleet.run(30)
    code, text = ask('status')
    assert (code, 'WRONG: host h3 is away for 9' in text) == (1, True)
    assert 'away for 9' in ask('hosts')[1]


@pytest.mark.parametrize('text, expected', [('90', 90), ('90s', 90), ('10m', 600), ('2h', 7200)])
def test_times_as_people_write_them(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize('text', ['', 'm', '0', '-5m', '1.5h', '10 m', 'soon'])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match='write 90, 90s, 10m or 2h'):
        seconds(text)


def test_a_wrong_question_and_no_watcher(ask, tmp_path):
    code, text = ask('why', 'nobody')
    assert (code, 'No container nobody is managed' in text) == (2, True)
    err = io.StringIO()
    assert main(['--socket', str(tmp_path / 'none'), 'status'], io.StringIO(), err) == 3
    assert 'journalctl -u ringfleet-watcher' in err.getvalue()
