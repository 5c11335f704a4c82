# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container's labels ask of its moves: how it moves, whether it may be moved to balance, where it may be, and which of a
lost host's containers come first.
"""
from __future__ import annotations

from ..containers import labels as words
from ..containers.labels import parse, priority_of
from ..errors import LabelError
from ..model import STOP_FIRST
from ..placement.rules import Rules, parse_rules


def problems(labels):
    """Which labels do not parse, and what may stand there: a tuple of sentences. One is enough for it not to move."""
    found = []
    for read in (parse, parse_rules):
        try:
            read(labels)
        except LabelError as exc:
            found.append(str(exc))
    return tuple(found)


def priority(labels):
    """ContainerRow.priority; of a label that does not parse (``problems``) the default."""
    try:
        return priority_of(labels)
    except LabelError:
        return 0


def replaces(labels):
    """containers.labels.replaces; of a label that does not parse (``problems``) the default."""
    try:
        return words.replaces(labels)
    except LabelError:
        return False


def wishes(labels):
    """``mode``, ``rebalance`` and ``rules`` of a LoadReport; of labels that do not parse (``problems``) the defaults."""
    if problems(labels):
        return {'mode': STOP_FIRST, 'rebalance': False, 'rules': Rules().to_texts()}
    parsed = parse(labels)
    return {'mode': parsed.mode, 'rebalance': parsed.rebalance, 'rules': parse_rules(labels).to_texts()}
