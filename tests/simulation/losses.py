# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet with one container on h1, for what happens when hosts die and come back."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow

from simulation.engine import image_of
from simulation.twin import Fleet

ALWAYS = {'Name': 'always', 'MaximumRetryCount': 0}


def fleet_of(size, sick=False):
    made = Fleet(size)
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made['h1'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'}, {'Test': ['CMD', 'false']} if sick else None, ALWAYS)
    made.run(15)
    return made


def die(fleet, host):
    """A host is gone: its watcher, its ring node and its guard; its disks stay as they are."""
    fleet[host].alive = False


def recover(fleet, host):
    """It is back, with its old disks."""
    fleet[host].alive = True
    fleet[host].boot()


def coordinator_of(fleet, lost):
    """The host that coordinates a failover."""
    return fleet[fleet.tables.rows[HostRow][lost].coordinator]


def runs(fleet, name, host=None):
    """Whether it runs once among the hosts that are up, where its row says, and nothing of it is open."""
    copies = [(at, ident) for at, state, ident in fleet.copies(name) if state == 'running' and fleet[at].alive]
    row = fleet.row(name)
    return copies == [(row.holder, row.instance)] and not row.move and host in (None, row.holder)


def assert_no_open_moves(fleet):
    assert [each for each in fleet.open_moves() if fleet[each[0]].alive] == []


def bind_and_stop(fleet):
    """h1 runs besides what cannot run elsewhere, ``bound``, and what its user stopped, ``stopped``; half a minute goes by."""
    fleet['h1'].engine.run('bound', 'web:1', {'ringfleet.managed': 'true'}, Privileged=True)
    fleet['h1'].engine.run('stopped', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(10)
    fleet['h1'].engine.stop('stopped', 1)
    fleet.run(20)
