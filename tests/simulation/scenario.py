# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a seed stands for: a fleet, its containers, and what happens to them when. Plain data; troubles.py draws it, acts.py does it."""
from __future__ import annotations

from dataclasses import dataclass, field

ALWAYS = {'Name': 'always', 'MaximumRetryCount': 0}
UNLESS_STOPPED = {'Name': 'unless-stopped', 'MaximumRetryCount': 0}
NEVER = {'Name': 'no', 'MaximumRetryCount': 0}
FAILING = {'Test': ['CMD', 'false']}
PASSING = {'Test': ['CMD', 'true']}

# The fleet comes to rest before anything happens.
CALM_S = 12.0
# Instead of a host's name: whoever holds the container of the event by then.
HOLDER = 'its holder'
# Whoever holds an exclusive container by then.
LEASED = 'who has a lease'


@dataclass(frozen=True)
class Kind:
    """A kind of container: how its user runs it. ``bound``: it cannot run elsewhere."""
    name: str
    labels: dict = field(default_factory=dict)
    check: dict = None
    restart: dict = field(default_factory=lambda: ALWAYS)
    options: dict = field(default_factory=dict)
    bound: bool = False


# One entry a kind. Of the exclusive ones, one does not heed SIGTERM.
KINDS = {each.name: each for each in (
    Kind('start-first', {'ringfleet.mode': 'start-first'}),
    Kind('checked', {'ringfleet.mode': 'start-first'}, PASSING),
    Kind('stop-first', {}, restart=UNLESS_STOPPED),
    Kind('unattended', {}, restart=NEVER),
    Kind('sick', {}, FAILING),
    Kind('bound', {}, options={'Privileged': True}, bound=True),
    Kind('exclusive', {'ringfleet.exclusive': 'true'}, PASSING),
    Kind('exclusive deaf', {'ringfleet.exclusive': 'true', 'twin.term': 'ignore'}, restart=NEVER))}


@dataclass(frozen=True)
class Container:
    """A container of the fleet, on the host where its user ran it first."""
    name: str
    host: str
    kind: str


@dataclass(frozen=True)
class Event:
    """Something that happens: ``what`` of acts.ACTS, ``at`` seconds after the calm, to ``host`` or ``name``, for ``seconds``."""
    at: float
    what: str
    host: str = ''
    name: str = ''
    seconds: float = 0.0
    value: object = None

    def told(self):
        """In words."""
        return ' '.join(str(each) for each in (self.what, self.host, self.name, '%.1f s' % self.seconds if self.seconds else '',
                                               self.value if self.value is not None else '') if each != '')


@dataclass(frozen=True)
class Scenario:
    """All that a seed decides beforehand; ``seconds`` until everything is healed."""
    seed: int
    size: int
    containers: tuple
    images: dict
    events: tuple
    seconds: float
