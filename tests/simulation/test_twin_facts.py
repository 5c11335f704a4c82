# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of hosts and placement labels of containers, from where they are written to where any member reads them."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import EngineUnavailable, MoveRefused
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from simulation.engine import image_of
from simulation.twin import Fleet

BUILT_IN = {'architecture': 'amd64', 'rack': 'rack1', 'datacenter': 'dc1'}


def facts(fleet, host, observer='h1'):
    return fleet[observer].call('host.info', name=host)['hosts'][0]['facts']


def report(fleet, name, observer='h2'):
    (found,) = (each for host in fleet[observer].call('load.info', name=name)['hosts'] for each in host['containers'])
    return found


def joined(size=2):
    fleet = Fleet(size)
    for host in fleet.hosts.values():
        host.engine.add_image(image_of('web:1'))
    return fleet


@pytest.fixture
def fleet():
    made = joined()
    made.run(2)
    return made


def test_a_host_tells_its_facts(fleet):
    assert facts(fleet, 'h2') == BUILT_IN


def test_a_host_that_is_started_with_other_facts_replaces_them(fleet):
    host = fleet['h2']
    for given, told in (({'disk': 'hdd', 'gpu': 'none'}, {'disk': 'hdd', 'gpu': 'none'}), ({'disk': 'ssd'}, {'disk': 'ssd'})):
        host.settings = {'facts': given, 'rack': 'r2'}
        host.boot()
        fleet.run(7)
        assert facts(fleet, 'h2') == dict(BUILT_IN, rack='r2', **told)


def away():
    raise EngineUnavailable('The Docker engine cannot be reached')


def test_a_host_joins_without_its_engine_and_tells_the_architecture_later():
    fleet = joined()
    there = fleet['h2'].engine.about
    fleet['h2'].engine.about = away
    fleet.run(2)
    row = fleet.tables.rows[HostRow]['h2']
    assert (row.state, row.facts) == ('normal', {'rack': 'rack1', 'datacenter': 'dc1'})
    fleet['h2'].engine.about = there
    fleet.run_until(lambda: facts(fleet, 'h2') == BUILT_IN)
    assert fleet.tables.rows[HostRow]['h2'].generation == 1


def test_an_architecture_that_was_told_once_outlives_the_engine(fleet):
    fleet['h2'].engine.about = away
    fleet['h2'].boot()
    fleet.run(7)
    assert facts(fleet, 'h2') == BUILT_IN


def test_unames_word_for_an_architecture_is_dockers(fleet):
    fleet['h2'].engine.about = lambda: {'architecture': 'aarch64'}
    fleet['h2'].boot()
    fleet.run(7)
    assert facts(fleet, 'h2')['architecture'] == 'arm64'


def run(fleet, **labels):
    fleet['h1'].engine.run('web', 'web:1', dict({'ringfleet.managed': 'true'}, **labels))
    fleet.run(12)


def test_any_member_knows_what_a_container_asks_for(fleet):
    run(fleet, **{'ringfleet.require': 'disk=ssd, host!=h3', 'ringfleet.prefer': 'rack=r1', 'ringfleet.mode': 'start-first',
                  'ringfleet.rebalance': 'true'})
    told = report(fleet, 'web')
    assert list(told['rules']) == ['require disk=ssd', 'require host!=h3', 'prefer rack=r1']
    assert (told['mode'], told['rebalance'], list(told['immovable'])) == ('start-first', True, [])


def test_a_container_without_such_labels_asks_for_nothing(fleet):
    run(fleet)
    told = report(fleet, 'web')
    assert (list(told['rules']), told['mode'], told['rebalance']) == ([], 'stop-first', False)


@pytest.mark.parametrize('label, text', [('ringfleet.require', 'ssd'), ('ringfleet.avoid', 'rack='), ('ringfleet.rebalance', 'often')])
def test_a_label_that_does_not_parse_holds_the_container_where_it_is(fleet, label, text):
    run(fleet, **{label: text})
    (why,) = report(fleet, 'web')['immovable']
    assert why.startswith('Label %s=' % label)
    assert fleet.row('web').holder == 'h1'
    with pytest.raises(MoveRefused) as caught:
        fleet['h1'].call('move.ask', name='web', target='h2')
    assert label in str(caught.value)
