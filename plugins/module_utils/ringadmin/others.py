# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether all other nodes of the ring are up: asked before this one is stopped to be started with another configuration.

A configuration with which no node starts would else take down one after the other.
"""

from __future__ import annotations

import time

from .config import RingAdminError
from .session import ADMIN, Refused, Unreachable, ask_each, connect
from .status import POLL_S, members


def ensure_up(config):
    """Wait for ``config.timeout`` seconds until each other node that this one counts to the ring answers CQL.

    A node that does not answer itself may be started whatever the others do: it takes no copy away.

    :raises RingAdminError: with who is down, and what to do.
    """
    deadline = time.monotonic() + config.timeout
    while True:
        down = _down(config)
        if not down:
            return {'changed': False}
        if time.monotonic() > deadline:
            told = '; '.join(f'{address}: {why}' for address, why in sorted(down.items()))
            raise RingAdminError(f'this ring node is not started again while others are down, since rows may have no majority then ({told}). Start them, '
                                 'or take a host that never comes back out with the playbook exit. What was written here holds from the next start on')
        time.sleep(POLL_S)


def _down(config):
    """{address: why} of the other nodes that do not answer."""
    try:
        with connect(config, ADMIN, config.admin_password) as session:
            others = [address for address in members(session, config.address) if address != config.address]
    except Unreachable:
        return {}
    except Refused as error:
        # It answers, and without a majority of the copies no login is known to be right.
        return {config.address: str(error)}
    return {address: why for address, why in zip(others, ask_each(lambda address: _against(config, address), others)) if why}


def _against(config, address):
    try:
        with connect(config, ADMIN, config.admin_password, address):
            return ''
    except (Refused, Unreachable) as error:
        return str(error)
