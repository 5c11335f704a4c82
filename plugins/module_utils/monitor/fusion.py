# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S104, F8.8: resource figures, health and log findings of one container become one load report. Pure."""
from __future__ import annotations

from ..model import LoadReport


def fuse(name, host, instance, health, now, before, elapsed_s, finding, problem, at, kills):
    """One LoadReport.

    :param health: Health. :param now: Counters of this round, None when the container does not run.
    :param before: Counters of the round before, of the same run; None in the first.
    :param elapsed_s: seconds between the two rounds.
    :param finding: LogFinding, None without a standard. :param problem: why something could not be read, or ''.
    :param at: wall-clock milliseconds. :param kills: Kills of the instance as of now.
    """
    findings = [problem] if problem else []
    figures = {'memory_limit': health.memory_limit}
    if now is not None:
        figures = {'cpu_limit': round(now.cpu_limit, 3), 'memory_used': now.memory, 'memory_limit': now.memory_limit,
                   'cpu_pressure': now.cpu_pressure, 'memory_pressure': now.memory_pressure, 'io_pressure': now.io_pressure,
                   'cpu_some60': now.cpu_some60, 'memory_full60': now.memory_full60, 'io_full60': now.io_full60}
        if before is not None and elapsed_s > 0:
            periods = now.periods - before.periods
            figures['cpu_used'] = round(max(0.0, (now.cpu_s - before.cpu_s) / elapsed_s), 4)
            figures['cpu_throttled'] = round((now.throttled - before.throttled) / periods, 3) if periods > 0 else 0.0
    if kills.fresh:
        findings.append('killed %d times for want of memory at its own limit' % kills.fresh)
    if health.check == 'unhealthy':
        findings.append('its health check fails')
    if finding is not None and finding.over:
        findings.append('%d log lines match in the window of "%s"' % (finding.errors, finding.standard))
    return LoadReport(
        name=name, host=host, instance=instance, status=health.status, started=health.started,
        exit_code=health.exit_code, restarts=health.restarts, oom_kills=kills.total, health=health.check,
        log_standard=finding.standard if finding else '', log_errors=finding.errors if finding else 0,
        log_over=bool(finding and finding.over), findings=tuple(findings), sampled_at=at, **figures)
