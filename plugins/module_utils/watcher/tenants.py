# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers as those see them who move what nobody asked for: what each host shared of them, and what their rows say."""
from __future__ import annotations

from ..model import RUNNING
from ..monitor.anomaly import SEVERE
from ..moves.planning import need_of
from ..placement.brakes import cools_s
from ..placement.relief import Tenant
from ..ring.holds import hold_of


def tenant_of(row, report, now):
    """The placement.relief.Tenant of a container by its ContainerRow and LoadReport, at wall-clock millisecond ``now``."""
    return Tenant(
        need_of(report, row.name, row.holder), report.reasons if report.anomaly == SEVERE else (), report.own_fault, report.mode,
        report.rebalance, report.immovable, cools_s(row, now), row.intent == RUNNING and report.status == 'running',
        str(hold_of(row, now) or ''), report.io_pressure)
