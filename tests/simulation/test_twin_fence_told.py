# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hook hears of what the guard ended, on the twin: once each time, from the host itself, with the store or without it."""
from __future__ import annotations

import pytest
from simulation.exclusive import Watched, cut, uncut

COMMAND = ['/usr/local/bin/tell-us']


@pytest.fixture(params=['ends at SIGTERM', 'has to be killed'])
def fleet(request):
    made = Watched(3, {'twin.term': 'ignore'} if request.param == 'has to be killed' else {})
    for host in made.hosts.values():
        host.settings = {'hook_command': COMMAND}
        host.boot()
    made.run(15)
    assert made.settled('h1')
    return made


def told(fleet):
    return [(host.name, event['host'], event['container'], event['reason']) for host in fleet.hosts.values()
            for _argv, event, _environment in host.hook.runs if event['event'] == 'fenced']


TOLD = ('h1', 'h1', 'db', "this host's lease was not renewed in time")


def test_a_host_that_is_cut_off_tells_it_while_it_is(fleet):
    cut(fleet['h1'])
    fleet.run_until(lambda: fleet.running() == [])
    fleet.run(5)
    assert told(fleet) == [TOLD]
    fleet.run_until(lambda: fleet.row('db').holder != 'h1' and fleet.running() == [fleet.row('db').holder])
    uncut(fleet['h1'])
    fleet.run(60)
    assert told(fleet) == [TOLD]


def test_a_watcher_that_was_away_tells_what_is_down_still(fleet):
    fleet['h1'].up = False
    fleet.run_until(lambda: fleet.running() == [])
    fleet['h1'].boot()
    fleet['h1'].up = True
    fleet.run(5)
    assert told(fleet) == [TOLD]


def test_each_end_is_told_and_a_restart_of_the_watcher_behind_it_tells_nothing(fleet):
    fleet['h2'].call('fleet.pause', reason='nobody takes over')
    for times in (1, 2):
        cut(fleet['h1'])
        fleet.run_until(lambda: fleet.running() == [])
        fleet.run(3)
        uncut(fleet['h1'])
        fleet.run_until(lambda: fleet.running() == ['h1'])
        fleet.run(10)
        assert told(fleet) == [TOLD] * times
    fleet['h1'].boot()
    fleet.run(10)
    assert told(fleet) == [TOLD] * 2


def test_a_move_is_no_such_end(fleet):
    fleet['h1'].call('move.ask', name='db', target='h2')
    fleet.run_until(lambda: fleet.settled('h2'))
    fleet.run(30)
    assert told(fleet) == []
