# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who lives, as real watchers show it of each other: a dead host is lost for all, a stopped watcher or a pause is no death."""
from __future__ import annotations

import ast
import pathlib
from dataclasses import replace

import pytest
import yaml
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import Probe
from simulation.twin import Fleet

HOST_INFO = pathlib.Path(__file__).resolve().parents[2] / 'plugins' / 'modules' / 'host_info.py'
LOST_AFTER_S = 5.0
# Seconds after ``lost_after`` within which every observer knows: the read that brings nothing, the probe, the beat that says it.
FEW_CYCLES_S = 4.0


@pytest.fixture
def fleet():
    made = Fleet()
    made.run(20)
    # What is judged is looked at here; while the fleet is paused nothing follows from it.
    made['h1'].call('fleet.pause', reason='only looking')
    return made


def told(fleet, host, observer='h1'):
    return fleet[observer].call('host.info', name=host)['hosts'][0]


def word(fleet, host, observer='h1'):
    return told(fleet, host, observer)['liveness']['word']


def words(fleet, observer='h1'):
    return {each['host']: each['liveness']['word'] for each in fleet[observer].call('host.info')['hosts']}


def suspects(fleet, observer):
    return fleet[observer].call('host.info')['suspects']


def elapsed(fleet, condition, limit_s=60):
    began = fleet.time.now
    fleet.run_until(condition, limit_s)
    return fleet.time.now - began


def test_when_all_is_well_every_signal_goes_on_and_nobody_is_suspected(fleet):
    info = fleet['h1'].call('host.info')
    assert (info['suspects'], info['judges_nobody']) == ([], '')
    assert words(fleet) == {'h1': 'alive', 'h2': 'alive', 'h3': 'alive'}
    h2 = told(fleet, 'h2')
    assert not any(h2[signal]['silent'] for signal in ('beat', 'gossip', 'probe'))
    assert (h2['probe']['boot_id'], h2['probe']['error'], h2['liveness']['finding']) == ('boot', '', 'h2 is alive')
    assert 'taken for lost' not in fleet['h1'].watcher.loop.sentence


def test_a_killed_host_is_lost_for_its_observers_and_their_beats_say_so(fleet):
    assert told(fleet, 'h3')['backups'] == told(fleet, 'h3', 'h2')['backups']
    assert set(told(fleet, 'h3')['backups']) == {'h1', 'h2'}
    fleet['h3'].alive = False
    fleet.run(LOST_AFTER_S - 1)
    assert suspects(fleet, 'h1') == suspects(fleet, 'h2') == []
    left = elapsed(fleet, lambda: all(told(fleet, observer)['suspects'] == ['h3'] for observer in ('h1', 'h2')))
    assert left <= 1 + FEW_CYCLES_S
    for observer, other in (('h1', 'h2'), ('h2', 'h1')):
        h3 = told(fleet, 'h3', observer)
        assert (h3['liveness']['word'], h3['signs']) == ('lost', 'silent')
        assert all(h3[signal]['silent'] for signal in ('beat', 'gossip', 'probe'))
        assert h3['liveness']['finding'].startswith('h3 is lost: silent for ')
        assert h3['liveness']['finding'].endswith(' by beat, gossip and probe, %s sees it so too, 2 of 3 hosts are alive' % other)
        assert 'taken for lost: h3' in fleet[observer].watcher.loop.sentence
    assert told(fleet, 'h3')['state'] == 'normal'


def test_a_host_that_comes_back_is_alive_again(fleet):
    fleet['h3'].alive = False
    fleet.run_until(lambda: suspects(fleet, 'h1') == ['h3'])
    fleet['h3'].alive = True
    fleet['h3'].boot()
    fleet.run_until(lambda: words(fleet)['h3'] == 'alive', limit_s=15)
    fleet.run(2)
    assert told(fleet, 'h1', 'h2')['suspects'] == []


def test_without_a_second_opinion_it_is_held(fleet):
    fleet['h2'].watcher.routes._look = lambda address, port: Probe(0.5, 'h3' if address == '10.0.0.3' else 'h1', 'boot')
    fleet['h3'].alive = False
    fleet.run_until(lambda: suspects(fleet, 'h1') == ['h3'])
    assert told(fleet, 'h3')['liveness']['finding'] == 'held: h3 is lost here, and h2 does not see it so'


def away(*_args, **_kwargs):
    raise StoreUnavailable('The ring is out of reach: test', 'Look at ringfleet-node.')


def test_a_stopped_watcher_is_only_that(fleet):
    fleet['h3'].up = False
    fleet.run(30)
    h3 = told(fleet, 'h3')
    assert (h3['liveness']['word'], h3['liveness']['since_s'] >= 28, suspects(fleet, 'h1')) == ('watcher down', True, [])
    assert [h3[signal]['silent'] for signal in ('beat', 'gossip', 'probe')] == [True, False, False]


def test_a_guard_that_does_not_answer_is_only_unreachable(fleet):
    real = fleet.probe
    fleet['h1'].watcher.routes._look = lambda address, port: Probe(error='timed out') if address == '10.0.0.3' else real(address, port)
    fleet.run(30)
    assert words(fleet) == {'h1': 'alive', 'h2': 'alive', 'h3': 'unreachable'}
    assert words(fleet, 'h2')['h3'] == 'alive'
    assert told(fleet, 'h3')['probe']['error'] == 'timed out'
    assert suspects(fleet, 'h1') == []


def test_the_probe_does_not_wait_for_its_turn_when_a_host_falls_silent(fleet):
    fleet.run_until(lambda: told(fleet, 'h3')['probe']['age_s'] == 0.0)
    fleet['h3'].alive = False
    assert elapsed(fleet, lambda: told(fleet, 'h3')['probe']['error']) <= 3


@pytest.mark.parametrize('pause_s', [3, 20])
def test_a_paused_observer_judges_nobody(fleet, pause_s):
    fleet['h3'].alive = False
    fleet.run_until(lambda: suspects(fleet, 'h2') == ['h3'])
    fleet['h1'].up = False
    fleet.run(pause_s)
    fleet['h1'].up = True
    fleet.run(1)
    quiet = elapsed(fleet, lambda: suspects(fleet, 'h1'))
    assert quiet >= LOST_AFTER_S - 1.2
    assert quiet <= LOST_AFTER_S + FEW_CYCLES_S


def test_while_paused_reads_are_shown_as_the_reason(fleet):
    fleet['h1'].up = False
    fleet.run(8)
    assert words(fleet) == {'h1': 'alive', 'h2': 'not judged', 'h3': 'not judged'}
    assert fleet['h1'].call('host.info')['judges_nobody'].startswith('it paused for ')
    fleet['h1'].up = True
    fleet.run(1.2)
    assert set(words(fleet).values()) <= {'alive', 'not judged'}
    fleet.run(7)
    assert fleet['h1'].call('host.info')['judges_nobody'] == ''


@pytest.mark.parametrize('method, why', [
    ('beats', 'the beats could not be read'), ('gossip', 'the ring node of this host does not answer')])
def test_an_observer_that_cannot_read_judges_nobody(fleet, monkeypatch, method, why):
    monkeypatch.setattr(fleet['h1'].store, method, away)
    fleet['h3'].alive = False
    fleet.run(20)
    assert (suspects(fleet, 'h1'), suspects(fleet, 'h2')) == ([], ['h3'])
    assert fleet['h1'].call('host.info')['judges_nobody'] == why
    monkeypatch.undo()
    fleet.run_until(lambda: suspects(fleet, 'h1') == ['h3'], limit_s=LOST_AFTER_S + FEW_CYCLES_S)


def test_who_is_cut_off_from_everybody_suspects_nobody(fleet):
    frozen, gossip, real = fleet['h1'].store.beats(), fleet['h1'].store.gossip(), fleet['h1'].store.beats
    # What one writes oneself goes on.
    fleet['h1'].store.beats = lambda: [each for each in frozen if each.host != 'h1'] + [each for each in real() if each.host == 'h1']
    fleet['h1'].store.gossip = lambda: gossip
    fleet.run(30)
    assert (suspects(fleet, 'h1'), fleet['h1'].call('host.info')['judges_nobody']) == ([], 'no other host advances')


def test_half_of_a_fleet_declares_nobody():
    fleet = Fleet(4)
    fleet['h1'].call('fleet.pause', reason='only looking')
    fleet.run(20)
    fleet['h3'].alive = fleet['h4'].alive = False
    fleet.run_until(lambda: all(suspects(fleet, observer) == ['h3', 'h4'] for observer in ('h1', 'h2')))
    fleet.run(2)
    assert told(fleet, 'h3')['liveness']['finding'] == 'held: 2 of 4 hosts alive is no majority, a tie'


def declare(fleet, host, **columns):
    row = fleet['h1'].store.read(HostRow, host)
    fleet['h1'].store.swap(row, replace(row, **columns))


def test_a_loss_counts_as_a_member_for_a_minute_and_has_no_backup_duties():
    fleet = Fleet(5)
    fleet['h1'].call('fleet.pause', reason='only looking')
    fleet.run(20)
    fleet['h4'].alive = fleet['h5'].alive = False
    declare(fleet, 'h4', state='lost')
    declare(fleet, 'h5', state='lost')
    fleet.run(10)
    assert suspects(fleet, 'h1') == []
    assert all(not {'h4', 'h5'} & set(each['backups']) for each in fleet['h1'].call('host.info')['hosts'])
    fleet['h3'].alive = False
    fleet.run_until(lambda: told(fleet, 'h2')['suspects'] == ['h3'])
    assert told(fleet, 'h3')['liveness']['finding'] == 'held: 2 of 5 hosts alive is no majority'
    assert told(fleet, 'h4')['liveness']['finding'] == 'held: h4 was declared lost before'
    fleet.run(60)
    assert told(fleet, 'h3')['liveness']['finding'].endswith('2 of 3 hosts are alive')


def test_an_orderly_shutdown_is_no_death_until_its_time_is_over(fleet):
    declare(fleet, 'h3', away_until=fleet['h1'].clock.wall() + 60000)
    fleet['h3'].alive = False
    fleet.run(20)
    assert (word(fleet, 'h3'), suspects(fleet, 'h1')) == ('away', [])
    left = elapsed(fleet, lambda: suspects(fleet, 'h1') == ['h3'])
    assert 38 <= left <= 42


def test_a_host_that_starts_again_is_no_longer_away(fleet):
    declare(fleet, 'h3', away_until=fleet['h1'].clock.wall() + 600000)
    fleet['h3'].boot()
    fleet.run(3)
    assert fleet.tables.rows[HostRow]['h3'].away_until == 0


def test_lost_after_is_a_setting(fleet):
    fleet['h1'].settings = {'lost_after_s': 12.0}
    fleet['h1'].boot()
    fleet.run(20)
    fleet['h3'].alive = False
    fleet.run_until(lambda: suspects(fleet, 'h2') == ['h3'])
    assert (suspects(fleet, 'h1'), told(fleet, 'h3')['signs']) == ([], 'alive')
    assert elapsed(fleet, lambda: suspects(fleet, 'h1') == ['h3']) >= 4


def test_the_answer_is_what_the_module_documents(fleet):
    tree = ast.parse(HOST_INFO.read_text(encoding='utf-8'))
    text = next(node.value.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == 'RETURN')
    documented, answer = yaml.safe_load(text), fleet['h1'].call('host.info')
    assert set(answer) == set(documented)
    kinds = {'str': str, 'int': int, 'list': list, 'dict': dict}
    for each in answer['hosts']:
        assert set(each) == set(documented['hosts']['contains'])
        assert all(isinstance(each[key], kinds[about['type']]) for key, about in documented['hosts']['contains'].items())
