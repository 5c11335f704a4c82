# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets with an exclusive container, their faults, and what must hold at every moment."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow

from simulation.engine import image_of
from simulation.guard import end
from simulation.losses import ALWAYS
from simulation.twin import TICK_S, Fleet

LABELS = {'ringfleet.managed': 'true', 'ringfleet.exclusive': 'true'}
_STORE = ('read', 'scan', '_cas', 'gossip', 'put_beat', 'beats', 'put_loads', 'loads', 'put_placement', 'drop_placement', 'placements',
          'put_spec', 'spec', 'put_move', 'move', 'moves', 'index_move', 'unindex_move', 'open_moves', 'put_broadcast', 'broadcasts',
          'put_decision', 'decisions')


def exclusive_overlaps(fleet, frozen=()):
    """[(name, [(host, id)])] of the exclusive containers of which more than one copy runs now, on hosts that are up.

    :param frozen: names of hosts of which nothing runs. A container without the label ringfleet.move that its user made beside the
        fleet's counts like any other: no test makes one.
    """
    found = {}
    for host in fleet.hosts.values():
        if not host.alive or host.name in frozen:
            continue
        for box in host.engine.boxes.values():
            if box['State']['Status'] == 'running' and box['Config']['Labels'].get('ringfleet.exclusive') == 'true':
                found.setdefault(box['Name'].lstrip('/'), []).append((host.name, box['Id']))
    return [item for item in sorted(found.items()) if len(item[1]) > 1]


class Watched:
    """A fleet that is looked at after every tick: never two copies of what is exclusive."""

    def __init__(self, size=3, labels=None):
        self.fleet = Fleet(size)
        for host in self.fleet.hosts.values():
            host.engine.add_image(image_of('db:1'))
        self.ident = self.fleet['h1'].engine.run('db', 'db:1', dict(LABELS, **(labels or {})), restart=ALWAYS)

    def __getattr__(self, name):
        return getattr(self.fleet, name)

    def __getitem__(self, name):
        return self.fleet[name]

    def run(self, seconds):
        for _tick in range(int(seconds / TICK_S)):
            self.fleet.run(TICK_S)
            assert exclusive_overlaps(self.fleet) == []

    def run_until(self, condition, limit_s=300):
        began = self.time.now
        while not condition():
            assert self.time.now - began <= limit_s, {name: host.watcher.loop.sentence for name, host in self.hosts.items()}
            self.run(TICK_S)

    def running(self, name='db'):
        """Names of the hosts, of those that are up, on which it runs."""
        return [host for host, state, _ident in self.copies(name) if state == 'running' and self[host].alive]

    def settled(self, host=None, name='db'):
        """Whether it runs where its row says, and no move of it is open."""
        row = self.row(name)
        return row is not None and self.running(name) == [row.holder] and not row.move and host in (None, row.holder)

    def lease(self, host):
        """The host's row."""
        return self.tables.rows[HostRow][host]


def adopted(size=3):
    """A Watched fleet whose container runs on h1, under its lease."""
    made = Watched(size)
    made.run(15)
    assert made.settled('h1')
    return made


def cut(host):
    """The host reaches no ring node any more."""
    def out_of_reach(*_args, **_kwargs):
        raise StoreUnavailable('The ring is out of reach')

    host.uncut = {name: getattr(host.store, name) for name in _STORE}
    for name in _STORE:
        setattr(host.store, name, out_of_reach)


def uncut(host):
    """It does again."""
    for name, call in host.uncut.items():
        setattr(host.store, name, call)


def power_off(host):
    """The machine is off: nothing runs on it any more."""
    host.alive = False
    for ident, box in host.engine.boxes.items():
        if box['State']['Status'] == 'running':
            end(host.engine, ident, 255)
            box['was'] = 'running'


def power_on(host):
    """It starts anew: another boot id, all processes fresh, Docker's restart policies heeded."""
    host.alive, host.up, host.boot_id = True, True, host.boot_id + "'"
    for ident, box in host.engine.boxes.items():
        if box.pop('was', '') and box['HostConfig']['RestartPolicy']['Name'] != 'no':
            host.engine.start(ident)
    host.guard.boot()
    host.boot()
