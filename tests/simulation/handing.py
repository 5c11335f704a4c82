# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers of a twin fleet that are handed over and released, as the module asks for it."""
from __future__ import annotations

from simulation.engine import image_of
from simulation.twin import Fleet

MANAGED = {'ringfleet.managed': 'true'}


def fleet_of_three():
    """h1 to h3, with an image each."""
    made = Fleet()
    for host in made.hosts.values():
        host.engine.add_image(image_of('web:1'))
    made.run(2)
    return made


def run(fleet, host, name='web', labels=None, **more):
    ident = fleet[host].engine.run(name, 'web:1', MANAGED if labels is None else labels, **more)
    fleet.run(3)
    return ident


def put(fleet, asker, state, check=False, **chosen):
    """What the module does: the answers of all hosts."""
    told = fleet[asker].call('container.set', state=state, check=check, **chosen)
    answers = {}

    def answered():
        answers.update(fleet[asker].call('container.told', asked=told['asked']))
        return not answers['silent']

    fleet.run_until(answered, 30)
    return sorted((each['name'], each['host'], each['changed'], each['refused']) for each in told['outcomes'] + answers['outcomes'])


def remake(fleet, host, name='web', labels=None):
    fleet[host].engine.stop(name, 1)
    fleet[host].engine.remove(name)
    return run(fleet, host, name, labels)


def word(fleet, host, name='web'):
    return fleet[host].call('container.info', name=name)['containers'][0]['here']
