# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL of a real watcher at chosen writes of a real move: the container runs exactly once, and the rows agree."""
from __future__ import annotations

import pytest
from lab import crashing


@pytest.fixture(scope='module')
def killable(fleet):
    """Source and target run the watcher that can be told where to die."""
    for host in (fleet[1], fleet[2]):
        crashing.install(host.name)
    yield fleet
    for host in (fleet[1], fleet[2]):
        crashing.remove(host.name)
    for host in (fleet[1], fleet[2]):
        fleet.until(lambda host=host: host.call('watcher.status')['registered'], 'the watcher of %s' % host.name)


@pytest.mark.parametrize('mode, side, call, word, when', [
    ('stop-first', 1, '_cas', "move='0", 'after'),
    ('stop-first', 1, 'put_move', "'stopped'", 'before'),
    ('stop-first', 2, '_cas', 'epoch=2', 'after'),
    ('start-first', 2, 'put_move', "'created'", 'before'),
    ('start-first', 2, '_cas', 'epoch=2', 'before'),
    ('start-first', 1, 'put_move', "'cleaned'", 'before')])
def test_killed_in_the_middle_it_runs_once(killable, name, mode, side, call, word, when):
    fleet, victim = killable, killable[side]
    fleet[1].run(name, '--label', 'ringfleet.mode=%s' % mode, '--restart', 'unless-stopped',
                 '--health-cmd', 'wget -q -O /dev/null http://127.0.0.1/', '--health-interval', '1s')
    fleet.adopted(name)
    crashing.order(victim.name, call, word, when)
    ident = fleet[3].call('move.ask', name=name, target=fleet[2].name)['id']
    fleet.until(lambda: crashing.is_done(victim.name), 'the kill')
    move = fleet.ended(ident)
    fleet.until(lambda: fleet.row(name)['move'] == '', 'the row to be free')
    fleet.until(lambda: len(fleet.copies(name)) == 1, 'one copy')
    fleet.assert_runs_once(name)
    assert move['outcome'] in ('done', 'aborted')
    policy = fleet.hosts[[host.name for host in fleet.hosts].index(fleet.row(name)['holder'])].inspect(name)
    assert policy['HostConfig']['RestartPolicy']['Name'] == 'unless-stopped'
