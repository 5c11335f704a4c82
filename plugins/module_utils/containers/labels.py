# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels by which a user speaks to ringfleet, parsed; a label that does not parse is an error that names it."""
from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import LabelError
from ..model import START_FIRST, STOP_FIRST
from ..names import (LABEL_EXCLUSIVE, LABEL_LOG_ERRORS, LABEL_MANAGED, LABEL_MODE, LABEL_ON_CONFLICT, LABEL_PRIORITY, LABEL_REBALANCE,
                     LABEL_RESTART)

# What ringfleet does when an exclusive container ends by itself, in the words of Docker's restart policies.
NO, ON_FAILURE, ALWAYS, UNLESS_STOPPED = 'no', 'on-failure', 'always', 'unless-stopped'
# What becomes of a container whose name another host of the fleet has.
REFUSE, REPLACE = 'refuse', 'replace'

_TRUE = ('true', '1', 'yes', 'on')
_FALSE = ('false', '0', 'no', 'off', '')
_RATE = re.compile(r'^\s*(\d{1,6})/(s|m|h)\s+(\S.*)$', re.DOTALL)
_INTEGER = re.compile(r'\s*[+-]?\d{1,4}\s*')
# The greatest priority; the least is its negative.
PRIORITY_LIMIT = 1000
_UNIT_S = {'s': 1.0, 'm': 60.0, 'h': 3600.0}


@dataclass(frozen=True)
class LogStandard:
    """At most ``count`` lines that match ``pattern`` within ``window_s`` seconds (S103, F9.1: the set standard)."""
    text: str
    count: int
    window_s: float
    pattern: object


@dataclass(frozen=True)
class Labels:
    """What a container's labels ask for. ``restart`` counts for an ``exclusive`` one alone."""
    managed: bool
    mode: str
    log_standard: object
    rebalance: bool
    exclusive: bool
    restart: str
    priority: int = 0
    replaces: bool = False


def parse_log_standard(text):
    """``RATE/UNIT PATTERN``, as ``10/m ERROR|FATAL``: more than 10 matching lines a minute are over the standard.

    :raises LabelError: naming what does not parse.
    """
    match = _RATE.match(text)
    if not match:
        raise LabelError('Label %s=%r does not parse' % (LABEL_LOG_ERRORS, text),
                         'Write RATE/UNIT PATTERN, as in "10/m ERROR|FATAL"; units are s, m, h.')
    try:
        pattern = re.compile(match.group(3).strip())
    except re.error as exc:
        raise LabelError('Label %s=%r has no regular expression: %s' % (LABEL_LOG_ERRORS, text, exc),
                         'The pattern follows Python\'s "re".') from exc
    return LogStandard(text, int(match.group(1)), _UNIT_S[match.group(2)], pattern)


def is_managed(labels):
    """Whether the user handed this container over.

    :raises LabelError: for a value that is neither yes nor no.
    """
    return _truth(labels, LABEL_MANAGED)


def is_exclusive(labels):
    """Whether no two copies of this container may ever run at once.

    :raises LabelError: for a value that is neither yes nor no.
    """
    return _truth(labels, LABEL_EXCLUSIVE)


def restart_of(labels):
    """What shall become of an exclusive container that ended by itself.

    :raises LabelError: for a word that is no restart policy of Docker.
    """
    word = labels.get(LABEL_RESTART, UNLESS_STOPPED)
    if word not in (NO, ON_FAILURE, ALWAYS, UNLESS_STOPPED):
        raise LabelError('Label %s=%r is unknown' % (LABEL_RESTART, word),
                         'Write %s, %s, %s or %s.' % (NO, ON_FAILURE, ALWAYS, UNLESS_STOPPED))
    return word


def replaces(labels):
    """Whether this container, deployed where the fleet's of that name is not, becomes the fleet's version.

    :raises LabelError: for a word that is unknown.
    """
    word = labels.get(LABEL_ON_CONFLICT, REFUSE)
    if word not in (REFUSE, REPLACE):
        raise LabelError('Label %s=%r is unknown' % (LABEL_ON_CONFLICT, word), 'Write %s or %s.' % (REFUSE, REPLACE))
    return word == REPLACE


def contradiction(labels):
    """Why the labels ask for what cannot be had at once, or ''; such a container is moved stop-first all the same."""
    if is_exclusive(labels) and labels.get(LABEL_MODE) == START_FIRST:
        return 'Label %s=%s asks for two copies at once, %s forbids them: it is moved %s. Drop one of both labels.' % (
            LABEL_MODE, START_FIRST, LABEL_EXCLUSIVE, STOP_FIRST)
    return ''


def _truth(labels, name):
    text = str(labels.get(name, '')).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise LabelError('Label %s=%r is neither true nor false' % (name, labels[name]),
                     'Recreate the container with %s=true.' % name)


def priority_of(labels):
    """Which of a lost host's containers come first: the higher number does, 0 without the label.

    :raises LabelError: for what is no whole number from -1000 to 1000.
    """
    text = labels.get(LABEL_PRIORITY, '0')
    if not _INTEGER.fullmatch(text) or abs(int(text)) > PRIORITY_LIMIT:
        raise LabelError('Label %s=%r is no whole number from %d to %d' % (LABEL_PRIORITY, text, -PRIORITY_LIMIT, PRIORITY_LIMIT),
                         'Recreate the container with a number, the higher the sooner; without the label it is 0.')
    return int(text)


def parse(labels):
    """The labels of ringfleet on a container, but those on placement (placement.rules).

    :raises LabelError: for the first that does not parse.
    """
    mode = labels.get(LABEL_MODE, STOP_FIRST)
    if mode not in (START_FIRST, STOP_FIRST):
        raise LabelError('Label %s=%r is unknown' % (LABEL_MODE, mode), 'Write %s or %s.' % (START_FIRST, STOP_FIRST))
    standard, exclusive = labels.get(LABEL_LOG_ERRORS), is_exclusive(labels)
    return Labels(is_managed(labels), STOP_FIRST if exclusive else mode, parse_log_standard(standard) if standard else None,
                  _truth(labels, LABEL_REBALANCE), exclusive, restart_of(labels), priority_of(labels), replaces(labels))
