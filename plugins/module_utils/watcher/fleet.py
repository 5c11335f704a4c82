# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people set for the whole fleet (table ``fleet``): the weights of formula (1-1), and a pause with its reason."""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ..errors import ConfigError, Conflict
from ..model import FleetRow
from ..placement.score import Weights

WEIGHTS = 'weights'
PAUSE = 'pause'


@dataclass(frozen=True)
class Pause:
    """While ``reason`` is not '' the fleet decides nothing by itself; ``since_at`` in wall-clock milliseconds."""
    reason: str = ''
    by: str = ''
    since_at: int = 0


class FleetValues:
    """Reads and sets them; the last known pause is kept for whoever only tells of it."""

    def __init__(self, store):
        self._store = store
        self._pause = Pause()

    def weights(self):
        """The fleet's Weights; 1, 1, 1 until somebody set others."""
        return _value(self._store.read(FleetRow, WEIGHTS), Weights)

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
        self._pause = _value(self._store.read(FleetRow, PAUSE), Pause)
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

    def _set(self, key, wanted, same):
        if same:
            return False
        before = self._store.read(FleetRow, key)
        try:
            self._store.swap(before, FleetRow(key, json.dumps(asdict(wanted), sort_keys=True)))
        except Conflict as exc:
            raise Conflict('The %s of the fleet was changed by somebody else at the same time' % key, 'Set it again.') from exc
        return True


def _value(row, kind):
    return kind(**json.loads(row.value)) if row is not None and row.value else kind()
