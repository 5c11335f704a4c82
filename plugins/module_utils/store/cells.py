# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows to cells and back: a field that is a dictionary is JSON in a text column, any other is as it is."""
from __future__ import annotations

import json
from dataclasses import fields


def to_cell(value):
    """What stands in a column for the value of a field."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


def to_row(kind, data):
    """The row of class ``kind`` out of {column: cell}; an empty cell is the field's default, as where a column is new."""
    dictionaries = {each.name for each in fields(kind) if each.type == 'dict'}
    return kind.from_dict({name: json.loads(cell) if name in dictionaries and cell else cell
                           for name, cell in data.items() if not (name in dictionaries and not cell)})
