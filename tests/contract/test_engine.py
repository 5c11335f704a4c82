# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the container engine promises: the same tests on the fake and on this machine's Docker engine."""
from __future__ import annotations

import io
import time

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.containers.health import failed_start
from ansible_collections.ringfleet.core.plugins.module_utils.containers.images import identity_of, is_here
from ansible_collections.ringfleet.core.plugins.module_utils.containers.spec import (
    differences,
    reasons_against,
    request_of,
)
from ansible_collections.ringfleet.core.plugins.module_utils.errors import EngineError, NoSuchContainer, NoSuchImage
from ansible_collections.ringfleet.core.plugins.module_utils.names import LABEL_MOVE, aside_name
from simulation.engine import NOWHERE

NO = {'Name': 'no', 'MaximumRetryCount': 0}
ALWAYS = {'Name': 'always', 'MaximumRetryCount': 0}


def test_a_container_lives_and_goes(bench):
    engine = bench.engine
    ident = engine.create(bench.request(), 'move-1', NO)
    assert engine.inspect(ident)['State']['Status'] == 'created'
    assert engine.inspect(ident)['State']['StartedAt'].startswith('0001-')
    engine.start(ident)
    engine.start(bench.name)
    inspected = engine.inspect(bench.name)
    assert (inspected['State']['Status'], inspected['State']['Pid'] > 0) == ('running', True)
    with pytest.raises(EngineError):
        engine.remove(ident)
    engine.stop(ident, 1)
    engine.stop(ident, 1)
    assert engine.inspect(ident)['State']['Status'] == 'exited'
    engine.remove(ident)
    with pytest.raises(NoSuchContainer):
        engine.inspect(ident)


def test_a_start_that_fails_says_why_in_the_containers_state(bench):
    ident = bench.engine.create(bench.request(Cmd=[NOWHERE]), 'move-1', ALWAYS)
    assert failed_start(bench.engine.inspect(ident)) == ''
    with pytest.raises(EngineError):
        bench.engine.start(ident)
    state = bench.engine.inspect(ident)['State']
    assert (state['Status'], state['Pid'], state['ExitCode'] > 0) == ('created', 0, True)
    assert failed_start(bench.engine.inspect(ident)) == state['Error'] != ''


def test_listed_with_state_and_labels(bench):
    ident = bench.engine.create(bench.request(), 'move-1', NO)
    found = [each for each in bench.engine.containers() if each.id == ident]
    assert [(each.name, each.state, each.image) for each in found] == [(bench.name, 'created', bench.image)]
    assert found[0].labels[LABEL_MOVE] == 'move-1'
    assert found[0].labels['rflab'] == 'contract'
    assert found[0].network_mode == 'none'


@pytest.mark.parametrize('call', [
    lambda engine: engine.inspect('rflab-nobody'), lambda engine: engine.start('rflab-nobody'),
    lambda engine: engine.stop('rflab-nobody', 1), lambda engine: engine.remove('rflab-nobody'),
    lambda engine: engine.set_restart('rflab-nobody', NO),
    lambda engine: engine.rename('rflab-nobody', 'rflab-other'), lambda engine: engine.log_lines('rflab-nobody', 0, 10)])
def test_nobody_is_no_such_container(bench, call):
    with pytest.raises(NoSuchContainer):
        call(bench.engine)


def test_no_such_image(bench):
    with pytest.raises(NoSuchImage):
        bench.engine.image('rflab-nothing:1')
    with pytest.raises(NoSuchImage):
        bench.engine.create(bench.request(Image='rflab-nothing:1'), 'm', NO)


def test_a_name_is_taken_once(bench):
    bench.engine.create(bench.request(), 'm', NO)
    with pytest.raises(EngineError, match='already in use'):
        bench.engine.create(bench.request(), 'm', NO)


def test_one_that_gave_its_name_up_leaves_it_to_another(bench):
    first = bench.engine.create(bench.request(), 'm', NO)
    bench.engine.rename(first, aside_name(bench.name, first))
    second = bench.engine.create(bench.request(), 'm', NO)
    assert {(each.id, each.name) for each in bench.engine.containers() if each.id in (first, second)} == {
        (first, aside_name(bench.name, first)), (second, bench.name)}
    with pytest.raises(EngineError, match='already in use'):
        bench.engine.rename(first, bench.name)
    bench.engine.remove(first)


def test_the_restart_policy_is_set_apart(bench):
    ident = bench.engine.create(bench.request(HostConfig={'RestartPolicy': ALWAYS}), 'm', NO)
    assert bench.engine.inspect(ident)['HostConfig']['RestartPolicy'] == NO
    bench.engine.set_restart(ident, ALWAYS)
    assert bench.engine.inspect(ident)['HostConfig']['RestartPolicy'] == ALWAYS


def test_what_was_created_reads_back_as_the_same_request(bench):
    request = bench.request(Env=['A=b "c" $d', 'E='], User='1000', WorkingDir='/tmp',
                            HostConfig={'Memory': 64 << 20, 'MemorySwap': 128 << 20, 'Tmpfs': {'/run': 'size=1m'}})
    first = bench.engine.inspect(bench.engine.create(request, 'm1', NO))
    image = bench.engine.image(first['Image'])
    assert reasons_against(first, 0, ()) == ()
    again = request_of(first, image)
    bench.engine.remove(bench.name)
    second = bench.engine.inspect(bench.engine.create(again, 'm2', NO))
    assert differences(again, request_of(second, image)) == ()
    assert LABEL_MOVE not in again['config']['Labels']


def test_an_image_streams_and_keeps_its_layers(bench):
    before = identity_of(bench.engine.image(bench.image))
    stream = io.BytesIO(b''.join(bench.engine.save(bench.image)))
    bench.engine.load(stream)
    assert is_here(bench.engine, bench.image, before.id, before.layers)
    bench.engine.tag(bench.image, 'rflab-contract:2')
    assert identity_of(bench.engine.image('rflab-contract:2')).layers == before.layers


def test_events_tell_the_life_of_a_container(bench):
    since = (bench.engine.clock.wall() if bench.time else int(time.time() * 1000)) // 1000
    stream = bench.engine.events(since)
    ident = bench.engine.create(bench.request(), 'm', NO)
    bench.engine.start(ident)
    bench.engine.stop(ident, 0)
    bench.engine.remove(ident)
    if bench.time:
        stream = bench.engine.events(since)
    seen = []
    for event in stream:
        if event.id == ident and event.action in ('create', 'start', 'die', 'stop', 'destroy'):
            assert (event.name, event.labels['rflab']) == (bench.name, 'contract')
            seen.append(event.action)
            if event.action == 'destroy':
                break
    assert seen == ['create', 'start', 'die', 'stop', 'destroy']


def test_about_names_architecture_and_root(bench):
    about = bench.engine.about()
    assert about['architecture'] in ('amd64', 'arm64')
    assert about['root'].startswith('/')
