# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health check: a container's state in one small record, out of the engine's inspect."""
from __future__ import annotations

from dataclasses import dataclass

from .labels import ALWAYS, UNLESS_STOPPED

NONE = 'none'
STARTING = 'starting'
HEALTHY = 'healthy'
UNHEALTHY = 'unhealthy'


@dataclass(frozen=True)
class Health:
    """``status`` is Docker's (running, exited ...), ``check`` the health check's verdict or ``none``.

    ``oom_killed``: the run that is over ended for want of memory. ``memory_limit`` in bytes, 0 for none.
    """
    status: str
    check: str
    restarts: int
    pid: int
    started: str
    exit_code: int
    oom_killed: bool = False
    memory_limit: int = 0


def health_of(inspected):
    """Health of an inspected container."""
    state = inspected.get('State') or {}
    return Health(state.get('Status', ''), (state.get('Health') or {}).get('Status') or NONE,
                  int(inspected.get('RestartCount') or 0), int(state.get('Pid') or 0), state.get('StartedAt', ''),
                  int(state.get('ExitCode') or 0), bool(state.get('OOMKilled')),
                  int((inspected.get('HostConfig') or {}).get('Memory') or 0))


def has_check(inspected):
    """Whether a health check is set on the container (``NONE`` switches the image's off)."""
    test = ((inspected.get('Config') or {}).get('Healthcheck') or {}).get('Test') or []
    return bool(test) and test[0] != 'NONE'


def grace_s(inspected):
    """Seconds that the health check itself may need for its first verdict: start period and one interval and timeout."""
    check = (inspected.get('Config') or {}).get('Healthcheck') or {}
    if not has_check(inspected):
        return 0
    # Docker's own defaults: interval 30 s, timeout 30 s.
    return int(((check.get('StartPeriod') or 0) + (check.get('Interval') or 30e9) + (check.get('Timeout') or 30e9)) / 1e9)


def failed_start(inspected):
    """Why the engine could not start a container that its restart policy wants to run, in the engine's words; '' where that is not so.

    Docker tries such a start only once, as at a boot at which a port or a network is not there yet.
    """
    state, policy = inspected.get('State') or {}, (inspected.get('HostConfig') or {}).get('RestartPolicy') or {}
    wanted = policy.get('Name') in (ALWAYS, UNLESS_STOPPED) and state.get('Status') in ('created', 'exited')
    return state.get('Error') or '' if wanted else ''
