# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at this host found: its containers, and what the rows say of them (watcher/custody.py)."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class View:
    """What this host knows of containers: ``rows`` of the fleet, and of its own containers what they are."""
    rows: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    managed: tuple = ()
    problems: dict = field(default_factory=dict)
    missing: tuple = ()
    immovable: dict = field(default_factory=dict)
