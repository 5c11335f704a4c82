# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would become of a host's containers if it were lost now: its failover on paper, by the same planner and in the same order. Pure."""
from __future__ import annotations

from .brakes import LOST
from .evacuation import evacuate


def bound(row, report):
    """Why a lost host's container can be made nowhere else, '' when it may.

    :param row: its ContainerRow. :param report: its last LoadReport, or None.
    """
    if report is not None and report.immovable:
        return 'it cannot run elsewhere (%s)' % '; '.join(report.immovable)
    return '' if row.spec_hash else 'its spec was not kept yet'


def rehearse(host, leavers, views, weights):
    """The Evacuation of a lost host.

    :param leavers: an evacuation.Leaver of each container that runs there. :param views: HostViews of all hosts, the lost one included.
    """
    return evacuate([(host, leavers, views)], weights, LOST, _order)


def _order(leaver):
    """As a coordinator asks for them: by priority, then by name; what is exclusive when its lease ran out, behind all others."""
    return leaver.exclusive, -leaver.priority, leaver.need.name
