# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows to cells and back: a field that is a dictionary or a tuple is JSON in a text column, any other is as it is."""
from __future__ import annotations

import json
from dataclasses import fields


def to_cell(value):
    """What stands in a column for the value of a field."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, tuple)) else value


def to_row(kind, data):
    """The row of class ``kind`` out of {column: cell}; an empty cell is the field's default, as where a column is new."""
    written = {each.name for each in fields(kind) if each.type in ('dict', 'tuple')}
    return kind.from_dict({name: json.loads(cell) if name in written and cell else cell
                           for name, cell in data.items() if not (name in written and not cell)})
