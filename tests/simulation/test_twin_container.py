# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module container: what is chosen, who is asked, and what it tells."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import HandoverRefused, UnknownContainer, UnknownMove
from ansible_collections.ringfleet.core.plugins.modules.container import container
from simulation.handing import MANAGED, fleet_of_three, put, run

SHOP = {'com.docker.compose.project': 'shop'}


@pytest.fixture
def fleet():
    return fleet_of_three()


def test_a_project_is_found_wherever_its_containers_are(fleet):
    run(fleet, 'h1', 'shop-web', dict(MANAGED, **SHOP))
    run(fleet, 'h2', 'shop-db', dict(MANAGED, **SHOP))
    run(fleet, 'h2', 'other')
    assert put(fleet, 'h3', 'released', project='shop') == [('shop-db', 'h2', True, ''), ('shop-web', 'h1', True, '')]
    fleet.run(5)
    assert {name: fleet.row(name).holder for name in ('shop-web', 'shop-db', 'other')} == {'shop-web': '', 'shop-db': '', 'other': 'h2'}
    assert put(fleet, 'h3', 'released', project='shop') == []
    assert put(fleet, 'h3', 'managed', project='shop') == [('shop-db', 'h2', True, ''), ('shop-web', 'h1', True, '')]


def test_a_pattern_is_found_wherever_it_is(fleet):
    run(fleet, 'h1', 'a-web')
    run(fleet, 'h2', 'b-web')
    run(fleet, 'h3', 'a-db')
    assert put(fleet, 'h3', 'released', pattern='*-web') == [('a-web', 'h1', True, ''), ('b-web', 'h2', True, '')]
    assert fleet.row('a-db').holder == 'h3'
    assert put(fleet, 'h3', 'released', pattern='nothing*') == []


def test_a_host_that_does_not_answer_is_told_and_does_nothing_later(fleet):
    run(fleet, 'h1')
    fleet['h1'].up = False
    told = fleet['h2'].call('container.set', state='released', name='web', wait_s=5)
    fleet.run(10)
    assert fleet['h2'].call('container.told', asked=told['asked']) == {'outcomes': [], 'silent': told['asked']}
    fleet['h1'].up = True
    fleet.run(5)
    ((outcome,), silent) = fleet['h2'].call('container.told', asked=told['asked']).values()
    assert (silent, 'was asked too long ago' in outcome['refused']) == ({}, True)
    assert fleet.row('web').holder == 'h1'
    with pytest.raises(UnknownMove):
        fleet['h2'].call('move.info', id=next(iter(told['asked'])))


class Module:
    """A module's face towards its work: its parameters, and an end."""

    def __init__(self, check_mode, **params):
        self.check_mode = check_mode
        self.params = dict({'name': None, 'project': None, 'pattern': None, 'state': 'managed', 'timeout': 5}, **params)

    def fail_json(self, **result):
        raise SystemExit(result)


class Asks:
    """A module's client, towards one host of the twin: time passes while it polls."""

    def __init__(self, fleet, host):
        self.fleet = fleet
        self.call = fleet[host].call

    def poll(self, until, method, timeout_s, **params):
        self.fleet.run(timeout_s)
        return self.call(method, **params)


def test_the_module_tells_the_names_and_the_difference(fleet):
    run(fleet, 'h1', 'a-web')
    run(fleet, 'h2', 'b-web')
    for check_mode in (True, False):
        told = container(Module(check_mode, pattern='*-web', state='released'), Asks(fleet, 'h3'))
        assert (told['changed'], told['names']) == (True, ['a-web', 'b-web'])
        assert told['diff']['after'] == {'a-web': 'released', 'b-web': 'released'}
    again = container(Module(False, pattern='*-web', state='released'), Asks(fleet, 'h3'))
    assert (again['changed'], again['names'], again['diff']) == (False, [], {'before': {}, 'after': {}})
    back = container(Module(False, name='a-web'), Asks(fleet, 'h1'))
    assert back['names'] == ['a-web']
    same = container(Module(False, name='a-web'), Asks(fleet, 'h1'))
    assert (same['changed'], same['names'], [each['name'] for each in same['containers']]) == (False, [], ['a-web'])


def test_the_module_fails_with_what_was_done_and_who_did_not_answer(fleet):
    run(fleet, 'h1', 'a-web')
    run(fleet, 'h2', 'b-web')
    fleet['h2'].up = False
    with pytest.raises(SystemExit) as caught:
        container(Module(False, pattern='*-web', state='released'), Asks(fleet, 'h3'))
    (told,) = caught.value.args
    assert (told['changed'], told['names']) == (True, ['a-web'])
    assert 'h2 did not answer within 5 s' in told['msg']


@pytest.mark.parametrize('chosen', [{}, {'name': 'web', 'pattern': '*'}, {'name': 'web', 'state': 'gone'}])
def test_one_way_of_choosing_and_a_known_state(fleet, chosen):
    with pytest.raises(HandoverRefused):
        fleet['h1'].call('container.set', **dict({'state': 'released'}, **chosen))


def test_a_name_that_nobody_knows(fleet):
    with pytest.raises(UnknownContainer):
        fleet['h1'].call('container.set', state='released', name='nobody')
