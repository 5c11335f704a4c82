# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading, deciding and writing once more, where somebody else wrote the row in between."""
from __future__ import annotations

from ..errors import Conflict

_TRIES = 3


def tried(attempt):
    """What ``attempt`` returns, which reads anew each time it is called. :raises Conflict: others wrote first again and again."""
    for _try in range(_TRIES - 1):
        try:
            return attempt()
        except Conflict:
            continue
    return attempt()
