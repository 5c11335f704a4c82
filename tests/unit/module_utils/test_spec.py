# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From inspect to create and back: what moves, what does not and why, what counts as the same."""
from __future__ import annotations

import copy

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.containers import labels, spec
from ansible_collections.ringfleet.core.plugins.module_utils.errors import LabelError
from ansible_collections.ringfleet.core.plugins.module_utils.model import LoadReport
from ansible_collections.ringfleet.core.plugins.module_utils.moves import wishes

ID = 'abcdef012345' + '0' * 52
# As Docker 20.10 answers for "docker run -d --name web busybox".
INSPECT = {
    'Id': ID, 'Name': '/web', 'Mounts': [], 'NetworkSettings': {'Networks': {'bridge': {}}},
    'Config': {
        'Hostname': ID[:12], 'Domainname': '', 'User': '', 'AttachStdin': False, 'AttachStdout': False,
        'AttachStderr': False, 'Tty': False, 'OpenStdin': False, 'StdinOnce': False, 'Env': ['PATH=/bin'],
        'Cmd': ['sh'], 'Image': 'busybox', 'Volumes': None, 'WorkingDir': '', 'Entrypoint': None, 'OnBuild': None,
        'Labels': {}},
    'HostConfig': {
        'Binds': None, 'ContainerIDFile': '', 'LogConfig': {'Type': 'json-file', 'Config': {}}, 'NetworkMode': 'default',
        'PortBindings': {}, 'RestartPolicy': {'Name': 'no', 'MaximumRetryCount': 0}, 'AutoRemove': False,
        'VolumeDriver': '', 'VolumesFrom': None, 'CapAdd': None, 'CapDrop': None, 'CgroupnsMode': 'host', 'Dns': [],
        'DnsOptions': [], 'DnsSearch': [], 'ExtraHosts': None, 'GroupAdd': None, 'IpcMode': 'private', 'Cgroup': '',
        'Links': None, 'OomScoreAdj': 0, 'PidMode': '', 'Privileged': False, 'PublishAllPorts': False,
        'ReadonlyRootfs': False, 'SecurityOpt': None, 'UTSMode': '', 'UsernsMode': '', 'ShmSize': 67108864,
        'Runtime': 'runc', 'ConsoleSize': [0, 0], 'Isolation': '', 'CpuShares': 0, 'Memory': 0, 'NanoCpus': 0,
        'CgroupParent': '', 'BlkioWeight': 0, 'BlkioWeightDevice': [], 'CpuPeriod': 0, 'CpuQuota': 0, 'CpusetCpus': '',
        'Devices': [], 'DeviceRequests': None, 'KernelMemory': 0, 'MemorySwappiness': None, 'OomKillDisable': False,
        'PidsLimit': None, 'Ulimits': None, 'IOMaximumBandwidth': 0, 'MaskedPaths': ['/proc/kcore', '/proc/acpi'],
        'ReadonlyPaths': ['/proc/sys']}}
IMAGE = {'Config': {'Entrypoint': None, 'Cmd': ['sh']}}


def inspected(config=None, host=None, **top):
    made = copy.deepcopy(dict(INSPECT, **top))
    made['Config'].update(config or {})
    made['HostConfig'].update(host or {})
    return made


def test_a_plain_container_moves():
    assert spec.reasons_against(inspected(), 0, ()) == ()
    request = spec.request_of(inspected(), IMAGE)
    assert request['name'] == 'web'
    assert 'Hostname' not in request['config']
    assert request['config']['HostConfig']['Runtime'] == 'runc'


@pytest.mark.parametrize('change, words', [
    ({'host': {'Privileged': True}}, 'HostConfig.Privileged is not known'),
    ({'host': {'Devices': [{'PathOnHost': '/dev/fuse'}]}}, 'HostConfig.Devices'),
    ({'host': {'AutoRemove': True}}, 'HostConfig.AutoRemove'), ({'host': {'Links': ['/a:/b/c']}}, 'HostConfig.Links'),
    ({'host': {'MaskedPaths': []}}, 'HostConfig.MaskedPaths'), ({'host': {'FromTheFuture': 'x'}}, 'FromTheFuture'),
    ({'config': {'MacAddress': '02:42:ac:11:00:02'}}, 'option MacAddress'),
    ({'host': {'NetworkMode': 'container:abc'}}, 'shares a namespace with another container'),
    ({'host': {'PidMode': 'container:abc'}}, 'PidMode'), ({'host': {'NetworkMode': 'backend'}}, 'network backend'),
    ({'NetworkSettings': {'Networks': {'bridge': {}, 'extra': {}}}}, 'user-defined network extra'),
    ({'Mounts': [{'Type': 'bind', 'Source': '/etc'}]}, 'bind mount /etc'),
    ({'Mounts': [{'Type': 'volume', 'Name': 'data', 'Destination': '/data'}]}, 'volume data at /data')])
def test_what_does_not_move_is_named(change, words):
    reasons = spec.reasons_against(inspected(**change), 0, ())
    assert len(reasons) == 1
    assert words in reasons[0]


def test_others_and_a_written_layer_hold_it():
    assert 'container sidecar uses' in spec.reasons_against(inspected(), 0, ('sidecar',))[0]
    assert 'writable layer' in spec.reasons_against(inspected(), 11 << 20, ())[0]
    assert spec.reasons_against(inspected(Mounts=[{'Type': 'tmpfs', 'Destination': '/run'}]), 10 << 20, ()) == ()


def test_an_entrypoint_taken_away_stays_away():
    image = {'Config': {'Entrypoint': ['/entry']}}
    assert spec.request_of(inspected(), image)['config']['Entrypoint'] == ['']
    own = inspected(config={'Entrypoint': ['/own']})
    assert spec.request_of(own, image)['config']['Entrypoint'] == ['/own']


def test_a_chosen_hostname_is_kept_and_the_hosts_is_not():
    assert spec.request_of(inspected(config={'Hostname': 'box'}), IMAGE)['config']['Hostname'] == 'box'
    on_host = inspected(config={'Hostname': 'box'}, host={'NetworkMode': 'host'})
    assert 'Hostname' not in spec.request_of(on_host, IMAGE)['config']


def test_differences_name_keys_and_never_values():
    one = spec.request_of(inspected(config={'Env': ['PASSWORD=hunter2']}), IMAGE)
    two = spec.request_of(inspected(config={'Env': ['PASSWORD=other']}, host={'Memory': 5}), IMAGE)
    assert spec.differences(one, two) == ('Env', 'HostConfig.Memory')
    assert spec.differences(one, two, ('Env', 'HostConfig.Memory')) == ()
    spelled = spec.request_of(inspected(host={'CapAdd': []}), IMAGE)
    assert spec.differences(spelled, spec.request_of(inspected(), IMAGE)) == ()


def test_the_moves_label_is_no_part_of_it():
    request = spec.request_of(inspected(config={'Labels': {'ringfleet.move': 'm', 'a': 'b'}}), IMAGE)
    assert request['config']['Labels'] == {'a': 'b'}


def test_masked_hides_what_may_be_secret():
    request = spec.request_of(inspected(config={'Env': ['A=hunter2', 'B'], 'Labels': {
        'token': 'hunter2', 'ringfleet.mode': 'start-first'}}), IMAGE)
    masked = spec.masked(request)
    assert 'hunter2' not in str(masked)
    assert masked['config']['Env'] == ['A=********', 'B=********']
    assert masked['config']['Labels']['ringfleet.mode'] == 'start-first'
    assert 'hunter2' in str(request)


def test_ports_that_are_fixed():
    request = spec.request_of(inspected(host={'PortBindings': {
        '80/tcp': [{'HostIp': '', 'HostPort': '8080'}, {'HostIp': '127.0.0.1', 'HostPort': '81'}],
        '53/udp': [{'HostIp': '', 'HostPort': '0'}]}}), IMAGE)
    assert spec.ports_of(request) == ('0.0.0.0:8080/tcp', '127.0.0.1:81/tcp')


@pytest.mark.parametrize('given, words', [
    ({'ringfleet.managed': 'maybe'}, 'neither true nor false'),
    ({'ringfleet.managed': 'true', 'ringfleet.rebalance': 'often'}, "ringfleet.rebalance='often' is neither true nor false"),
    ({'ringfleet.managed': 'true', 'ringfleet.mode': 'quick'}, "ringfleet.mode='quick' is unknown"),
    ({'ringfleet.managed': 'true', 'ringfleet.log.errors': 'ERROR'}, 'does not parse'),
    ({'ringfleet.managed': 'true', 'ringfleet.log.errors': '5/d ERROR'}, 'does not parse'),
    ({'ringfleet.managed': 'true', 'ringfleet.log.errors': '5/m ('}, 'no regular expression')])
def test_a_label_that_does_not_parse_is_named(given, words):
    with pytest.raises(LabelError, match=words):
        labels.parse(given)


def test_labels():
    parsed = labels.parse({'ringfleet.managed': 'True', 'ringfleet.log.errors': '10/m (?i)error|fatal'})
    assert (parsed.managed, parsed.mode) == (True, 'stop-first')
    standard = parsed.log_standard
    assert (standard.count, standard.window_s, bool(standard.pattern.search('FATAL: x'))) == (10, 60.0, True)
    assert (labels.parse({}).managed, labels.parse({}).rebalance) == (False, False)
    assert labels.parse({'ringfleet.rebalance': 'True'}).rebalance is True


def test_wishes_are_what_the_labels_ask_of_moves():
    assert wishes.wishes({}) == {'mode': 'stop-first', 'rebalance': False, 'rules': ()}
    asked = {'ringfleet.mode': 'start-first', 'ringfleet.rebalance': 'yes', 'ringfleet.require': 'disk=ssd', 'ringfleet.avoid': 'rack=r1'}
    assert wishes.wishes(asked) == {'mode': 'start-first', 'rebalance': True, 'rules': ('require disk=ssd', 'avoid rack=r1')}
    assert wishes.problems(asked) == ()


def test_an_older_neighbours_report_asks_for_nothing():
    report = LoadReport.from_dict({'name': 'web', 'immovable': []})
    assert {name: getattr(report, name) for name in wishes.wishes({})} == wishes.wishes({})


def test_labels_that_do_not_parse_ask_for_nothing_and_are_told():
    wrong = {'ringfleet.mode': 'start-first', 'ringfleet.rebalance': 'often', 'ringfleet.require': 'ssd', 'ringfleet.prefer': 'rack=r1'}
    assert wishes.wishes(wrong) == wishes.wishes({})
    told = wishes.problems(wrong)
    assert len(told) == 2
    assert 'ringfleet.rebalance=' in told[0]
    assert told[1].startswith('Label ringfleet.require=ssd does not parse: ')
