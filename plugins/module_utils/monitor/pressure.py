# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pressure stall information (PSI), the kernel's share of time in which tasks waited for a resource."""
from __future__ import annotations

ABSENT = -1.0


# The figures by which contention is judged, each of the last minute: (field, resource, row).
LASTING = (('cpu_some60', 'cpu', 'some'), ('memory_full60', 'memory', 'full'), ('io_full60', 'io', 'full'))


def some_avg10(text):
    """"some avg10" in percent out of a pressure file's text; -1 where there is none (no PSI, or no such file)."""
    return figure(text, 'some', 'avg10')


def figure(text, row, column):
    """One figure of a pressure file: ``row`` is some or full, ``column`` avg10, avg60 or avg300."""
    for line in (text or '').splitlines():
        words = line.split()
        if words and words[0] == row:
            for word in words[1:]:
                key, _equals, value = word.partition('=')
                if key == column:
                    return float(value)
    return ABSENT
