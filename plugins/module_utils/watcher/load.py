# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load of this host, offered to the registry as ``load.host`` and ``load.containers`` (F8.3-F8.9)."""
from __future__ import annotations

from dataclasses import replace

from ..model import HostLoad


class Load:
    """Samples when told to; answers from the last sample.

    :param custody: whose View names the managed containers and why some cannot move.
    """

    def __init__(self, host_sampler, sampler, custody, clock):
        self._host_sampler = host_sampler
        self._sampler = sampler
        self._custody = custody
        self._clock = clock
        self._host = HostLoad()
        self._reports = ()

    def sample(self):
        """One round (S102-S104)."""
        view = self._custody.view
        own = [each for each in view.managed if view.words.get(each.name) == 'ours']
        self._host = self._host_sampler.sample(self._clock.monotonic(), len(own))
        self._reports = tuple(replace(report, immovable=view.immovable.get(report.name, ()))
                              for report in self._sampler.round(own))

    def forget(self, ident):
        """A container changed."""
        self._sampler.forget(ident)

    def host(self):
        """HostLoad of the last round."""
        return self._host

    def report(self, name):
        """The last LoadReport of a container here, or None."""
        return next((each for each in self._reports if each.name == name), None)

    def containers(self):
        """LoadReports of the last round."""
        return list(self._reports)
