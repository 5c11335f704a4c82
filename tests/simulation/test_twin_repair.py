# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On the twin, every member says how long ago each host's ring node was repaired, once the unit wrote it down."""
from __future__ import annotations

import re

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.repairs import repaired_at
from simulation.losses import fleet_of


def ages(fleet, by):
    return {each['host']: each['repair']['age_s'] for each in fleet[by].call('host.info')['hosts']}


def test_every_member_says_how_old_each_repair_is(tmp_path):
    fleet, path = fleet_of(3), tmp_path / 'repaired'
    fleet['h2'].settings = {'repaired_file': str(path)}
    fleet['h2'].boot()
    fleet.run(10)
    assert all(ages(fleet, by) == {'h1': None, 'h2': None, 'h3': None} for by in fleet.hosts)
    at_s = fleet['h2'].clock.wall() // 1000
    path.write_text('%d\n' % at_s)
    fleet.run(100)
    for by in fleet.hosts:
        found = ages(fleet, by)
        assert (found['h1'], found['h3'], 99 <= found['h2'] <= 101) == (None, None, True)
        (told,) = fleet[by].call('host.info', name='h2')['hosts']
        assert told['repair']['ended_at'] == at_s * 1000
        told = re.findall(r'^ringfleet_host_repair_age_seconds\{host="(h\d)"\} (\d+)', fleet[by].watcher.metrics.text(), re.MULTILINE)
        assert [(host, 99 <= int(age) <= 101) for host, age in told] == [('h2', True)]


@pytest.mark.parametrize('text', ['', 'soon', '\xb2'])
def test_what_is_no_time_is_no_repair(tmp_path, text):
    (tmp_path / 'repaired').write_text(text)
    assert repaired_at(str(tmp_path / 'repaired')) == repaired_at(str(tmp_path / 'none')) == 0
