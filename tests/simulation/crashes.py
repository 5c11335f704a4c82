# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host can crash in a story: before and after each of its writes, a test each."""
from __future__ import annotations

import pytest


def crash_points(fleet, hosts):
    """A pytest.param of (host, (number of its write, before or after)) for each write of these hosts in a story that ran without a crash."""
    for host in hosts:
        for number, call in enumerate(fleet[host].fuse.calls):
            for when in ('before', 'after'):
                yield pytest.param(host, (number, when), id='%s-%d-%s-%s' % (host, number, when, call))
