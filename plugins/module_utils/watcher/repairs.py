# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the ranges of this host's ring node were last repaired in full, as the unit ``ringfleet-repair.service`` wrote it down."""
from __future__ import annotations


def repaired_at(path):
    """The wall-clock millisecond at which the last repair ended, 0 where none did yet.

    :param path: a file with one number, seconds since the epoch.
    """
    try:
        with open(path, encoding='ascii') as stream:
            return int(stream.read()) * 1000
    except (OSError, ValueError):
        # Not there yet, or cut short by a full disk: either way nobody knows of a repair.
        return 0


def age_s(beat, now):
    """Seconds since the last repair that a Beat tells of at wall-clock millisecond ``now``; None where it tells of none."""
    return max(0, now - beat.repaired_at) // 1000 if beat is not None and beat.repaired_at else None
