# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to rows, for every method of the socket: what is not there is an error that names it and what is."""
from __future__ import annotations

from ..errors import UnknownContainer, UnknownHost
from ..model import ContainerRow
from ..names import check_container_name, check_host_name


def hosts_of(built, name=''):
    """The fleet's HostRows, read anew; of one host where a name is given.

    :raises UnknownHost: with the names that there are.
    """
    rows = built.membership.refresh()
    if not name:
        return rows
    check_host_name(name)
    found = [row for row in rows if row.host == name]
    if not found:
        raise UnknownHost('No host %s in the fleet' % name,
                          'Hosts: %s.' % (', '.join(sorted(row.host for row in rows)) or 'none yet'))
    return found


def row_of(built, name):
    """A container's row by a serial read. :raises UnknownContainer: when nobody ever managed one of this name."""
    check_container_name(name)
    row = built.store.read(ContainerRow, name)
    if row is None:
        raise UnknownContainer('No container %s is managed in this fleet' % name,
                               'Containers with the label ringfleet.managed=true are; see container_info.')
    return row


def reasons_of(built, row):
    """Why a container cannot move, wherever it is: its holder's own word, here or as it reported it."""
    return all_reasons(built, row.holder).get(row.name, ())


def all_reasons(built, holder):
    """{container: why it cannot move} of all that a host holds, by its own word."""
    if holder == built.settings.host:
        return built.custody.view.immovable
    return {report.name: report.immovable for report in built.store.loads(holder)} if holder else {}
