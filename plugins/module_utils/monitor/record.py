# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen of one instance of a container, aged by rounds: what three rounds are too short for. Pure.

Docker doubles the pause before each restart, up to a minute, and begins anew after a run of ten seconds: a crash loop may
show one restart in 70 s, and no process at all in most rounds.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

ROUNDS = 3
# Three restarts at Docker's longest pause, each after a run of just under ten seconds, and some room.
WINDOW = 24

THROTTLED = 0.25

RUNNING = 'running'
RESTARTING = 'restarting'
GONE = ('exited', 'dead')
# Some engines keep the mark "OOMKilled" for later runs that end otherwise; SIGKILL's status tells them apart.
_KILLED = 137


@dataclass(frozen=True)
class Kills:
    """How often the kernel killed in an instance for want of memory since it is watched, over all of its runs.

    The control group counts exactly and dies with each run; the engine tells of each kill (event "oom") to who listens, and
    in its inspect until the next start. So the larger of what was heard and what was counted is taken.
    ``shown``: the total at the last look; ``fresh``: how many were new in it.
    """
    heard: int = 0
    ended: int = 0
    counted: int = 0
    offset: int = 0
    run: str = ''
    shown: int = 0
    fresh: int = 0

    @property
    def total(self):
        """Kills since the instance is watched."""
        return max(self.heard, self.ended + self.counted)


def heard_kill(kills):
    """The Kills after the engine told of one more."""
    return replace(kills, heard=kills.heard + 1)


def next_kills(kills, health, counter):
    """The Kills after one more look.

    :param kills: those of the look before, None at the first. :param health: Health.
    :param counter: what the control group of the run counted, None when the container does not run.
    """
    if kills is None or not kills.run:
        # What was counted before anybody watched is not known to be recent.
        kills = replace(kills or Kills(), offset=counter or 0, run=health.started)
    told = kills.shown
    if kills.run != health.started:
        kills = replace(kills, ended=kills.ended + kills.counted, counted=0, offset=0, run=health.started)
    if counter is not None:
        kills = replace(kills, counted=max(0, counter - kills.offset))
    elif health.oom_killed and health.exit_code == _KILLED:
        kills = replace(kills, counted=max(kills.counted, 1))
    return replace(kills, shown=kills.total, fresh=kills.total - told)


@dataclass(frozen=True)
class Record:
    """``rounds``: the last three LoadReports of one instance, oldest first.

    ``kills`` and ``restarts``: of each of the last 24 rounds, how often it was killed at its own memory limit and how often
    the engine started it again. ``ill``: its health check failed and did not succeed since; ``starts``: how often it was
    started meanwhile, by whoever. ``throttled``: at its own CPU limit, until three rounds are free of it.
    """
    rounds: tuple = ()
    kills: tuple = ()
    restarts: tuple = ()
    ill: bool = False
    starts: int = 0
    throttled: bool = False

    @property
    def last(self):
        """The LoadReport of the last round."""
        return self.rounds[-1]


def next_record(record, report):
    """The Record after one more round. A round of another instance says nothing about this one: it begins anew."""
    if not record.rounds or record.last.instance != report.instance:
        record, before = Record(), None
    else:
        before = record.last
    rounds = (record.rounds + (report,))[-ROUNDS:]
    over = [each.cpu_limit > 0 and each.cpu_throttled > THROTTLED for each in rounds]
    throttled = any(over) if record.throttled else len(over) == ROUNDS and all(over)
    ill, starts = _illness(record, before, report)
    return Record(rounds, (record.kills + (_kills(before, report),))[-WINDOW:],
                  (record.restarts + (_restarts(before, report),))[-WINDOW:], ill, starts, throttled)


def _kills(before, report):
    if before is None:
        # Found dead of it: that was its end, whenever that was.
        return min(report.oom_kills, 1) if report.status != RUNNING else 0
    return max(0, report.oom_kills - before.oom_kills)


def _restarts(before, report):
    # The engine's count begins anew when a person starts the container: those are none of its own.
    return max(0, report.restarts - before.restarts) if before is not None else 0


def _illness(record, before, report):
    if report.health == 'unhealthy':
        ill = True
    elif report.health == 'starting':
        ill = record.ill
    else:
        return False, 0
    again = before is not None and before.started != report.started
    return ill, record.starts + (1 if record.ill and again else 0)
