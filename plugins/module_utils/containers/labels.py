# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels by which a user speaks to ringfleet, parsed; a label that does not parse is an error that names it."""
from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import LabelError
from ..model import START_FIRST, STOP_FIRST
from ..names import LABEL_LOG_ERRORS, LABEL_MANAGED, LABEL_MODE, LABEL_REBALANCE

_TRUE = ('true', '1', 'yes', 'on')
_FALSE = ('false', '0', 'no', 'off', '')
_RATE = re.compile(r'^\s*(\d{1,6})/(s|m|h)\s+(\S.*)$', re.DOTALL)
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
    """What a container's labels ask for."""
    managed: bool
    mode: str
    log_standard: object
    rebalance: bool


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


def _truth(labels, name):
    text = str(labels.get(name, '')).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise LabelError('Label %s=%r is neither true nor false' % (name, labels[name]),
                     'Recreate the container with %s=true.' % name)


def parse(labels):
    """The labels of ringfleet on a container, but those on placement (placement.rules).

    :raises LabelError: for the first that does not parse.
    """
    mode = labels.get(LABEL_MODE, STOP_FIRST)
    if mode not in (START_FIRST, STOP_FIRST):
        raise LabelError('Label %s=%r is unknown' % (LABEL_MODE, mode), 'Write %s or %s.' % (START_FIRST, STOP_FIRST))
    standard = labels.get(LABEL_LOG_ERRORS)
    return Labels(is_managed(labels), mode, parse_log_standard(standard) if standard else None, _truth(labels, LABEL_REBALANCE))
