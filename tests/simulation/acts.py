# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario does to the world: faults and their ends; what people do is people.py's."""
from __future__ import annotations

from dataclasses import replace

from simulation.engine import image_of
from simulation.people import IMAGE, People
from simulation.ring import CHANNELS, copies_of
from simulation.scenario import HOLDER, KINDS, LEASED


class Acts:
    """Does a Scenario to a World. ``heal`` ends every fault that still lasts, but for hosts that are ``gone`` or that a person wants
    drained; ``revive`` brings them back.
    """

    def __init__(self, world, scenario):
        self._world = world
        self._kinds = {each.name: KINDS[each.kind] for each in scenario.containers}
        self._people = People(world, self._kinds, self._for)
        self._lasting = {}
        self.gone = []
        for host, there in scenario.images.items():
            if there:
                world[host].engine.add_image(image_of(IMAGE))

    def run(self, container):
        """Its user runs a container for the first time."""
        self._people.run(self._world[container.host], container.name)

    def do(self, event):
        """Do one Event of the scenario."""
        self._world.trace('--', event.told())
        what = event.what.replace(' ', '_')
        act = getattr(self._people, what, None) or getattr(self, '_' + what)
        act(event)

    def heal(self):
        """All faults end now."""
        self._world.trace('--', 'everything is healed')
        for ident in list(self._lasting):
            self._end(ident)
        for host in self._world.hosts.values():
            host.fuse_left = None
            # The registry is back too.
            host.engine.add_image(image_of(IMAGE))
            host.boot_if_down()

    def revive(self):
        """Who was gone for good is repaired, who left is taken back. :return: whether there was anybody."""
        for host, disks in self.gone:
            host.given_up = False
            self._back(host, disks)
        return self._people.take_back() or bool(self.gone)

    # -- faults -----------------------------------------------------------------------------------------------------

    def _for(self, event, end):
        """``end`` is called once: after the event's seconds, or when everything is healed."""
        ident = object()
        self._lasting[ident] = end
        self._world.tasks.at(self._world.time.now + event.seconds, lambda: self._end(ident))

    def _end(self, ident):
        end = self._lasting.pop(ident, None)
        if end is not None:
            end()

    def _hosts(self, event):
        name = event.host
        if name == HOLDER:
            name = self._holder_of(event.name)
        elif name == LEASED:
            name = self._holder_of(next((each for each, kind in self._kinds.items() if 'ringfleet.exclusive' in kind.labels), ''))
        found = list(self._world.hosts.values()) if name == 'all' else [self._world[name]]
        for host in found:
            host.disturbed()
        return found

    def _holder_of(self, name):
        row = self._world.row(name)
        return row.holder if row is not None and row.holder else 'h1'

    def _crash(self, event):
        (host,) = self._hosts(event)
        if host.up:
            host.restart_after = event.seconds
            host.light(event.value, host.crash)

    def _sleep_at(self, event):
        """The host, or its watcher alone, freezes right at one of its calls."""
        (host,) = self._hosts(event)
        calls, whole = event.value
        if host.up:
            host.light(calls, lambda: self._hold(host, event, whole))

    def _sleep_at_claim(self, event):
        """A holder's watcher freezes; whoever is about to take something from it, a mark or a container, freezes over that, until it is back."""
        kind, seconds = event.value
        (holder,) = self._hosts(event)
        if holder.held or any(host.at_claim for host in self._world.hosts.values()):
            return
        holder.freeze(False)

        def end():
            holder.thaw(False)
            for host in self._world.hosts.values():
                host.at_claim.clear()
        self._for(event, end)
        asleep = replace(event, seconds=seconds)
        for host in self._world.hosts.values():
            if host is not holder and host.up:
                host.at_claim[kind] = lambda host=host: self._hold(host, asleep, False)

    def _loss(self, event):
        (host,) = self._hosts(event)
        if not host.alive:
            return
        host.die()
        self._for(event, lambda: self._back(host, event.value))

    def _loss_for_good(self, event):
        """No more of them than the copies of a row can lose: the others have to do without."""
        (host,) = self._hosts(event)
        if host.alive and len(self.gone) < (copies_of(len(self._world.hosts)) - 1) // 2:
            host.die()
            self.gone.append((host, event.value))
            self._people.mourn(host)

    def _reboot(self, event):
        """In order: it says that it goes away, and for how long, where the ring lets it; a moment later it is off."""
        (host,) = self._hosts(event)
        if not host.up:
            return
        over = []

        def off():
            if not over:
                host.die()

        def end():
            over.append(True)
            self._back(host, 'old')
        self._world.ask(host, 'host.away', for_s=event.value)
        self._world.tasks.at(self._world.time.now + 1.0, off)
        self._for(event, end)

    def _back(self, host, disks):
        if host.alive:
            return
        self._world.ledger.gone.update(dict.fromkeys(host.power_on(disks), self._world.time.now))
        self._world.trace(host.name, 'is back with %s disks' % disks)
        self._world.tasks.at(self._world.time.now + self._world.chance.uniform(0.2, 4), host.boot_if_down)

    def _freeze_host(self, event):
        self._freeze(event, True)

    def _freeze_watcher(self, event):
        self._freeze(event, False)

    def _freeze(self, event, whole):
        (host,) = self._hosts(event)
        self._hold(host, event, whole)

    def _hold(self, host, event, whole):
        host.freeze(whole)
        self._for(event, lambda: host.thaw(whole))

    def _cut_off(self, event):
        """One host is alone: nobody reaches it, it reaches nobody."""
        (host,) = self._hosts(event)
        links = [(channel, *way) for channel in CHANNELS for other in self._world.hosts if other != host.name
                 for way in ((host.name, other), (other, host.name))]
        self._world.cut(links)
        self._for(event, lambda: self._world.mend(links))

    def _guard_down(self, event):
        (host,) = self._hosts(event)
        host.guard.up = False

        def end():
            if not host.guard.up:
                host.guard.up = True
                host.guard.boot()
        self._for(event, end)

    def _cut(self, event):
        self._world.cut(event.value)
        self._for(event, lambda: self._world.mend(event.value))

    def _add(self, event, name, value):
        hosts = self._hosts(event)
        for host in hosts:
            setattr(host, name, getattr(host, name) + value)

        def end():
            for host in hosts:
                host.disturbed()
                after = getattr(host, name) - value
                setattr(host, name, 0 if abs(after) < 1e-9 else after)
        self._for(event, end)

    def _reads_fail(self, event):
        self._add(event, 'reads_fail', event.value)

    def _writes_lost(self, event):
        self._add(event, 'writes_lost', event.value)

    def _answers_lost(self, event):
        self._add(event, 'answers_lost', event.value)

    def _node_down(self, event):
        self._add(event, 'node_down', 1)
        self._world[event.host].node_generation += 1

    def _slow(self, event):
        self._add(event, 'slow', event.value)

    def _outage(self, event):
        world = self._world
        world.outage += 1

        def end():
            world.outage -= 1
        for host in world.hosts.values():
            host.disturbed()
        self._for(event, end)

    def _engine_mute(self, event):
        (host,) = self._hosts(event)
        host.engine_mute += 1
        self._for(event, host.engine_answers)

    def _engine_down(self, event):
        (host,) = self._hosts(event)
        host.engine_down += 1
        host.engine.halt()

        def end():
            host.engine_down = max(0, host.engine_down - 1)
            if host.alive and not host.engine_down:
                host.engine.come_up()
        self._for(event, end)

    def _clock(self, event):
        self._world[event.host].clock.jump(event.value)

    def _refuse_start(self, event):
        engine = self._world[event.host].engine
        engine.refuses_start.add(event.name)
        self._for(event, lambda: engine.refuses_start.discard(event.name))
