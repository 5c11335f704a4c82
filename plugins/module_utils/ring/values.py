# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values in the table ``fleet``: one row a key, a dataclass as JSON, written by one conditional write."""
from __future__ import annotations

import json
from dataclasses import asdict

from ..model import FleetRow


def value_at(store, key, kind):
    """What stands at a key, as a ``kind`` of model.FromDict; that kind's default where nothing does."""
    row = store.read(FleetRow, key)
    return kind.from_dict(json.loads(row.value)) if row is not None and row.value else kind()


def put_value(store, key, wanted):
    """Replace what stands at a key. :raises Conflict: somebody else wrote first."""
    before = store.read(FleetRow, key)
    store.swap(before, FleetRow(key, json.dumps(asdict(wanted), sort_keys=True)))
