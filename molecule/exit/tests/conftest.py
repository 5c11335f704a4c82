# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the verification: the members by name, from the lab's inventory."""

from __future__ import annotations

import sys
from pathlib import Path

# importlib mode puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[2] / "shared"))

from members import members  # noqa: E402

# Tests use it by name.
__all__ = ("members",)
