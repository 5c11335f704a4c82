# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An orderly shutdown of a real host tells the fleet first; what is merely restarted tells nothing; by hand, with the command."""
from __future__ import annotations

from integration.fleet import sh


def seen(fleet, by, of):
    """What one host makes of another, by the module."""
    return fleet[by].module('host_info', name=fleet[of].name)['hosts'][0]


def test_by_hand_and_back(fleet):
    try:
        fleet[3].sh('ringfleet', 'away', '--for', '20m')
        told = fleet.until(lambda: [each for each in [seen(fleet, 1, 3)] if each['away_s']], 'h1 to know it')[0]
        assert 600 < told['away_s'] <= 1200
        assert told['liveness']['word'] == 'alive'
        assert 'alive, goes away for' in fleet[2].sh('ringfleet', 'hosts')
    finally:
        fleet[3].sh('ringfleet', 'back')
    assert seen(fleet, 1, 3)['away_until'] == 0
    kinds = [each['kind'] for each in fleet[1].module('broadcast_info')['broadcasts'] if each['host'] == fleet[3].name]
    assert [kind for kind in kinds if kind in ('away', 'back')][-2:] == ['away', 'back']


def test_a_restart_of_its_units_tells_nothing(fleet):
    for unit in ('ringfleet-away', 'ringfleet-watcher', 'ringfleet-guard'):
        fleet[3].sh('systemctl', 'restart', unit)
    fleet.until(lambda: fleet[3].call('watcher.status')['registered'], 'the watcher of h3')
    assert seen(fleet, 1, 3)['away_until'] == 0


def test_an_orderly_shutdown_is_no_death(fleet):
    before = seen(fleet, 1, 3)
    sh('docker', 'stop', '--time', '180', fleet[3].name)
    try:
        told = fleet.until(lambda: [each for each in [seen(fleet, 1, 3)] if each['liveness']['word'] == 'away'], 'h3 to be away')[0]
        assert told['away_s'] > 0
        assert (told['state'], told['generation']) == ('normal', before['generation'])
    finally:
        sh('docker', 'start', fleet[3].name)
    fleet.until(lambda: all(each['signs'] == 'alive' and not each['away_until'] for by in (1, 2, 3)
                            for each in fleet[by].call('host.info')['hosts']), 'all to be alive again', 300)
    after = seen(fleet, 1, 3)
    assert (after['state'], after['generation'], after['away_until']) == ('normal', before['generation'], 0)
