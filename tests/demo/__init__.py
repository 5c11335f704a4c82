# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: three hosts, containers started three ways, their load as each host sees it, and a move. `make demo` runs it."""

from __future__ import annotations
