# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wall-clock milliseconds to the days and hours by which append-only tables are partitioned (UTC)."""
from __future__ import annotations

from datetime import datetime, timedelta, timezone


def _utc(at):
    return datetime.fromtimestamp(at / 1000.0, tz=timezone.utc)


def day_of(at):
    """``YYYY-MM-DD``."""
    return _utc(at).strftime('%Y-%m-%d')


def time_of(at):
    """As people read it, ``YYYY-MM-DD HH:MM:SS UTC``."""
    return _utc(at).strftime('%Y-%m-%d %H:%M:%S UTC')


def hour_of(at):
    """``YYYY-MM-DDTHH``."""
    return _utc(at).strftime('%Y-%m-%dT%H')


def hours_between(first_at, last_at):
    """Every hour from that of ``first_at`` to that of ``last_at``, oldest first."""
    now, hours = _utc(first_at).replace(minute=0, second=0, microsecond=0), []
    while now <= _utc(last_at):
        hours.append(now.strftime('%Y-%m-%dT%H'))
        now += timedelta(hours=1)
    return hours
