# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids of moves, decisions and broadcasts: they sort by when they were made, and tell it."""
from __future__ import annotations

import uuid


def new_id(clock):
    """An id that sorts by the wall clock of its maker and is nobody else's."""
    return '%012x-%s' % (clock.wall(), uuid.uuid4().hex[:12])


def made_at(ident):
    """The wall-clock millisecond at which an id was made, 0 for one that does not tell."""
    try:
        return int(ident[:12], 16)
    except ValueError:
        return 0
