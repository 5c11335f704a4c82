# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This host's facts, which placement labels ask for: rack and datacenter, the engine's architecture, and the user's own."""
from __future__ import annotations

from ..containers.engine import architecture_of
from ..errors import EngineError


class HostFacts:
    """The facts of one host.

    :param settings: Settings with rack, datacenter and facts. :param engine: asked once for its architecture.
    """

    def __init__(self, settings, engine):
        self._settings = settings
        self._engine = engine
        self._architecture = ''

    def known(self):
        """{name: text} of what is known now; ``architecture`` is not there until the engine answered once."""
        facts = dict(self._settings.facts, rack=self._settings.rack, datacenter=self._settings.datacenter)
        if not self._architecture:
            try:
                self._architecture = architecture_of(self._engine)
            except EngineError:
                # A host without its engine is a member all the same; asked again in the next cycle.
                return facts
        return dict(facts, architecture=self._architecture)
