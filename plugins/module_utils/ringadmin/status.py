# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in the ring, as nodes tell it over CQL and in their gossip."""

from __future__ import annotations

import subprocess
import time

from .config import RingAdminError
from .session import ADMIN, DEFAULT, Refused, Unreachable, connect

GOSSIP = 'SELECT address, port, generation, status_with_port FROM system_views.gossip_info'
CLOCK = 'SELECT cluster_name, toUnixTimestamp(now()) AS now FROM system.local'
OWN = 'SELECT host_id FROM system.local'
PEERS = 'SELECT peer FROM system.peers_v2'
POLL_S = 0.5


def members(session, own):
    """Addresses of all nodes that this node counts to the ring, itself included, sorted."""
    return sorted({own} | {str(row['peer']) for row in session.execute(PEERS)})


def normal(session):
    """Addresses that are NORMAL in this node's gossip, sorted; a killed node stays among them (facts: no CQL table shows who is up)."""
    return sorted(str(row['address']) for row in session.execute(GOSSIP) if (row['status_with_port'] or '').startswith('NORMAL'))


def status(config):
    """This node's own view, for people and for checks."""
    with connect(config, ADMIN, config.admin_password) as session:
        return {'changed': False, 'members': members(session, config.address), 'normal': normal(session)}


def alive(config):
    """Which of the other hosts answer as nodes of this very ring, and how far their clocks are from this host's, in seconds.

    foreign: nodes that answer, but not to this fleet: another secret, authority or ring name. Never join past one of these.
    replaces: somebody counts a node at this host's address to the ring; one that has no data of its own comes in its place."""
    living, foreign, silent, skew, replaces = [], {}, {}, {}, False
    for address in config.contact_points:
        try:
            with connect(config, ADMIN, config.admin_password, address) as session:
                before = time.time()
                row = session.execute(CLOCK).one()
                after = time.time()
                known = config.address in normal(session)
        except Refused:
            foreign[address] = 'it refuses the password that derives from ringfleet_secret'
        except Unreachable as error:
            (foreign if 'certificate' in str(error) else silent)[address] = str(error)
        else:
            if row['cluster_name'] != config.ring:
                foreign[address] = f"it belongs to the ring {row['cluster_name']!r}"
                continue
            living.append(address)
            replaces = replaces or known
            skew[address] = least_skew(before, row['now'] / 1000.0, after)
    return {'changed': False, 'alive': living, 'foreign': foreign, 'silent': silent, 'skew': skew, 'replaces': replaces}


def least_skew(before, theirs, after):
    """Seconds by which two clocks differ at least, when theirs was read somewhere between both readings of ours. Never too much."""
    return round(max(0.0, before - theirs, theirs - after), 3)


def wait(config):
    """Wait until this node is NORMAL in gossip, its own and that of every member that answers, and answers CQL itself.

    Only then may the next one stop: the others must have seen this very start. RingAdminError says what it lacked; ``host_id`` is its own."""
    deadline = time.monotonic() + config.timeout
    while True:
        lacking, host_id = _lacking(config)
        if not lacking:
            return {'changed': False, 'host_id': host_id}
        state = _unit_state(config.unit)
        if state in ('failed', 'inactive'):
            raise RingAdminError(f'the ring node stopped ({config.unit} is {state}): see journalctl -u {config.unit}')
        if time.monotonic() > deadline:
            raise RingAdminError(f'the ring node is not up after {config.timeout:.0f} s: {lacking}; see journalctl -u {config.unit}')
        time.sleep(POLL_S)


def _lacking(config):
    """(what is still missing or an empty string, its host id). A founding node knows only the default user yet."""
    last = ''
    for user, password in ((ADMIN, config.admin_password), (DEFAULT, DEFAULT)):
        try:
            with connect(config, user, password) as session:
                if config.address not in normal(session):
                    return 'it answers CQL but is not NORMAL in gossip yet', ''
                generation = _generation(session, config.address)
                host_id = str(session.execute(OWN).one()['host_id'])
            return _unseen(config, user, password, generation), host_id
        except (Refused, Unreachable) as error:
            last = str(error)
            if isinstance(error, Unreachable):
                break
    return last, ''


def _generation(session, address):
    """When the node at this address was started (its gossip generation), as this session's node has heard; None when it has not."""
    return next((row['generation'] for row in session.execute(GOSSIP) if str(row['address']) == address), None)


def _unseen(config, user, password, generation):
    """Which member has not heard of this start yet; a member that does not answer is not waited for."""
    for address in config.contact_points:
        try:
            with connect(config, user, password, address) as session:
                if _generation(session, config.address) != generation or config.address not in normal(session):
                    return f'{address} has not heard of it in gossip yet'
        except (Refused, Unreachable):
            continue
    return ''


def _unit_state(unit):
    """systemd's word on the unit: active, activating, failed, inactive ..."""
    return subprocess.run(['systemctl', 'is-active', unit], stdout=subprocess.PIPE, universal_newlines=True, check=False).stdout.strip()
