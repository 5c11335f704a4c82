# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Scenario of a seed: its fleet, and its troubles, each made by a maker of its sort."""
from __future__ import annotations

import random

from simulation.ring import CHANNELS, DATA, GOSSIP, PROBE
from simulation.scenario import HOLDER, KINDS, LEASED, Container, Event, Scenario

# How long troubles go on.
FAULTS_S = (25.0, 90.0)


def scenario_of(seed, about=()):
    """The Scenario of a seed; with ``about``, names of sorts of trouble (MAKERS), one that is all about these."""
    chance = random.Random('scenario %d' % seed)
    size = chance.choices((3, 4, 5, 6, 7), (6, 5, 3, 2, 1))[0]
    hosts = ['h%d' % each for each in range(1, size + 1)]
    kinds = [each for each in KINDS if each.startswith('exclusive')] if 'lease' in ' '.join(about) else list(KINDS)
    containers = tuple(Container('c%d' % number, chance.choice(hosts), chance.choice(kinds))
                       for number in range(1, chance.randint(2, 5) + 1))
    images = {host: chance.random() < 0.7 for host in hosts}
    images.update((each.host, True) for each in containers)
    seconds = chance.uniform(*FAULTS_S)
    makers, weights = zip(*MAKERS)
    # Each seed has a few sorts of trouble of its own, so that some seeds are all about one thing; and moves, which go wrong.
    chosen = [each for each in makers if each.__name__[1:] in about] or [
        chance.choice(ABOUT_MOVES), *(chance.choices(makers, weights)[0] for _each in range(chance.randint(0, 3)))]
    events = []
    for _each in range(chance.randint(3, 5 + int(seconds / 9))):
        at = chance.uniform(0, seconds)
        events.extend(chance.choice(chosen)(chance, at, hosts, [each.name for each in containers], seconds - at))
    return Scenario(seed, size, containers, images, tuple(sorted(events, key=lambda each: each.at)), seconds)


def _span(chance, left, *usual):
    return min(chance.uniform(*usual), left)


def _crash(chance, at, hosts, _names, _left):
    # Most right behind something that makes a move, so that the crash is in the middle of it.
    return [Event(at, 'crash', chance.choice(hosts), seconds=chance.choice((0.3, 2.0, chance.uniform(0, 25))), value=chance.randint(1, 80))]


def _move_and_crash(chance, at, hosts, names, left):
    name, target = chance.choice(names), chance.choice(hosts)
    return [Event(at, 'migrate', target, name)] + [
        Event(at, 'crash', host, name, chance.uniform(0, 12), chance.randint(1, 60)) for host in _sides(chance, target)]


def _move_and_sleep(chance, at, hosts, names, left):
    """Source or target sleep between two of their calls, for longer than the other one waits."""
    name, target = chance.choice(names), chance.choice(hosts)
    return [Event(at, 'migrate', target, name)] + [
        Event(at, 'sleep at', host, name, _span(chance, left, 5, 40), (chance.randint(1, 60), chance.random() < 0.3)) for host in _sides(chance, target)]


def _move_and_refuse(chance, at, hosts, names, left):
    """The target's engine does not start it: a port is taken, a device is away."""
    name, target = chance.choice(names), chance.choice(hosts)
    return [Event(at, 'refuse start', target, name, _span(chance, left, 3, 25)), Event(at, 'migrate', target, name)]


def _boot_and_refuse(chance, at, hosts, names, left):
    """A host loses its power, and is back while its engine cannot start one of its containers: a port is taken, a network is not there yet."""
    name, host, away_s = chance.choice(names), chance.choice(hosts), _span(chance, left, 2, 8)
    return [Event(at, 'loss', host, seconds=away_s, value='old'), Event(at, 'refuse start', host, name, away_s + _span(chance, left, 3, 20))]


def _sides(chance, target):
    return chance.choice(((HOLDER,), (target,), (target,), (HOLDER, target)))


def _loss(chance, at, hosts, _names, left):
    return [Event(at, 'loss', chance.choice(hosts), seconds=_span(chance, left, 4, 45), value=chance.choice(('old', 'old', 're-imaged')))]


def _reboot(chance, at, hosts, names, left):
    """In order, one host or, each when it likes, several; longer than they said, now and then. Moves meanwhile."""
    return _moves(chance, at, hosts, names[:1], left) + [
        Event(at + chance.uniform(0, 6), 'reboot', host, seconds=_span(chance, left, 3, 40), value=chance.choice((10, 60, 60, 300)))
        for host in chance.sample(hosts, chance.choice((1, 1, 2)))]


def _loss_and_crash(chance, at, hosts, names, left):
    (loss,) = _loss(chance, at, hosts, names, left)
    others = [each for each in hosts if each != loss.host]
    return [loss] + [Event(at + chance.uniform(4, 8), 'crash', chance.choice(others), seconds=chance.uniform(0, 12), value=chance.randint(1, 50))]


def _two_losses(chance, at, hosts, _names, left):
    return [Event(at + chance.choice((0.0, chance.uniform(0, 15))), 'loss', host, seconds=_span(chance, left, 6, 45), value='old')
            for host in chance.sample(hosts, 2)]


def _one_after_the_other(chance, at, hosts, _names, left):
    """Half of the fleet, each when the one before is declared lost: the last must not be."""
    gone = chance.sample(hosts, (len(hosts) + 1) // 2)
    every = chance.uniform(9, 14)
    return [Event(at + number * every, 'loss', host, seconds=_span(chance, max(1.0, left - number * every), 20, 60), value='old')
            for number, host in enumerate(gone)]


def _loss_for_good(chance, at, _hosts, names, _left):
    """A host that never comes back, and where as many copies are left that there may be another one, that to which its failover has just brought
    something.
    """
    name = chance.choice(names)
    return [Event(when, 'loss for good', HOLDER, name, value=chance.choice(('old', 'old', 're-imaged'))) for when in (at, at + chance.uniform(5, 16))]


def _loss_unobserved(chance, at, hosts, _names, left):
    """Others cannot observe a loss, each in a way of its own; the host that can still hears most of the fleet."""
    lost, *others = chance.sample(hosts, len(hosts))
    seconds = _span(chance, left, 25, 60)
    count = chance.choice((1, (len(hosts) - 1) // 2))
    troubles = chance.choices((('freeze watcher', None), ('reads fail', 1.0), ('node down', None)), (3, 1, 2), k=count)
    return [Event(at + chance.choice((0.0, chance.uniform(0, 8))), 'loss', lost, seconds=seconds, value='old')] + [
        Event(at, what, host, seconds=seconds, value=value) for host, (what, value) in zip(others, troubles)]


def _freeze(chance, at, hosts, _names, left):
    return [Event(at, chance.choice(('freeze host', 'freeze watcher')), chance.choice(hosts), seconds=_span(chance, left, 0.5, chance.choice((8, 30, 70))))]


def _cut(chance, at, hosts, _names, left):
    side = chance.sample(hosts, chance.choice((len(hosts) // 2, chance.randint(1, len(hosts) - 1))))
    return [Event(at, 'cut', seconds=_span(chance, left, 2, 30), value=_links(chance, side, [each for each in hosts if each not in side]))]


def _halves(chance, at, hosts, _names, left):
    """No side has a majority: of an odd fleet one host is away besides."""
    side = chance.sample(hosts, len(hosts) // 2)
    others = [each for each in hosts if each not in side]
    seconds = _span(chance, left, 8, 40)
    away = [Event(at, 'loss', others[0], seconds=seconds, value='old')] if len(hosts) % 2 else []
    return away + [Event(at + chance.choice((0, 0, chance.uniform(0, 8))), 'cut', seconds=seconds, value=_all_links(side, others))]


def _all_links(side, others):
    return tuple((channel, here, there) for channel in CHANNELS for one in side for two in others for here, there in ((one, two), (two, one)))


def _links(chance, side, others):
    """Links between two sides: all of them, one direction, or some channels of one direction."""
    both = [(here, there) for one in side for two in others for here, there in ((one, two), (two, one))]
    shape = chance.choice(('whole', 'whole', 'in', 'out', 'some', 'gossip', 'probe'))
    if shape in ('in', 'out'):
        both = [pair for pair in both if (pair[0] in side) == (shape == 'out')]
    if shape == 'some':
        both = [pair for pair in both if chance.random() < 0.5]
    channels = {'gossip': (GOSSIP,), 'probe': (PROBE,), 'some': chance.choice(((DATA,), CHANNELS, (GOSSIP, PROBE)))}.get(shape, CHANNELS)
    return tuple((channel, here, there) for channel in channels for here, there in both)


def _ring(chance, at, hosts, _names, left):
    what = chance.choice(('reads fail', 'writes lost', 'answers lost', 'answers lost', 'node down'))
    host = chance.choice(hosts + ['all'])
    if what == 'node down':
        host = chance.choice(hosts)
    return [Event(at, what, host, seconds=_span(chance, left, 2, 25), value=chance.choice((0.1, 0.4, 1.0)))]


def _outage(chance, at, _hosts, _names, left):
    return [Event(at, 'outage', seconds=_span(chance, left, 1, 20))]


def _engine(chance, at, hosts, _names, left):
    return [Event(at, 'engine down', chance.choice(hosts), seconds=_span(chance, left, 1, 15))]


def _engine_mute(chance, at, hosts, _names, left):
    return [Event(at, 'engine mute', chance.choice(hosts), seconds=_span(chance, left, 1, 20))]


def _slow(chance, at, hosts, _names, left):
    return [Event(at, 'slow', chance.choice(hosts), seconds=_span(chance, left, 3, 25), value=chance.choice((20.0, 100.0, 400.0)))]


def _clock(chance, at, hosts, _names, _left):
    return [Event(at, 'clock', chance.choice(hosts), value=int(chance.choice((-1, 1)) * 10 ** chance.uniform(2, 7)))]


def _user(chance, at, _hosts, names, _left):
    return [Event(at, chance.choice(('user stops', 'user starts', 'user removes', 'user recreates', 'user runs again')), name=chance.choice(names),
                  seconds=chance.uniform(0.1, 12))]


def _user_elsewhere(chance, at, hosts, names, _left):
    return [Event(at, chance.choice(('user duplicates', 'user runs unmanaged')), chance.choice(hosts), chance.choice(names))]


def _move(chance, at, hosts, names, _left):
    return [Event(at, 'migrate', chance.choice(hosts + ['']), chance.choice(names))]


def _move_and_freeze(chance, at, hosts, names, left):
    """Whoever sleeps in the middle of a move wakes up in another world."""
    return _move(chance, at, hosts, names, left) + [
        Event(at + chance.uniform(0, 3), chance.choice(('freeze host', 'freeze watcher')), chance.choice(hosts), seconds=_span(chance, left, 1, 70))]


def _loss_and_sleep(chance, at, hosts, _names, _left):
    """An observer falls asleep over a host that is back when it wakes up."""
    lost, observer = chance.sample(hosts, 2)
    loss = Event(at, 'loss', lost, seconds=chance.uniform(5.5, 12), value='old')
    calls = chance.choice((1, 1, 2, 2, 3, chance.randint(4, 12)))
    return [loss, Event(at + chance.uniform(3.5, 6), 'sleep at', observer, seconds=chance.uniform(8, 50), value=(calls, chance.random() < 0.3))]


def _move_and_lose_answers(chance, at, hosts, names, left):
    return _moves(chance, at, hosts, names, left) + [
        Event(at, 'answers lost', 'all', seconds=_span(chance, left, 3, 20), value=chance.choice((0.1, 0.3, 0.6)))]


def _moves(chance, at, hosts, names, left):
    return [event for name in names for event in _move(chance, at + chance.uniform(0, 3), hosts, [name], left)]


def _lease(chance, at, _hosts, _names, left):
    """Whoever holds a lease cannot renew it, in one of the ways in which that comes about; for long enough, mostly."""
    return [Event(at, what, LEASED, seconds=_span(chance, left, 9, 45), value=value)
            for what, value in (chance.choice((('freeze host', None), ('freeze watcher', None), ('reads fail', 1.0), ('writes lost', 1.0),
                                               ('cut off', None), ('loss', 'old'), ('loss', 're-imaged'), ('crash', 1))),)]


def _lease_and_sleep(chance, at, _hosts, _names, _left):
    """Who takes over falls asleep between its decision and its conditional write, while the holder is back and renews."""
    return [Event(at, 'sleep at claim', LEASED, seconds=chance.uniform(17, 23), value=(chance.choice(('host', 'container')), chance.uniform(6, 12)))]


def _guard(chance, at, _hosts, _names, left):
    return [Event(at, 'guard down', LEASED, seconds=_span(chance, left, 0.3, 4))]


def _pause(chance, at, _hosts, _names, left):
    return [Event(at, 'pause', seconds=_span(chance, left, 3, 30))]


def _hold(chance, at, hosts, names, left):
    """Somebody takes a container's token while it is asked to go, once before and once behind that; or its host is emptied."""
    name, seconds = chance.choice(names), _span(chance, left, 5, 40)
    troubles = _move(chance, at + chance.uniform(-1, 1), hosts, [name], left) + _move(chance, at + seconds * chance.random(), hosts, [name], left)
    if chance.random() < 0.4:
        troubles.append(Event(at + chance.uniform(0, 3), 'drain', chance.choice(hosts), seconds=_span(chance, left, 10, 40)))
    return [Event(at, 'hold', name=name, seconds=seconds), *troubles]


def _drain(chance, at, hosts, names, left):
    """A host leaves and is taken back, or stays away until the end; while it leaves, something is in its way."""
    host = chance.choice(hosts)
    drain = Event(at, *chance.choice((('drain', host), ('drain', host), ('drain for good', host))), seconds=_span(chance, left, 5, 60))
    troubles = []
    for maker in chance.choices((_crash, _sleep, _loss, _cut, _ring, _user, _move, _refuse, _drain_of_another), k=chance.randint(0, 2)):
        later, where = _span(chance, left, 0, 15), [host] if maker in (_crash, _sleep, _loss) and chance.random() < 0.5 else hosts
        troubles.extend(maker(chance, at + later, where, names, left - later))
    return [drain, *troubles]


def _refuse(chance, at, hosts, names, left):
    return [Event(at, 'refuse start', host, chance.choice(names), _span(chance, left, 3, 25)) for host in chance.sample(hosts, 2)]


def _drain_of_another(chance, at, hosts, _names, left):
    return [Event(at, 'drain', chance.choice(hosts), seconds=_span(chance, left, 5, 40))]


def _sleep(chance, at, hosts, _names, left):
    return [Event(at, 'sleep at', chance.choice(hosts), seconds=_span(chance, left, 5, 40), value=(chance.randint(1, 60), chance.random() < 0.3))]


MAKERS = (
    (_crash, 6), (_move_and_crash, 8), (_loss, 8), (_loss_and_crash, 6), (_loss_unobserved, 4), (_two_losses, 3), (_one_after_the_other, 6), (_freeze, 5),
    (_cut, 8), (_halves, 3), (_ring, 8), (_outage, 2), (_engine, 4), (_slow, 3), (_clock, 2), (_user, 6), (_user_elsewhere, 2), (_move, 6), (_moves, 4),
    (_move_and_freeze, 4), (_move_and_refuse, 3), (_move_and_sleep, 8), (_loss_and_sleep, 6), (_move_and_lose_answers, 6), (_pause, 1),
    (_lease, 10), (_lease_and_sleep, 4), (_guard, 3), (_engine_mute, 6), (_boot_and_refuse, 3), (_loss_for_good, 8), (_drain, 8), (_reboot, 4), (_hold, 4))
ABOUT_MOVES = (_move, _moves, _move_and_crash, _move_and_sleep, _move_and_sleep, _move_and_lose_answers)
