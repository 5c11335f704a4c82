# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens as Cassandra's default partitioner (Murmur3Partitioner) makes them, by the driver's own function."""
from __future__ import annotations

try:
    from cassandra.metadata import Murmur3Token
except ImportError:  # pragma: no cover - the watcher's environment always has it
    Murmur3Token = None


def token_of(name):
    """The token of a name, an integer."""
    return Murmur3Token.hash_fn(name.encode('utf-8'))
