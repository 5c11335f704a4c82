# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module in check mode, for real and again; what it returns is what its RETURN says."""
from __future__ import annotations

import ast
import pathlib

import pytest
import yaml

MODULES = pathlib.Path(__file__).resolve().parents[2] / 'plugins' / 'modules'
ALWAYS = {'changed', 'failed', 'output', 'diff', 'invocation', 'ansible_facts', 'warnings'}
INFOS = ['host_info', 'load_info', 'container_info', 'move_info', 'broadcast_info', 'decision_info', 'fleet_info']


def documented(module):
    """RETURN of a module, as data."""
    tree = ast.parse((MODULES / ('%s.py' % module)).read_text())
    text = next(node.value.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == 'RETURN')
    return yaml.safe_load(text)


def assert_documented(module, result):
    """Every key of the result is documented, with its type, and the other way round."""
    told = documented(module)
    given = {key: value for key, value in result.items() if key not in ALWAYS}
    assert set(given) == set(told)
    kinds = {'str': str, 'int': int, 'bool': bool, 'list': list, 'dict': (dict, type(None)), 'float': (int, float)}
    for key, value in given.items():
        assert isinstance(value, kinds[told[key]['type']]), key
        if told[key].get('contains') and isinstance(value, list):
            for item in value:
                assert set(item) == set(told[key]['contains']), key
                for field, about in told[key]['contains'].items():
                    assert isinstance(item[field], kinds[about['type']]), (key, field)


@pytest.fixture
def web(fleet, name):
    fleet[1].run(name, '--label', 'ringfleet.mode=start-first', '--health-interval', '1s', '--health-cmd', 'true',
                 '-e', 'TOKEN=planted-in-module-test')
    fleet.adopted(name)
    return name


@pytest.mark.parametrize('module', INFOS)
def test_infos_change_nothing_and_return_what_they_document(fleet, web, module):
    fleet.until(lambda: fleet[1].call('load.info', name=web)['hosts'][0]['containers'], 'the load of %s' % web)
    for check_mode in (True, False):
        result = fleet[1].module(module, check_mode)
        assert not result['failed'], result['output']
        assert result['changed'] is False
        assert_documented(module, result)
        assert 'planted-in-module-test' not in result['output']


def test_migrate_in_check_mode_for_real_and_again(fleet, web):
    asked = {'name': web, 'host': fleet[2].name}
    planned = fleet[3].module('migrate', True, **asked)
    assert (planned['failed'], planned['changed'], planned['move']) == (False, True, None)
    for line in ('--- before', '-    "holder": "%s"' % fleet[1].name, '+    "holder": "%s"' % fleet[2].name):
        assert line in planned['output']
    assert fleet.row(web)['holder'] == fleet[1].name
    moved = fleet[3].module('migrate', **asked)
    assert (moved['failed'], moved['changed'], moved['move']['outcome']) == (False, True, 'done')
    assert_documented('migrate', moved)
    fleet.assert_runs_once(web)
    assert fleet.row(web)['holder'] == fleet[2].name
    again = fleet[3].module('migrate', **asked)
    assert (again['failed'], again['changed'], again['move']) == (False, False, None)
    told = fleet[1].module('move_info', name=web)['moves'][0]
    assert (told['outcome'], told['by'].endswith('by Ansible')) == ('done', True)
    kinds = [each['kind'] for each in fleet[1].module('broadcast_info')['broadcasts'] if each['name'] == web]
    assert kinds == ['adopted', 'moved', 'effective']


def test_migrate_without_a_host_goes_to_the_best_one_and_says_why(fleet, web):
    def measured():
        told = fleet[2].module('target_info', name=web)
        return told if told['target'] and not any('never measured' in str(each) for each in told['candidates']) else None

    told = fleet.until(measured, 'every route to be measured')
    assert_documented('target_info', told)
    assert told['source'] == fleet[1].name
    planned = fleet[2].module('migrate', True, name=web)
    assert set(planned['predicted']) == {fleet[1].name, planned['target']}
    moved = fleet[2].module('migrate', name=web)
    assert_documented('migrate', moved)
    assert fleet.row(web)['holder'] == moved['target'] != fleet[1].name
    decision = fleet[3].module('decision_info', name=web)['decisions'][0]
    assert decision['choice'] == moved['target']
    weights = decision['weights']
    fit = {each['host']: (each['C'] * weights['alpha'] + each['M'] * weights['beta']) / (each['T'] * weights['tau'])
           for each in decision['candidates'] if not each['excluded']}
    assert max(fit, key=fit.get) == decision['choice']


def test_fleet_in_check_mode_for_real_and_again(fleet):
    assert fleet[1].module('fleet', True, beta=3)['changed']
    assert fleet[1].module('fleet_info')['weights'] == {'alpha': 1.0, 'beta': 1.0, 'tau': 1.0}
    try:
        done = fleet[1].module('fleet', beta=3)
        assert (done['changed'], done['weights']) == (True, {'alpha': 1.0, 'beta': 3.0, 'tau': 1.0})
        assert_documented('fleet', done)
        assert not fleet[2].module('fleet', beta=3)['changed']
        assert 'Weights are greater than 0' in fleet[2].module('fleet', alpha=0)['msg']
    finally:
        fleet[1].module('fleet', alpha=1, beta=1, tau=1)


def test_hold_in_check_mode_for_real_and_again(fleet, web):
    wanted = {'name': web, 'by': 'ada', 'reason': 'nightly backup', 'duration': 600}
    planned = fleet[2].module('container_hold', True, **wanted)
    assert (planned['failed'], planned['changed'], planned['hold']['by']) == (False, True, 'ada')
    assert '+    "by": "ada"' in planned['output']
    assert fleet.row(web)['hold_by'] == ''
    done = fleet[2].module('container_hold', **wanted)
    assert (done['changed'], done['hold']['reason']) == (True, 'nightly backup')
    assert_documented('container_hold', done)
    assert (fleet.row(web)['hold_by'], 0 < fleet.row(web)['hold_s'] <= 600) == ('ada', True)
    again = fleet[3].module('container_hold', **wanted)
    assert (again['failed'], again['changed']) == (False, False)
    other = fleet[3].module('container_hold', name=web, by='bob', reason='restore')
    assert other['failed']
    assert 'is held by ada (nightly backup) until ' in other['msg']
    for refused in (fleet[1].module('migrate', name=web, host=fleet[2].name), fleet[3].module('container_hold', name=web, by='bob', state='absent')):
        assert refused['failed']
        assert 'is held by ada (nightly backup) until ' in refused['msg']
    fleet.assert_runs_once(web)
    released = fleet[1].module('container_hold', name=web, by='ada', state='absent')
    assert (released['changed'], released['hold']['by']) == (True, '')
    assert_documented('container_hold', released)
    assert not fleet[1].module('container_hold', name=web, by='ada', state='absent')['changed']
    assert fleet[2].module('container_hold', name=web, reason='any')['hold']['by'] not in ('', 'ada')
    assert fleet[2].module('container_hold', name=web, by='bob', state='absent', force=True)['changed']


def test_what_the_next_loss_would_do_is_said_by_every_member(fleet, web):
    for host in fleet.hosts:
        failover = host.module('fleet_info')['failover']
        assert (failover['armed'], failover['tolerance']['hosts']) == (True, 1)
        assert 'some row may have no quorum of its 3 copies' in failover['tolerance']['why'][0]
        assert {each['host'] for each in failover['stuck']} == {each.name for each in fleet.hosts}
        assert all(len(each['backups']) == 2 for each in failover['stuck'])
    assert 'may lose 1 more host;' in fleet[1].sh('ringfleet', 'status', check=False)


def test_the_failover_plan_of_each_host_changes_nothing_and_is_documented(fleet, web):
    for check_mode in (True, False):
        result = fleet[2].module('failover_plan', check_mode, fail=False)
        assert not result['failed'], result['output']
        assert (result['changed'], result['armed'], result['copies']) == (False, True, 3)
        assert_documented('failover_plan', result)
        assert {each['host'] for each in result['hosts']} == {host.name for host in fleet.hosts}
    (source,) = [each for each in result['hosts'] if each['host'] == fleet[1].name]
    assert web in [each['name'] for each in source['takes']]
    # Two of three copies are a quorum of every row.
    assert source['rows'] == {'share': 0.0, 'containers': [], 'hosts': [], 'why': '', 'unknown': []}


def test_what_is_bound_would_be_stuck(fleet, name):
    fleet[2].run(name, '-v', '/tmp:/mnt')
    fleet.adopted(name)

    def told():
        found = {each['host']: each['stuck'] for each in fleet[1].module('fleet_info')['failover']['stuck']}
        return [each for each in found[fleet[2].name] if each['name'] == name and 'bind mount /tmp' in each['why']]

    fleet.until(told, '%s to be told as stuck' % name)


def test_cleanup_in_check_mode_for_real_and_again(fleet, web):
    fleet[2].run(web, '--label', 'ringfleet.move=long-ago')
    fleet.until(lambda: fleet[2].call('container.info', name=web)['containers'][0]['here'] == 'copy of a move', 'the copy')
    left = fleet[2].inspect(web)['Id']
    # A copy is kept until the container's holder has reported that it has it.
    fleet.until(lambda: fleet[2].call('cleanup.check', name=web)['removed'], 'the report of its holder')
    planned = fleet[2].module('cleanup', True, name=web)
    assert (planned['changed'], [each['instance'] for each in planned['removed']]) == (True, [left])
    assert fleet[2].inspect(web)
    done = fleet[2].module('cleanup', name=web)
    assert (done['changed'], [each['instance'] for each in done['removed']]) == (True, [left])
    assert_documented('cleanup', done)
    assert fleet[2].inspect(web) is None
    again = fleet[2].module('cleanup', name=web)
    assert (again['changed'], again['removed']) == (False, [])
    fleet.assert_runs_once(web)


def test_container_in_check_mode_for_real_and_again(fleet, web):
    before = fleet[1].inspect(web)
    for state, holder in (('released', ''), ('managed', fleet[1].name)):
        held = fleet.row(web)['holder']
        planned = fleet[2].module('container', True, name=web, state=state)
        assert (planned['failed'], planned['changed'], planned['names']) == (False, True, [web])
        assert '+    "%s": "%s"' % (web, state) in planned['output']
        assert fleet.row(web)['holder'] == held
        done = fleet[2].module('container', name=web, state=state)
        assert (done['failed'], done['changed'], done['names']) == (False, True, [web])
        assert_documented('container', done)
        assert fleet.row(web)['holder'] == holder
        again = fleet[3].module('container', name=web, state=state)
        assert (again['failed'], again['changed']) == (False, False)
    after = fleet[1].inspect(web)
    assert (after['Id'], after['State']['StartedAt'], after['HostConfig']['RestartPolicy']) == (
        before['Id'], before['State']['StartedAt'], before['HostConfig']['RestartPolicy'])


def test_what_was_released_stays_so_when_its_watcher_starts_again(fleet, web):
    fleet[3].module('container', pattern=web, state='released')
    fleet[1].sh('systemctl', 'restart', 'ringfleet-watcher')
    fleet.until(lambda: fleet[1].call('container.info', name=web)['containers'][0]['here'] == 'released', 'the watcher to be back')
    assert fleet.row(web)['holder'] == ''


def test_an_image_that_only_the_source_has_travels_along(fleet, name):
    image = '%s:1' % name
    fleet[1].docker('run', '--name', '%s-made' % name, '--label', 'rflab=it', 'rflab-web:1', 'touch', '/made')
    fleet[1].docker('commit', '%s-made' % name, image)
    fleet[1].docker('rm', '%s-made' % name)
    try:
        fleet[1].run(name, '--health-interval', '1s', '--health-cmd', 'test -e /made', image=image, command=('/bin/web',))
        fleet.adopted(name)
        result = fleet[1].module('migrate', name=name, host=fleet[3].name)
        assert not result['failed'], result['output']
        assert {'target image wanted', 'source image sent'} <= {each['step'] for each in result['move']['steps']}
        fleet.assert_runs_once(name)
        assert fleet[3].sh('ls', '/var/lib/ringfleet/transfer/incoming') == ''
    finally:
        fleet.remove(name)
        for host in fleet.hosts:
            host.docker('rmi', '-f', image, check=False)


@pytest.mark.parametrize('arguments, words', [
    ({'name': 'nobody-at-all', 'host': 'rflab-h2'}, 'No container nobody-at-all is managed'),
    ({'name': 'not a name', 'host': 'rflab-h2'}, 'is not a container name'),
    ({'name': 'WEB', 'host': 'rflab-h77'}, 'No host rflab-h77 in the fleet. Hosts: rflab-h1'),
    ({'name': 'WEB', 'host': '-'}, 'is not a host name')])
def test_bad_requests_name_the_thing_and_the_remedy(fleet, web, arguments, words):
    result = fleet[1].module('migrate', **dict(arguments, name=arguments['name'].replace('WEB', web)))
    assert result['failed']
    assert words in result['msg']
    fleet.assert_runs_once(web)


def test_what_cannot_move_is_refused_by_name(fleet, name):
    fleet[1].run(name, '-v', '/tmp:/mnt')
    fleet.adopted(name)
    result = fleet[1].module('migrate', name=name, host=fleet[2].name)
    assert result['failed']
    assert 'cannot move: bind mount /tmp' in result['msg']
    fleet.assert_runs_once(name)


def test_a_target_where_the_port_is_taken_declines(fleet, name):
    fleet[2].docker('run', '-d', '--name', 'it-port', '--label', 'rflab=it', '-p', '8097:80', 'rflab-web:1')
    fleet[1].run(name, '-p', '8097:80')
    fleet.adopted(name)
    result = fleet[1].module('migrate', name=name, host=fleet[2].name)
    assert result['failed']
    assert 'port 0.0.0.0:8097/tcp is taken here' in result['msg']
    fleet.assert_runs_once(name)
