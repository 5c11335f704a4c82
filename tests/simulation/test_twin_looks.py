# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look of a host costs, what makes it look, and what of it is logged, on the twin."""
from __future__ import annotations

import logging

import pytest
from simulation.deploying import MANAGED
from simulation.engine import image_of
from simulation.twin import Fleet


@pytest.fixture
def fleet():
    made = Fleet()
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made.run(2)
    return made


def run(fleet, host, name='web'):
    fleet[host].engine.run(name, 'web:1', dict(MANAGED))
    fleet.run(3)


def test_a_look_inspects_for_a_moment_at_most_and_the_next_ones_go_on(fleet, monkeypatch):
    host = fleet['h1']
    for number in range(6):
        host.engine.run('web%d' % number, 'web:1', dict(MANAGED))
    fleet.run(5)
    host.boot()
    # Each takes 0.6 s of a slow engine: two of them are enough for a look.
    inspect, clock, calls = host.engine.inspect, host.watcher.custody._clock, []

    class Slow:
        def __getattr__(self, name):
            return getattr(clock, name)

        def monotonic(self):
            return clock.monotonic() + 0.6 * len(calls)

    monkeypatch.setattr(host.engine, 'inspect', lambda ref: calls.append(ref) or inspect(ref))
    monkeypatch.setattr(host.watcher.custody, '_clock', Slow())
    host.watcher.custody.look()
    assert (len(calls), host.watcher.custody.dirty) == (2, True)
    for _look in range(2):
        host.watcher.custody.look()
    assert (len(calls), host.watcher.custody.dirty) == (6, False)


def test_what_is_not_managed_makes_nobody_look(fleet):
    run(fleet, 'h1')
    fleet.run(10)
    looks = []
    look = fleet['h1'].watcher.custody.look
    fleet['h1'].watcher.custody.look = lambda: looks.append(1) or look()
    for number in range(5):
        fleet['h1'].engine.run('job%d' % number, 'web:1')
        fleet.run(1)
    assert looks == []
    run(fleet, 'h1', 'api')
    assert looks and fleet.row('api').holder == 'h1'


def test_a_number_of_containers_that_changes_is_logged(fleet, caplog):
    caplog.set_level(logging.INFO, 'twin.h1')
    for number in range(3):
        run(fleet, 'h1', 'web%d' % number)
    assert [each for each in ('2 containers here', '3 containers here') if each not in caplog.messages] == []
