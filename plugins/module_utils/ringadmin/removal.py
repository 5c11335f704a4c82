# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this host's node was removed from the ring while it was away.

Cassandra lets a node that was removed start again with its old data: it takes its old tokens back, and a majority of copies may
then count one that missed every write since. So it is asked before each start, and again by role ring_node, which makes it anew.
"""

from __future__ import annotations

from .session import ADMIN, Refused, Unreachable, ask_each, connect

_PEERS = 'SELECT host_id FROM system.peers_v2'


def removed(config):
    """Command of ringadmin: ``removed`` is whether another node answers and none that does counts this one to the ring."""
    return {'changed': False, 'removed': is_removed(config, ADMIN, config.admin_password)}


def is_removed(config, user, password):
    """Whether somebody answers at the Config's contact points and nobody of those counts the node of this host to the ring.

    It is known by its host id, which no change of its address changes (``host_id_file``, written by role ring_node). Where that is not
    there, or nobody answers, it is not known, and False: a whole fleet that starts at once has to.
    """
    try:
        with open(config.host_id_file, encoding='utf-8') as stream:
            own = stream.read().strip()
    except FileNotFoundError:
        return False
    words = ask_each(lambda address: _counts(own, config, user, password, address), config.contact_points)
    return False in words and True not in words


def _counts(own, config, user, password, address):
    """Whether the node at another address counts the one with this host id to the ring; None when it does not say."""
    try:
        with connect(config, user, password, address) as session:
            return own in {str(row['host_id']) for row in session.execute(_PEERS)}
    except (Refused, Unreachable):
        return None
