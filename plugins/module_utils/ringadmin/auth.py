# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of the ring: an administrator, the watchers' own and one that reads; the default superuser is gone afterwards."""

from __future__ import annotations

import time

from .session import ADMIN, DEFAULT, READER, WATCHER, Refused, Unreachable, connect

POLL_S = 0.5


def ensure(config):
    """Create or repair the roles, remove the default superuser; says whether anything was changed."""
    changed = _founded(config)
    with connect(config, ADMIN, config.admin_password) as session:
        roles = {row['role'] for row in session.execute('SELECT role FROM system_auth.roles')}
        if DEFAULT in roles:
            session.execute(f'DROP ROLE IF EXISTS {DEFAULT}')
            changed = True
        changed = _ensure_role(session, config, roles, WATCHER, config.watcher_password) or changed
        if config.reader_password:
            changed = _ensure_role(session, config, roles, READER, config.reader_password) or changed
    _forget_default(config)
    return {'changed': changed}


def _ensure_role(session, config, roles, name, password):
    """Create a role that may log in, or give it its password again: True when that changed it. What it may do is the schema's to say."""
    if name not in roles:
        session.execute(f"CREATE ROLE IF NOT EXISTS {name} WITH LOGIN = true AND PASSWORD = '{password}'")
        return True
    if _accepted(config, name, password):
        return False
    session.execute(f"ALTER ROLE {name} WITH LOGIN = true AND PASSWORD = '{password}'")
    return True


def _forget_default(config):
    """Ask this node until it refuses the default superuser.

    A node remembers an account for as long as credentials_validity says, and only a login makes it look again: without this the
    node that founded the ring would let the dropped default superuser in once more, up to a day later.
    """
    deadline = time.monotonic() + config.timeout
    while True:
        try:
            if not _accepted(config, DEFAULT, DEFAULT):
                return
        except Unreachable:
            # The login was let in out of memory, and what followed it was refused: it looks again now.
            pass
        if time.monotonic() > deadline:
            raise Refused(f'the node still lets the default superuser {DEFAULT} in, {config.timeout:g} s after it was dropped')
        time.sleep(POLL_S)


def _founded(config):
    """Make the administrator with the default superuser's help, when it is not there: True if it was made now."""
    deadline = time.monotonic() + config.timeout
    while True:
        if _accepted(config, ADMIN, config.admin_password):
            return False
        try:
            with connect(config, DEFAULT, DEFAULT) as session:
                session.execute(f"CREATE ROLE IF NOT EXISTS {ADMIN} WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '{config.admin_password}'")
                return True
        except (Refused, Unreachable) as error:
            # A new node makes its default superuser some seconds after it answers.
            if time.monotonic() > deadline:
                raise Refused(f'{error}, and the user {ADMIN} with the password that derives from ringfleet_secret as well: '
                              'is this the secret that the ring was founded with?') from error
        time.sleep(POLL_S)


def _accepted(config, user, password):
    try:
        with connect(config, user, password):
            return True
    except Refused:
        return False
