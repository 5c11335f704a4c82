# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is exclusive, or held, is released and handed over again: lease, guard and restart policy follow."""
from __future__ import annotations

import pytest
from simulation.exclusive import Watched, cut
from simulation.handing import put, word


def watched(labels=None):
    made = Watched(labels=labels)
    made.run(15)
    assert made.settled('h1')
    return made


def policy(fleet):
    return fleet['h1'].engine.inspect('db')['HostConfig']['RestartPolicy']['Name']


@pytest.mark.parametrize('labels, wanted', [(None, 'unless-stopped'), ({'ringfleet.restart': 'always'}, 'always'), ({'ringfleet.restart': 'no'}, 'no')])
def test_released_it_has_its_restart_policy_again_and_no_lease(labels, wanted):
    fleet = watched(labels)
    assert policy(fleet) == 'no'
    assert put(fleet, 'h2', 'released', name='db') == [('db', 'h1', True, '')]
    # With the answer, not some time later: who uninstalls stops the watchers then.
    assert policy(fleet) == wanted
    fleet.run(5)
    assert (fleet.row('db').holder, word(fleet, 'h1', 'db'), policy(fleet)) == ('', 'released', wanted)
    assert fleet.ident not in fleet['h1'].guard.letters.orders().deadlines
    cut(fleet['h1'])
    fleet.run(60)
    assert fleet.running() == ['h1']


def test_a_crash_between_its_release_and_the_end_of_its_lease_is_made_good(monkeypatch):
    fleet = watched()
    monkeypatch.setattr(fleet['h1'].watcher.exclusives, 'let_go', lambda summary: None)
    put(fleet, 'h1', 'released', name='db')
    assert (fleet.row('db').holder, policy(fleet)) == ('', 'no')
    monkeypatch.undo()
    fleet['h1'].boot()
    fleet.run(5)
    assert policy(fleet) == 'unless-stopped'
    assert fleet.ident not in fleet['h1'].guard.letters.orders().deadlines


def test_handed_over_again_it_is_under_a_lease_before_it_is_adopted():
    fleet = watched()
    put(fleet, 'h2', 'released', name='db')
    fleet.run(5)
    fleet['h1'].guard.up = False
    assert put(fleet, 'h3', 'managed', name='db') == [('db', 'h1', True, '')]
    fleet.run(10)
    assert fleet.row('db').holder == ''
    fleet['h1'].guard.up = True
    fleet.run_until(lambda: fleet.settled('h1'), 15)
    assert (fleet.row('db').epoch, fleet.row('db').instance, fleet.row('db').exclusive, policy(fleet)) == (2, fleet.ident, True, 'no')
    assert fleet.ident in fleet['h1'].guard.letters.orders().deadlines


def test_what_somebody_holds_is_not_released():
    fleet = watched()
    fleet['h2'].call('hold.take', name='db', by='ada', reason='nightly backup', for_s=600)
    ((_name, _host, changed, refused),) = put(fleet, 'h3', 'released', name='db')
    assert (changed, refused.startswith('it is held by ada (nightly backup)')) == (False, True)
    fleet['h2'].call('hold.release', name='db', by='ada')
    assert put(fleet, 'h3', 'released', name='db') == [('db', 'h1', True, '')]


def test_a_label_that_does_not_parse_keeps_nobody_s_look_from_going_on():
    fleet = watched()
    fleet['h1'].engine.run('odd', 'db:1', {'ringfleet.exclusive': 'perhaps', 'ringfleet.move': 'long-ago'})
    fleet.run(5)
    assert 'neither true nor false' in put(fleet, 'h1', 'managed', name='odd')[0][3]
    assert 'neither true nor false' in fleet['h1'].call('container.info')['problems']['odd']
    assert fleet.settled('h1')
