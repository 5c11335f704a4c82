# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets whose hosts stage images, and what became of it."""
from __future__ import annotations

from simulation.engine import image_of
from simulation.twin import Fleet

MANAGED = {'ringfleet.managed': 'true'}


def fleet_with(size=4, names=('web:1',), at='h1', **settings):
    """Hosts that stage; containers c0, c1 ... of these images, which only ``at`` has."""
    fleet = Fleet(size)
    for host in fleet.hosts.values():
        host.settings = dict({'stage_s': 60}, **settings)
        host.boot()
    for number, name in enumerate(names):
        fleet[at].engine.add_image(image_of(name))
        fleet[at].engine.run('c%d' % number, name, MANAGED)
    fleet.run(20)
    return fleet


def backups_of(fleet, host='h1'):
    return fleet['h2'].watcher.observer.backups()[host]


def has(fleet, host, name='web:1'):
    return any(image['Id'] == image_of(name)['Id'] for image in fleet[host].engine.images.values())


def staged(fleet, name='web:1', at='h1'):
    return all(has(fleet, host, name) for host in backups_of(fleet, at))


def shown(fleet, name='c0', by='h1'):
    return sorted(fleet[by].call('container.info', name=name)['containers'][0]['staged_on'])
