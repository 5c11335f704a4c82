# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter ring_points."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ring_points
short_description: Places for names around a circle
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Gives each name a place on a circle, the first one at the top, the others clockwise at equal distances. The report draws its ring with it.
options:
  _input:
    description: The names, in their order.
    type: list
    elements: str
    required: true
  radius:
    description: The circle's radius.
    type: float
    default: 100
  center:
    description: Both coordinates of its centre.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Three places
  ansible.builtin.debug:
    msg: "{{ ['h1', 'h2', 'h3'] | ringfleet.core.ring_points(radius=100, center=150) }}"
"""

RETURN = r"""
_value:
  description: By name, C(x) to the right and C(y) downwards, rounded to tenths.
  type: dict
  sample: {h1: {x: 150.0, y: 50.0}}
"""

import math


def ring_points(names: list[str], radius: float = 100.0, center: float = 0.0) -> dict[str, dict[str, float]]:
    """See DOCUMENTATION."""
    steps = {name: 2 * math.pi * number / len(names) for number, name in enumerate(names)}
    return {name: {"x": round(center + radius * math.sin(angle), 1), "y": round(center - radius * math.cos(angle), 1)} for name, angle in steps.items()}


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict:
        """Called by Ansible."""
        return {"ring_points": ring_points}
