# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container gets another name, by its user or by compose on the way of a new version, on the twin: it is one container, under one name."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.deploying import MANAGED
from simulation.drains import drain, host_row
from simulation.losses import ALWAYS, assert_no_open_moves, die, fleet_of, runs

EXCLUSIVE = {'ringfleet.managed': 'true', 'ringfleet.exclusive': 'true'}


@pytest.fixture
def fleet():
    return fleet_of(3)


def held(fleet):
    """{name: holder} of what somebody holds."""
    return {name: row.holder for name, row in fleet.tables.rows[ContainerRow].items() if row.holder}


def recreate(fleet, labels):
    """As compose v2 makes a new version: created under a name of its own, the old one stopped and removed, renamed, started."""
    engine, old = fleet['h1'].engine, fleet.row('web').instance
    new = engine._make('%s_web' % old[:12], {'Image': 'web:1', 'Labels': dict(labels), 'Env': ['B=2']},
                       {'NetworkMode': 'default', 'RestartPolicy': dict(ALWAYS)})
    engine._tell('kill', engine._box('web'))
    # Its process ends by KILL alone.
    fleet.run(10)
    engine.stop(old, 10)
    engine.remove(old)
    engine.rename(new, 'web')
    engine.start(new)
    return new


# Older versions of compose say nothing of what takes which one's place: then the name of in between is released once it is gone.
@pytest.mark.parametrize('labels', [dict(MANAGED, **{'com.docker.compose.replace': 'web'}), MANAGED])
def test_compose_makes_a_new_version_under_the_old_name_alone(fleet, labels):
    new = recreate(fleet, labels)
    fleet.run(20)
    assert (held(fleet), fleet.row('web').instance, fleet.row('web').intent) == ({'web': 'h1'}, new, 'running')
    drain(fleet)
    fleet.run_until(lambda: host_row(fleet).state == 'drained')
    assert runs(fleet, 'web')
    assert_no_open_moves(fleet)


@pytest.mark.parametrize('labels', [MANAGED, EXCLUSIVE], ids=['free', 'exclusive'])
def test_compose_v1_takes_the_name_of_the_old_one_first(fleet, labels):
    """Stopped and renamed, then the new one is created, started, and the old one removed: looked at in between, at each step."""
    engine = fleet['h1'].engine
    old = engine.run('db', 'web:1', dict(labels))
    fleet.run_until(lambda: 'db' in held(fleet))
    fleet.run(10)
    engine._tell('kill', engine._box('db'))
    engine.stop(old, 10)
    fleet.run(2)
    engine.rename('db', '%s_db' % old[:12])
    fleet.run(5)
    assert held(fleet) == {'web': 'h1', 'db': 'h1'}
    new = engine._make('db', {'Image': 'web:1', 'Labels': dict(labels), 'Env': ['B=2']}, {'NetworkMode': 'default', 'RestartPolicy': dict(ALWAYS)})
    fleet.run(2)
    engine.start(new)
    fleet.run(2)
    engine.remove(old)
    fleet.run(60)
    row = fleet.row('db')
    assert (held(fleet), row.instance, row.epoch, row.intent) == ({'web': 'h1', 'db': 'h1'}, new, 1, 'running')
    assert runs(fleet, 'db')


def test_what_compose_v1_left_behind_is_renamed_once_its_user_starts_it(fleet):
    engine, old = fleet['h1'].engine, fleet.row('web').instance
    engine.stop(old, 10)
    engine.rename('web', '%s_web' % old[:12])
    fleet.run(5)
    assert held(fleet) == {'web': 'h1'}
    engine.start(old)
    fleet.run(10)
    assert held(fleet) == {'%s_web' % old[:12]: 'h1'}


def test_what_compose_only_created_is_adopted_under_its_own_name(fleet):
    fleet['h1'].engine._make('api', {'Image': 'web:1', 'Labels': dict(MANAGED, **{'com.docker.compose.replace': 'api'})}, {'NetworkMode': 'default'})
    fleet.run(15)
    assert (fleet.row('api').holder, fleet.row('api').intent) == ('h1', 'stopped')


@pytest.mark.parametrize('labels', [MANAGED, EXCLUSIVE], ids=['free', 'exclusive'])
def test_renamed_by_its_user_it_goes_on_under_the_new_name(fleet, labels):
    ident = fleet['h1'].engine.run('db', 'web:1', dict(labels))
    fleet.run(20)
    fleet['h1'].engine.rename('db', 'db2')
    fleet.run(10)
    assert held(fleet) == {'web': 'h1', 'db2': 'h1'}
    assert (fleet.row('db2').instance, fleet['h1'].engine.inspect('db2')['State']['Status']) == (ident, 'running')
    fleet['h1'].boot()
    fleet.run(20)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('db2').holder != 'h1' and runs(fleet, 'db2'))
    fleet.run(30)
    assert [at for at, state, _ident in fleet.copies('db') if fleet[at].alive and state == 'running'] == []


def test_no_row_is_made_under_the_new_name_before_the_old_one_is_released(fleet, monkeypatch):
    store = fleet['h1'].store
    swap, refused = store.swap, []

    def refuse_once(before, after):
        if isinstance(after, ContainerRow) and after.name == 'web' and not after.holder and not refused:
            refused.append(after)
            raise StoreUnavailable('The ring has no quorum')
        return swap(before, after)

    monkeypatch.setattr(store, 'swap', refuse_once)
    fleet['h1'].engine.rename('web', 'api')
    seen = set()
    fleet.run_until(lambda: seen.add(tuple(sorted(held(fleet)))) or held(fleet) == {'api': 'h1'})
    assert refused and ('api', 'web') not in seen


def test_renamed_back_it_is_the_same_container_also_where_the_index_was_late(fleet, monkeypatch):
    store, refused = fleet['h1'].store, []
    drop = store.drop_placement

    def refuse_once(host, name):
        if not refused:
            refused.append(name)
            raise StoreUnavailable('The ring has no quorum')
        drop(host, name)

    monkeypatch.setattr(store, 'drop_placement', refuse_once)
    fleet['h1'].engine.rename('web', 'api')
    fleet.run(20)
    assert (refused, held(fleet)) == (['web'], {'api': 'h1'})
    fleet['h1'].engine.rename('api', 'web')
    fleet.run(60)
    assert held(fleet) == {'web': 'h1'}
    assert fleet['h1'].engine.inspect('web')['State']['Status'] == 'running'
