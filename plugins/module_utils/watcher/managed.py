# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers of an engine are the fleet's to look at."""
from __future__ import annotations

from ..containers.labels import contradiction, is_managed
from ..errors import LabelError
from ..names import LABEL_MANAGED, LABEL_MOVE, is_aside, is_for_once


def managed_of(summaries, placed):
    """(Summaries, {name: problem}). Those with the label, but for what compose runs for once; and without it those that the index knows,
    copies of such ones that moves made, and what gave its name up.

    :param placed: {name: Placement} of this host.
    """
    found, problems = [], {}
    for summary in summaries:
        if is_aside(summary.name, summary.id):
            found.append(summary)
            continue
        index, asked = placed.get(summary.name), LABEL_MANAGED in summary.labels and not is_for_once(summary.labels)
        if not asked and LABEL_MOVE not in summary.labels and (index is None or index.instance != summary.id):
            continue
        try:
            against = contradiction(summary.labels)
            if is_managed(summary.labels) or not asked:
                found.append(summary)
                if against:
                    problems[summary.name] = against
        except LabelError as exc:
            problems[summary.name] = str(exc)
    return found, problems
