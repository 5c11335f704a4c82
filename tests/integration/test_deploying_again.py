# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users go on as they did: compose, docker_container, docker stop, docker rm and prune, on the first host or on another."""
from __future__ import annotations

import json

import pytest

REPLACE = ('--label', 'ringfleet.on_conflict=replace')


def told(fleet, number, name):
    """What a container of that name is on a host, and the problem that is told of it there."""
    answer = fleet[number].call('container.info', name=name)
    return answer['containers'][0]['here'], answer['problems'].get(name, '')


@pytest.fixture
def compose(fleet, name):
    """(host number, version) deploys the test's container there by compose."""
    path = '/root/%s.yml' % name

    def up(number, version, **labels):
        service = {'image': 'rflab-web:1', 'container_name': name, 'environment': {'VERSION': version},
                   'network_mode': 'bridge', 'labels': {'ringfleet.managed': 'true', 'rflab': 'it', **labels}}
        fleet[number].sh('sh', '-c', 'cat > %s' % path, text=json.dumps({'version': '2.4', 'services': {'web': service}}))
        fleet[number].sh('docker-compose', '-f', path, '-p', name, 'up', '-d')
        return fleet[number].inspect(name)['Id']

    yield up
    for host in fleet.hosts:
        host.sh('rm', '-f', path)


def test_compose_on_the_first_host_again_is_a_new_version(fleet, name, compose):
    compose(1, '1')
    fleet.adopted(name)
    made = compose(1, '2')
    fleet.until(lambda: fleet.row(name)['instance'] == made, 'the row to follow')
    row = fleet.row(name)
    assert (row['holder'], row['epoch'], row['intent']) == (fleet[1].name, 1, 'running')
    fleet.assert_runs_once(name)


def test_what_compose_runs_for_once_is_not_adopted(fleet, name, compose):
    compose(1, '1')
    fleet.adopted(name)
    fleet[1].sh('docker-compose', '-f', '/root/%s.yml' % name, '-p', name, 'run', '-d', 'web')
    # Whoever follows the next version has seen what was there before.
    made = compose(1, '2')
    fleet.until(lambda: fleet.row(name)['instance'] == made, 'the row to follow')
    assert [each['name'] for each in fleet[1].call('container.info')['containers'] if each['name'].startswith(name)] == [name]


def test_compose_on_the_first_host_again_when_it_moved_is_told_where_it_is(fleet, name, compose):
    compose(1, '1')
    fleet.adopted(name)
    moved = fleet[3].module('migrate', name=name, host=fleet[2].name)
    assert not moved['failed'], moved['output']
    made = compose(1, '2')
    fleet.until(lambda: told(fleet, 1, name)[0] == 'duplicate', 'it to be a duplicate')
    problem = told(fleet, 1, name)[1]
    assert 'the fleet has the one on %s' % fleet[2].name in problem
    assert 'ringfleet.on_conflict=replace' in problem
    assert problem in fleet[1].sh('ringfleet', 'containers', check=False)
    assert fleet.row(name)['holder'] == fleet[2].name
    assert fleet[1].inspect(name)['Id'] == made


def test_compose_on_the_first_host_again_with_replace_takes_over(fleet, name, compose):
    compose(1, '1', **{'ringfleet.on_conflict': 'replace'})
    fleet.adopted(name)
    moved = fleet[3].module('migrate', name=name, host=fleet[2].name)
    assert not moved['failed'], moved['output']
    old, made = fleet.row(name)['instance'], compose(1, '2', **{'ringfleet.on_conflict': 'replace'})
    fleet.until(lambda: fleet.row(name)['instance'] == made, 'the takeover')
    row = fleet.row(name)
    assert (row['holder'], row['epoch'], row['previous']) == (fleet[1].name, 3, fleet[2].name)
    fleet.until(lambda: fleet[2].inspect(old)['State']['Status'] == 'exited', 'the old copy to be stopped')
    assert told(fleet, 2, name)[0] == 'stale copy'
    assert fleet[1].inspect(name)['State']['Status'] == 'running'


def test_an_exclusive_one_is_replaced_when_the_old_one_is_down(fleet, name):
    exclusive = ('--label', 'ringfleet.exclusive=true', *REPLACE)
    old = fleet[1].run(name, *exclusive)
    fleet.adopted(name)
    made = fleet[2].run(name, *exclusive)
    fleet.until(lambda: fleet.row(name)['instance'] == made and fleet.row(name)['move'] == '', 'the takeover')
    fleet.until(lambda: fleet[2].inspect(made)['State']['Status'] == 'running', 'the new one to run')
    before = fleet[1].inspect(old)['State']
    assert before['Status'] == 'exited'
    # Hosts of a lab have one clock. Docker writes nine digits, so the texts sort as the times do.
    assert before['FinishedAt'] < fleet[2].inspect(made)['State']['StartedAt']


def test_docker_container_again_with_a_restart_policy_changes_nothing_but_that(fleet, name):
    wanted = {'name': name, 'image': 'rflab-web:1', 'pull': 'never', 'labels': {'ringfleet.managed': 'true', 'rflab': 'it'}}
    assert fleet[1].ansible('community.docker.docker_container', **wanted)['changed']
    fleet.adopted(name)
    fleet.until(lambda: fleet.row(name)['spec_hash'], 'its spec to be kept')
    before = fleet.row(name)
    assert fleet[1].ansible('community.docker.docker_container', **dict(wanted, restart_policy='always'))['changed']
    fleet.until(lambda: fleet.row(name)['spec_hash'] != before['spec_hash'], 'its new spec to be kept')
    row = fleet.row(name)
    assert (row['holder'], row['epoch'], row['instance']) == (fleet[1].name, 1, before['instance'])
    assert fleet[1].inspect(name)['HostConfig']['RestartPolicy']['Name'] == 'always'
    assert not fleet[1].ansible('community.docker.docker_container', **dict(wanted, restart_policy='always'))['changed']
    fleet.assert_runs_once(name)


def test_docker_container_again_with_a_restart_policy_gives_none_to_an_exclusive_one(fleet, name):
    wanted = {'name': name, 'image': 'rflab-web:1', 'pull': 'never',
              'labels': {'ringfleet.managed': 'true', 'ringfleet.exclusive': 'true', 'rflab': 'it'}}
    fleet[1].ansible('community.docker.docker_container', **wanted)
    fleet.adopted(name)
    assert fleet[1].ansible('community.docker.docker_container', **dict(wanted, restart_policy='always'))['changed']
    fleet.until(lambda: fleet[1].inspect(name)['HostConfig']['RestartPolicy']['Name'] == 'no', 'the policy to be taken')
    fleet.assert_runs_once(name)


def test_docker_stop_by_hand_is_what_its_user_wants(fleet, name):
    fleet[1].run(name, '--restart', 'unless-stopped')
    fleet.adopted(name)
    fleet[1].docker('stop', '-t', '1', name)
    fleet.until(lambda: fleet.row(name)['intent'] == 'stopped', 'the intent')
    fleet[1].sh('systemctl', 'restart', 'ringfleet-watcher')
    fleet.until(lambda: told(fleet, 1, name)[0] == 'ours', 'the watcher to be back')
    assert fleet[1].inspect(name)['State']['Status'] == 'exited'
    moved = fleet[2].module('migrate', name=name, host=fleet[3].name)
    assert not moved['failed'], moved['output']
    assert fleet[3].inspect(name)['State']['Status'] == 'created'
    fleet[3].docker('start', name)
    fleet.until(lambda: fleet.row(name)['intent'] == 'running', 'the intent')


def test_docker_rm_releases_it_for_good(fleet, name):
    fleet[1].run(name)
    fleet.adopted(name)
    fleet[1].docker('rm', '-f', name)
    fleet.until(lambda: fleet.row(name)['holder'] == '', 'the release')
    assert fleet.copies(name) == []
    kinds = [each['kind'] for each in fleet[3].call('broadcast.info')['broadcasts'] if each['name'] == name]
    assert kinds == ['adopted', 'released']
    made = fleet[2].run(name)
    fleet.until(lambda: fleet.row(name)['holder'] == fleet[2].name, 'its adoption elsewhere')
    assert (fleet.row(name)['epoch'], fleet.row(name)['instance']) == (2, made)


def prune(host, name):
    """Of what is stopped, what this test made."""
    host.docker('container', 'prune', '-f', '--filter', 'label=rflab.of=%s' % name)


def test_prune_takes_along_what_ended_by_itself_and_the_fleet_makes_it_again(fleet, name):
    ended = fleet[1].run(name, '--label', 'rflab.of=%s' % name, '--entrypoint', '/bin/sh', command=('-c', 'until test -e /end; do sleep 0.2; done'))
    fleet.adopted(name)
    fleet.until(lambda: fleet.row(name)['spec_hash'], 'its spec to be kept')
    fleet[1].docker('exec', name, 'touch', '/end')
    fleet.until(lambda: fleet[1].inspect(name)['State']['Status'] == 'exited', 'its end')
    prune(fleet[1], name)
    assert fleet[1].inspect(ended) is None
    fleet.until(lambda: fleet.row(name)['instance'] not in ('', ended), 'it to be made again')
    assert (fleet.row(name)['holder'], fleet.row(name)['epoch']) == (fleet[1].name, 1)
    fleet.assert_runs_once(name)


def test_prune_takes_what_its_user_stopped_and_stale_copies_for_good(fleet, name):
    options = ('--label', 'rflab.of=%s' % name, *REPLACE)
    old = fleet[1].run(name, *options)
    fleet.adopted(name)
    made = fleet[2].run(name, *options)
    fleet.until(lambda: fleet.row(name)['instance'] == made, 'the takeover')
    fleet.until(lambda: fleet[1].inspect(old)['State']['Status'] == 'exited', 'the old copy to be stopped')
    prune(fleet[1], name)
    assert fleet[1].inspect(old) is None
    fleet.assert_runs_once(name)
    fleet[2].docker('stop', '-t', '1', name)
    fleet.until(lambda: fleet.row(name)['intent'] == 'stopped', 'the intent')
    prune(fleet[2], name)
    fleet.until(lambda: fleet.row(name)['holder'] == '', 'the release')
    assert fleet.copies(name) == []
