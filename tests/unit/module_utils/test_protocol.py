# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The envelope, the registry and the socket: what comes in malformed is answered and stops nothing."""
from __future__ import annotations

import json
import os
import socket
import stat

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import (
    MoveRefused,
    ProtocolError,
    RingfleetError,
    StoreUnavailable,
    UnknownHost,
    WatcherUnavailable,
    from_data,
)
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostLoad
from ansible_collections.ringfleet.core.plugins.module_utils.protocol import envelope
from ansible_collections.ringfleet.core.plugins.module_utils.protocol.client import Client
from ansible_collections.ringfleet.core.plugins.module_utils.protocol.methods import Registry
from ansible_collections.ringfleet.core.plugins.module_utils.protocol.server import Server


def refuse(name):
    raise UnknownHost('No host %s' % name, 'Hosts: h1.')


def broken():
    raise KeyError('oops')


@pytest.fixture
def registry():
    made = Registry()
    made.add('echo', lambda text: {'text': text}, {'text': str})
    made.add('maybe', lambda number=0: number, {'number': int}, ('number',))
    made.add('refuse', refuse, {'name': str})
    made.add('broken', broken)
    made.add('row', HostLoad)
    return made


def answer(registry, text, bugs=None):
    return json.loads(registry.answer(text, (bugs if bugs is not None else []).append))


def test_a_request_is_answered(registry):
    told = answer(registry, envelope.request('echo', {'text': 'ä'}, 7))
    assert told == {'jsonrpc': '2.0', 'ringfleet': 1, 'id': 7, 'result': {'text': 'ä'}}
    assert envelope.parse_answer(json.dumps(told)) == {'text': 'ä'}


def test_a_row_becomes_an_object(registry):
    assert answer(registry, envelope.request('row'))['result']['cpu_capacity'] == 0.0


@pytest.mark.parametrize('text, code', [
    ('{', -32700), ('', -32700), ('[]', -32600), ('7', -32600), ('{"jsonrpc": "1.0", "method": "echo"}', -32600),
    ('{"jsonrpc": "2.0", "id": 1}', -32600), ('{"jsonrpc": "2.0", "method": 5}', -32600),
    ('{"jsonrpc": "2.0", "method": "echo", "params": [1]}', -32602),
    ('{"jsonrpc": "2.0", "method": "nothing"}', -32601), ('{"jsonrpc": "2.0", "ringfleet": 9, "method": "echo"}', -32001),
    (envelope.request('echo'), -32602), (envelope.request('echo', {'text': 5}), -32602),
    (envelope.request('echo', {'text': 'a', 'more': 1}), -32602), (envelope.request('maybe', {'number': True}), -32602),
    ('[' * 100000, -32700), ('\x00\xff', -32700)])
def test_what_is_malformed_gets_its_code(registry, text, code):
    bugs = []
    assert answer(registry, text, bugs)['error']['code'] == code
    assert not bugs


def test_a_refusal_arrives_as_the_error_it_was(registry):
    text = registry.answer(envelope.request('refuse', {'name': 'h9'}), pytest.fail)
    with pytest.raises(UnknownHost) as caught:
        envelope.parse_answer(text)
    assert (caught.value.message, caught.value.remedy) == ('No host h9', 'Hosts: h1.')
    assert str(caught.value) == 'No host h9. Hosts: h1.'


def test_a_bug_is_told_and_hidden(registry):
    bugs = []
    told = answer(registry, envelope.request('broken'), bugs)
    assert told['error']['code'] == -32603
    assert 'oops' not in json.dumps(told)
    assert isinstance(bugs[0], KeyError)


def test_an_error_of_a_newer_version_is_still_an_error():
    for data in ({'kind': 'FromTheFuture', 'message': 'm'}, {'kind': 'Client'}, None):
        made = from_data(data, 'text')
        assert made.__class__ == RingfleetError
    assert isinstance(from_data({'kind': 'MoveRefused', 'message': 'm'}), MoveRefused)


@pytest.mark.parametrize('text', ['{"jsonrpc": "2.0"}', 'no', '{"jsonrpc": "2.0", "error": 5}'])
def test_a_malformed_answer_is_an_error(text):
    with pytest.raises(RingfleetError):
        envelope.parse_answer(text)


@pytest.fixture
def served(registry, tmp_path):
    path = str(tmp_path / 's.sock')
    server = Server(path, registry, pytest.fail)
    server.start()
    yield path
    server.stop()
    assert not os.path.exists(path)


def test_the_socket_is_its_owners_alone_and_answers(served):
    assert stat.S_IMODE(os.stat(served).st_mode) == 0o600
    assert Client(served).call('echo', text='x' * 200000) == {'text': 'x' * 200000}
    with pytest.raises(UnknownHost):
        Client(served).call('refuse', name='h9')
    with pytest.raises(ProtocolError, match="No method 'nothing'"):
        Client(served).call('nothing')


def test_garbage_on_the_socket_stops_nothing(served):
    with socket.socket(socket.AF_UNIX) as conn:
        conn.connect(served)
        conn.sendall(b'\xff\xfe garbage\n' + envelope.request('maybe').encode() + b'\n')
        lines = conn.makefile()
        assert json.loads(lines.readline())['error']['code'] == -32700
        assert json.loads(lines.readline())['result'] == 0
    assert Client(served).call('maybe', number=3) == 3


def test_no_watcher_is_said_with_where_to_look(tmp_path):
    with pytest.raises(WatcherUnavailable, match='no socket .*journalctl -u ringfleet-watcher'):
        Client(str(tmp_path / 'none')).call('maybe')
    dead = str(tmp_path / 'dead.sock')
    with socket.socket(socket.AF_UNIX) as conn:
        conn.bind(dead)
    with pytest.raises(WatcherUnavailable, match='nobody listens'):
        Client(dead).call('maybe')


def test_a_silent_watcher_is_said(tmp_path):
    path = str(tmp_path / 's.sock')
    with socket.socket(socket.AF_UNIX) as conn:
        conn.bind(path)
        conn.listen()
        with pytest.raises(WatcherUnavailable, match='did not answer maybe'):
            Client(path, timeout_s=0.1).call('maybe')


def test_polling_outlasts_a_ring_that_is_away_for_a_moment(served, registry):
    answers = iter([StoreUnavailable('away'), StoreUnavailable('away'), 7])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    registry.add('ask', ask)
    assert Client(served).poll(lambda answer: answer == 7, 'ask', timeout_s=10, every_s=0.01) == 7
    answers = iter([StoreUnavailable('away for good')] * 9)
    registry.add('never', ask)
    with pytest.raises(StoreUnavailable):
        Client(served).poll(bool, 'never', timeout_s=0.05, every_s=0.02)


def test_polling_waits_for_a_condition(served, registry):
    numbers = iter(range(9))
    registry.add('count', lambda: next(numbers))
    assert Client(served).poll(lambda answer: answer == 3, 'count', timeout_s=10, every_s=0.01) == 3
