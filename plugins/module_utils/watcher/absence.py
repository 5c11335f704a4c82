# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around an orderly absence of this host, as during a reboot (design, section 4): its silence is no
death until it is over.
"""
from __future__ import annotations

from ..errors import ConfigError
from ..ring.membership import LONGEST_AWAY_S


class Absence:
    """The methods of one watcher.

    :param built: watcher.build.Built.
    """

    def __init__(self, built):
        self._b = built

    def offer(self, registry):
        """Add all methods to the registry."""
        registry.add('host.away', self.host_away, {'for_s': int}, ('for_s',))
        registry.add('host.back', self.host_back)

    def host_away(self, for_s=0):
        """This host goes away in order and is expected back within ``for_s`` seconds; without them within the setting
        ``away_s``, unless it is away for longer already. Where it answers again by then, its next start ends the absence.

        :raises ConfigError: for more than a day.
        """
        if not 0 <= for_s <= LONGEST_AWAY_S:
            raise ConfigError('An absence of %d s' % for_s, 'It is at least 1 s and at most %d s.' % LONGEST_AWAY_S)
        now = self._b.clock.wall()
        usual = now + int(self._b.settings.away_s * 1000)
        return self._told(self._b.membership.go_away(lambda before: now + for_s * 1000 if for_s else max(before, usual)))

    def host_back(self):
        """The absence is over: this host is judged as any other."""
        return self._told(self._b.membership.go_away(lambda _before: 0))

    def _told(self, row):
        return {'host': row.host, 'away_until': row.away_until, 'away_s': int(self._b.membership.away_left_s(row))}
