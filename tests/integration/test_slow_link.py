# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose link is really slower is chosen less, all else equal (formula (1-1): T)."""
from __future__ import annotations

import pathlib

import pytest
from lab import hosts

PROGRAM = pathlib.Path(hosts.__file__).parent / 'files' / 'slow_link.py'
SLOWER_MS = 25


@pytest.fixture
def slow(fleet):
    """A function that makes the link from a host to another one slower, until the test ends."""
    made = []

    def start(source, target):
        address = next(each['address'] for each in source.call('host.info')['hosts'] if each['host'] == target.name)
        source.sh('tee', '/tmp/slow_link.py', text=PROGRAM.read_text())
        made.append((source, source.sh('sh', '-c', 'python3 /tmp/slow_link.py %s %d >/tmp/slow_link.log 2>&1 & echo $!' % (address, SLOWER_MS)).strip()))
    yield start
    for source, pid in made:
        source.sh('kill', pid)


def test_a_host_with_a_slower_link_is_not_chosen(fleet, name, slow):
    fleet[1].run(name)
    fleet.adopted(name)

    def measured():
        told = fleet[1].call('target.info', name=name)
        return told if told['target'] and not any('never measured' in str(each['excluded']) for each in told['candidates']) else None

    best = fleet.until(measured, 'every route to be measured')['target']
    chosen = next(host for host in fleet.hosts if host.name == best)
    slow(fleet[1], chosen)

    def slower():
        told = fleet[1].call('target.info', name=name)
        return told if next(each['T'] for each in told['candidates'] if each['host'] == best) > SLOWER_MS / 2 else None

    told = fleet.until(slower, 'the route to %s to be slower' % best)
    other = next(each for each in told['candidates'] if each['host'] not in (best, fleet[1].name))
    assert told['target'] == other['host']
    moved = fleet[2].module('migrate', name=name)
    assert not moved['failed'], moved['output']
    assert moved['target'] == other['host']
    assert fleet.row(name)['holder'] == other['host']
    decision = fleet[3].module('decision_info', name=name)['decisions'][0]
    times = {each['host']: each['T'] for each in decision['candidates']}
    # By how much depends on what else this machine does.
    assert times[best] > times[other['host']]
