# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users do when they deploy again, and what is told of it."""
from __future__ import annotations

MANAGED = {'ringfleet.managed': 'true'}
REPLACE = dict(MANAGED, **{'ringfleet.on_conflict': 'replace'})
# What a newer deployment has of its own.
NEWER = {'twin.version': '2'}


def deploy(fleet, host, labels=None, **more):
    """As compose: what is there of that name is stopped and removed, then it is made and started."""
    engine = fleet[host].engine
    if any(each.name == 'web' for each in engine.containers()):
        engine.stop('web', 1)
        engine.remove('web')
    return engine.run('web', 'web:1', dict(labels or MANAGED, **NEWER), **more)


def told(fleet, host):
    """(what it is there, the problem that is told of it)."""
    info = fleet[host].call('container.info', name='web')
    return info['containers'][0]['here'], info['problems'].get('web', '')


def states(fleet):
    return sorted(each[:2] for each in fleet.copies('web'))
