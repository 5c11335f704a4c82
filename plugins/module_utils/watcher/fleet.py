# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the whole fleet (table ``fleet``): the weights of formula (1-1), a pause with its reason, and why containers of
lost hosts wait.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import ConfigError, Conflict
from ..model import FromDict
from ..placement.score import Weights
from ..ring.values import put_value, value_at

WEIGHTS = 'weights'
PAUSE = 'pause'
# And of which lost host.
WAITS = 'waits of %s'


@dataclass(frozen=True)
class Pause(FromDict):
    """While ``reason`` is not '' the fleet decides nothing by itself; ``since_at`` in wall-clock milliseconds."""
    reason: str = ''
    by: str = ''
    since_at: int = 0


@dataclass(frozen=True)
class Waits(FromDict):
    """Why containers of a lost host wait: {name: why}, as the coordinator ``by`` has it."""
    by: str = ''
    why: dict = field(default_factory=dict)


class FleetValues:
    """Reads and sets them; the last known pause is kept for whoever only tells of it."""

    def __init__(self, store):
        self._store = store
        self._pause = Pause()

    def weights(self):
        """The fleet's Weights; 1, 1, 1 until somebody set others."""
        return value_at(self._store, WEIGHTS, Weights)

    def set_weights(self, wanted):
        """Set the fleet's weights; True when that changed them.

        :raises ConfigError: for a weight that is not positive.
        """
        for name in ('alpha', 'beta', 'tau'):
            if not getattr(wanted, name) > 0:
                raise ConfigError('Weight %s is %s' % (name, getattr(wanted, name)), 'Weights are greater than 0.')
        return self._set(WEIGHTS, wanted, self.weights() == wanted)

    def pause(self):
        """The Pause as it is now."""
        self._pause = value_at(self._store, PAUSE, Pause)
        return self._pause

    @property
    def known_pause(self):
        """The Pause when last read."""
        return self._pause

    def set_pause(self, wanted):
        """Pause the fleet, or let it go on (reason ''); True when that changed it. The same reason again is no change."""
        changed = self._set(PAUSE, wanted, self.pause().reason == wanted.reason)
        self.pause()
        return changed

    def waits(self, host):
        """The Waits of a lost host."""
        return value_at(self._store, WAITS % host, Waits)

    def set_waits(self, host, wanted):
        """Tell why containers of a lost host wait; True when that changed anything."""
        before = self.waits(host)
        # Who has nothing to tell takes back only what it told itself: a successor may have told since.
        nothing = not wanted.why and (not before.why or before.by != wanted.by)
        return self._set(WAITS % host, wanted, nothing or before == wanted)

    def _set(self, key, wanted, same):
        if same:
            return False
        try:
            put_value(self._store, key, wanted)
        except Conflict as exc:
            raise Conflict('The %s of the fleet was changed by somebody else at the same time' % key, 'Set it again.') from exc
        return True
