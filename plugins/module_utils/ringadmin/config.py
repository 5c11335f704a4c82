# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role ring_node tells ringadmin: one JSON object, on standard input, so that no password is in a process list or a file."""

from __future__ import annotations

import json
import typing
from dataclasses import dataclass, fields


class RingAdminError(Exception):
    """Something about the ring is wrong; the text says what and what to do, and holds no secret."""


@dataclass(frozen=True)
class Config:
    """address: this host's own; contact_points: the other hosts'; leaving: of a host that goes for good; timeout: seconds to wait for what
    takes its time. Of that host: whether it is dead, and gone from the ring. repaired: whether what holds data was since the last answer.

    reader_password: of the role that may only read the fleet's tables; without it that role is left as it is.
    """

    address: str
    admin_password: str
    watcher_password: str
    reader_password: str = ''
    contact_points: typing.Tuple[str, ...] = ()
    port: int = 9042
    datacenter: str = 'dc1'
    ring: str = 'ringfleet'
    ca_file: str = '/etc/ringfleet/tls/ca.pem'
    leaving: str = ''
    dead: bool = False
    gone: bool = False
    repaired: bool = False
    unit: str = 'ringfleet-node.service'
    host_id_file: str = '/var/lib/ringfleet/node/host_id'
    timeout: float = 60.0


def load(stream):
    """Read and check the object; RingAdminError names what is missing or unknown."""
    try:
        given = json.load(stream)
    except ValueError as error:
        raise RingAdminError(f'the configuration is no JSON: {error}') from error
    known = {field.name for field in fields(Config)}
    unknown = sorted(set(given) - known)
    missing = sorted({'address', 'admin_password', 'watcher_password'} - set(given))
    if unknown or missing:
        raise RingAdminError(f'the configuration has unknown keys {unknown} and lacks {missing}')
    given['contact_points'] = tuple(given.get('contact_points', ()))
    return Config(**given)
