# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with containers that leaves, and what is asked of its drain."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow

from simulation.losses import fleet_of

MANAGED = {'ringfleet.managed': 'true', 'twin.cores': '0.02', 'twin.memory': '1000000'}
NAMES = ('web', 'a', 'b', 'c')


def host_row(fleet, host='h1'):
    return fleet.tables.rows[HostRow][host]


def filled(size=3, **settings):
    """h1 runs web, a, b and c."""
    fleet = fleet_of(size)
    fleet['h1'].settings = settings
    fleet['h1'].boot()
    for name in NAMES[1:]:
        fleet['h1'].engine.run(name, 'web:1', MANAGED)
    fleet.run(15)
    return fleet


def drain(fleet, host='h1', at='h2', **more):
    return fleet[at].call('drain.start', host=host, by='ada', **more)


def status(fleet, host='h1', at='h3'):
    return fleet[at].call('drain.status', host=host)


def kinds(fleet, at='h3'):
    return [each['kind'] for each in fleet[at].call('broadcast.info')['broadcasts']]


def drained(fleet):
    fleet.run_until(lambda: host_row(fleet).state == 'drained', 600)
