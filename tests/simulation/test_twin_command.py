# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``ringfleet`` against a real socket of a twin's watcher: what it shows and how it exits."""
from __future__ import annotations

import io
import json

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.command.main import main
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
    (['status'], 'h1, version 1.0.0: 1 container here'), (['hosts'], 'h2    normal  alive'),
    (['containers'], 'web        h1      1      running'), (['moves', '--all'], 'WAITS FOR'), (['log'], 'adopted'),
    (['why', 'web'], 'web is held by h1, epoch 1, and shall be running.')])
def test_what_it_shows_when_all_is_well(ask, question, words):
    code, text = ask(*question)
    assert code == 0
    assert words in text


def test_json_is_the_answer_as_it_is(ask):
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


def test_a_wrong_question_and_no_watcher(ask, tmp_path):
    code, text = ask('why', 'nobody')
    assert (code, 'No container nobody is managed' in text) == (2, True)
    err = io.StringIO()
    assert main(['--socket', str(tmp_path / 'none'), 'status'], io.StringIO(), err) == 3
    assert 'journalctl -u ringfleet-watcher' in err.getvalue()
