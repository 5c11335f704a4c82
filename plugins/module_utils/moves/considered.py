# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a choice was made from, as its record keeps it: enough to make the choice again."""
from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Considered:
    """A planner.Choice with the Weights and the Need that it was made from."""
    choice: object
    weights: object
    need: object

    def columns(self):
        """The columns of a Decision that tell it."""
        return {'weights': asdict(self.weights), 'candidates': tuple(each.to_dict() for each in self.choice.scores),
                'need': {'cpu': self.need.cpu, 'memory': self.need.memory}, 'rules': self.need.rules.to_texts() if self.need.rules else ()}
