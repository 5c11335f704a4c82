# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks, on the lab or without any host: printed, with ratios taken in one run on one machine; never asserted."""

import sys
from pathlib import Path

# As pyproject.toml has it for pytest: what needs no host imports the collection under its own name.
sys.path.append(str(Path(__file__).resolve().parents[2] / ".cache"))
