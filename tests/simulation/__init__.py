# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole hosts in one process: the real watcher on virtual time. twin.py is turned by hand, world.py by seeds (docs/simulator.md)."""
from __future__ import annotations

import sys
from pathlib import Path

# As pyproject.toml has it for pytest: "make simulate" imports the collection under its own name too.
if str(Path(__file__).resolve().parents[2] / '.cache') not in sys.path:
    sys.path.append(str(Path(__file__).resolve().parents[2] / '.cache'))
