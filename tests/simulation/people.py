# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do in a scenario: with docker on a host that is up, and by asking a watcher."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring.holds import hold_of
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import LOST, NORMAL, PARTING

from simulation.solitude import exclusive

IMAGE = 'web:1'
# As little that ten of them fit on every host.
_LIGHT = {'twin.cores': '0.01', 'twin.memory': str(1 << 20)}
# A person looks whether it worked, and asks again.
_AGAIN_S = 3.0


class People:
    """Does what a scenario's Events say that people do.

    :param kinds: {container: scenario.Kind}. :param lasts: ``lasts(event, end)`` calls ``end()`` once, as acts.Acts does.
    """

    def __init__(self, world, kinds, lasts):
        self._world = world
        self._kinds = kinds
        self._lasts = lasts
        self._minded = []

    def run(self, host, name):
        kind = self._kinds[name]
        host.engine.run(name, IMAGE, dict(_LIGHT, **{'ringfleet.managed': 'true'}, **kind.labels), kind.check, kind.restart, stop_timeout=1, **kind.options)

    def _here(self, name):
        """(host, box) of a container as its user finds it: where its row says, on a host that is up."""
        row = self._world.row(name)
        host = self._world.hosts.get(row.holder) if row is not None else None
        if host is None or not self._reachable(host) or row.instance not in host.engine.boxes:
            return None, None
        return host, host.engine.boxes[row.instance]

    @staticmethod
    def _reachable(host):
        return host.alive and not host.frozen and not host.engine_down

    def user_stops(self, event):
        host, box = self._here(event.name)
        if host is not None and box['State']['Status'] == 'running':
            host.engine.stop(box['Id'], 1)
            self._world.ledger.stopped.add(box['Id'])

    def user_starts(self, event):
        host, box = self._here(event.name)
        if host is not None and event.name not in host.engine.refuses_start:
            self._world.ledger.stopped.discard(box['Id'])
            if exclusive(box):
                self._world.ledger.solitude.by_person[box['Id']] = self._world.time.now
            else:
                self._world.ledger.doubled.add(event.name)
            host.engine.start(box['Id'])

    def user_removes(self, event):
        host, box = self._here(event.name)
        if host is None:
            return None
        host.engine.stop(box['Id'], 1)
        self._world.ledger.gone[box['Id']] = self._world.time.now
        self._world.ledger.removed.add(box['Id'])
        host.engine.remove(box['Id'])
        return host

    def user_recreates(self, event):
        """As compose: stop, remove, create under the same name a moment later."""
        host = self.user_removes(event)
        if host is not None:
            self._world.tasks.at(self._world.time.now + event.seconds, lambda: self._run_if_free(host, event.name))

    def user_runs_again(self, event):
        row = self._world.row(event.name)
        if row is not None and not row.holder:
            self._run_if_free(self._someone(), event.name)

    def user_duplicates(self, event):
        self._run_if_free(self._world[event.host], event.name)

    def user_runs_unmanaged(self, event):
        host = self._world[event.host]
        if self._is_free(host, event.name):
            host.engine.run(event.name, IMAGE, _LIGHT)

    def _run_if_free(self, host, name):
        if self._is_free(host, name):
            self.run(host, name)

    def _is_free(self, host, name):
        """Whether its user can run a container of this name there now."""
        there = any(box['Name'] == '/' + name for box in host.engine.boxes.values())
        return self._reachable(host) and IMAGE in host.engine.images and name not in host.engine.refuses_start and not there

    def migrate(self, event):
        target = {'target': event.host} if event.host else {}
        self._world.ask(self._someone(), 'move.ask', name=event.name, by='a person', **target)

    def pause(self, event):
        world = self._world
        world.ask(self._someone(), 'fleet.pause', reason='work on the network')
        self._lasts(event, self._unpause)

    def _unpause(self):
        """Asked until it is so: a person looks whether it worked."""
        world = self._world
        if not world.is_paused():
            return
        world.ask(self._someone(), 'fleet.pause', reason='')
        world.tasks.at(world.time.now + _AGAIN_S, self._unpause)

    def hold(self, event):
        """Somebody keeps a container where it is, and releases it later, should it not end by itself."""
        self._world.ask(self._someone(), 'hold.take', name=event.name, by='ada', reason='a backup', for_s=1 + int(event.seconds))
        self._lasts(event, lambda: self._release(event.name))

    def _release(self, name):
        world = self._world
        row = world.row(name)
        if row is not None and any(hold_of(row, host.clock.wall()) for host in world.hosts.values()):
            world.ask(self._someone(), 'hold.release', name=name, by='ada')
            world.tasks.at(world.time.now + _AGAIN_S, lambda: self._release(name))

    def _someone(self):
        return self._world.chance.choice(list(self._world.hosts.values()))

    # -- drains and exits ---------------------------------------------------------------------------------------------

    def drain(self, event):
        """A host shall leave, and is taken back later."""
        host = self._world[event.host]
        self._wants(host, True)
        self._lasts(event, lambda: self._wants(host, False))

    def drain_for_good(self, event):
        """It leaves until all else is at rest; one at a time, so that there is room."""
        if not any(host.leaves for host in self._world.hosts.values()):
            self._wants(self._world[event.host], True)

    def take_back(self):
        """Who left is a member again. :return: whether there was anybody."""
        leaving = [host for host in self._world.hosts.values() if host.leaves]
        for host in leaving:
            self._wants(host, False)
        return bool(leaving)

    def mourn(self, host):
        """It never comes back: one in two is taken out of the fleet, with what it ran and nobody else may."""
        host.leaves, host.given_up = False, self._world.chance.random() < 0.5
        self._mind_for_good(host)

    def _wants(self, host, leaves):
        host.leaves = leaves and not host.given_up
        self._mind_for_good(host)

    def _mind_for_good(self, host):
        if host not in self._minded:
            self._minded.append(host)
            self._mind(host)

    def _mind(self, host):
        """Asked until it is so, and again should it ever not be: what was asked of a host that slept may be done late."""
        world = self._world
        now, someone = world.tables.rows[HostRow].get(host.name), self._someone()
        if now is not None and host.leaves and now.state == NORMAL:
            world.ask(someone, 'drain.start', host=host.name, by='a person', partial=True)
        elif now is not None and host.given_up and now.state == LOST:
            world.ask(someone, 'exit.leave', host=host.name, dead=True, abandon=True, by='a person')
        elif now is not None and not host.leaves and not host.given_up and now.state in PARTING:
            world.ask(host, 'host.join', by='a person')
        world.tasks.at(world.time.now + _AGAIN_S, lambda: self._mind(host))
