# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration: every problem is named at once; secrets never are."""
from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils import settings
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ConfigError

GOOD = {'host': 'h1', 'address': '10.0.0.1', 'contact_points': ['10.0.0.1']}


def test_defaults_fill_up():
    made = settings.from_dict(GOOD)
    assert (made.beat_s, made.native_port, made.contact_points) == (1.0, 9042, ('10.0.0.1',))
    assert settings.from_dict(dict(GOOD, beat_s=2)).beat_s == 2
    assert (made.metrics_address, made.metrics_port, made.hook_command) == ('127.0.0.1', 9044, ())
    assert settings.from_dict(dict(GOOD, hook_command=['/bin/true', '-x'])).hook_command == ('/bin/true', '-x')
    assert (made.rack, made.facts, made.lost_after_s) == ('rack1', {}, 5.0)


def test_facts_of_a_host():
    facts = {'disk': 'ssd', 'gpu_2': 'x' * 64}
    assert settings.from_dict(dict(GOOD, facts=facts, rack='r2')).facts == facts


def test_every_wrong_fact_is_named():
    with pytest.raises(ConfigError) as caught:
        settings.from_dict(dict(GOOD, facts={'host': 'h1', 'my-disk': 'ssd', 'cores': 8, 'disk': 'ssd'}))
    assert all(word in str(caught.value) for word in ('host is built in', "'my-disk' is no name", 'cores is int'))


@pytest.mark.parametrize('change, words', [
    ({'host': None}, 'host: is NoneType'), ({'native_port': '9042'}, 'native_port: is str, must be int'),
    ({'beat_s': 0.01}, 'beat_s: is 0.01, must be at least 0.2'), ({'bet_s': 1}, 'bet_s: unknown setting'),
    ({'lost_after_s': 1.5}, 'lost_after_s: is 1.5, must be at least 2.0'),
    ({'lost_after_s': 5, 'beat_s': 2.6}, 'lost_after_s: is 5, must be at least two beats \\(beat_s is 2.6\\)'),
    ({'contact_points': []}, 'contact_points: must be a list'), ({'log_level': 'LOUD'}, "log_level: is 'LOUD'"),
    ({'hook_command': ['']}, 'hook_command: must be a list of texts'), ({'hook_command': ['notify']}, 'must begin with an absolute path'),
    ({'hook_command': '/bin/notify'}, 'hook_command: is str, must be list'), ({'metrics_port': -1}, 'metrics_port: is -1, must be at least 0'),
    ({'native_port': True}, 'native_port: is bool'), ({'facts': ['ssd']}, 'facts: is list, must be dict'),
    ({'facts': {'Disk': 'ssd'}}, "facts: 'Disk' is no name of a fact"), ({'facts': {'': 'ssd'}}, "facts: '' is no name"),
    ({'facts': {'rack': 'r2'}}, 'facts: rack is built in'), ({'facts': {'container': 'web'}}, 'facts: container is built in'),
    ({'facts': {'cores': 8}}, 'facts: cores is int, must be text'), ({'facts': {'disk': 'ssd,hdd'}}, 'without commas'),
    ({'facts': {'disk': ''}}, '1 to 64 characters'), ({'facts': {'disk': ' ssd'}}, 'outer blanks'),
    ({'facts': {'disk': 'x' * 65}}, '1 to 64 characters')])
def test_a_problem_names_its_key(change, words):
    with pytest.raises(ConfigError, match=words):
        settings.from_dict(dict(GOOD, **change))


def test_all_problems_at_once():
    with pytest.raises(ConfigError) as caught:
        settings.from_dict({'beat_s': 'x', 'nonsense': 1})
    for word in ('host: is missing', 'address: is missing', 'beat_s', 'nonsense'):
        assert word in str(caught.value)


@pytest.mark.parametrize('text, words', [('{', 'is no JSON'), ('[]', 'is no object')])
def test_a_file_that_is_none(tmp_path, text, words):
    path = tmp_path / 'watcher.json'
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        settings.load(str(path))
    with pytest.raises(ConfigError, match='cannot be read'):
        settings.load(str(tmp_path / 'none'))


def secret_file(tmp_path, mode=0o600, **change):
    data = {'store_user': 'u', 'store_password': 'hunter2', 'seal_key': base64.b64encode(b'k' * 32).decode()}
    path = tmp_path / 'secret.json'
    path.write_text(json.dumps(dict(data, **change)))
    path.chmod(mode)
    return str(path)


def test_secrets_are_read_and_not_shown(tmp_path):
    secrets = settings.load_secrets(secret_file(tmp_path))
    assert secrets.seal_key == b'k' * 32
    assert 'hunter2' not in repr(secrets)


@pytest.mark.parametrize('mode, change, words', [
    (0o644, {}, 'read by others'), (0o600, {'seal_key': 'not base64!'}, 'no base64'),
    (0o600, {'seal_key': base64.b64encode(b'short').decode()}, 'has 5 bytes'), (0o600, {'store_password': ''}, 'lacks')])
def test_secrets_that_will_not_do(tmp_path, mode, change, words):
    with pytest.raises(ConfigError, match=words) as caught:
        settings.load_secrets(secret_file(tmp_path, mode, **change))
    assert 'hunter2' not in str(caught.value)
