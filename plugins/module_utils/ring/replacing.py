# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container deployed again on another host than its holder, with the label ``ringfleet.on_conflict=replace`` (design, section 5):
it becomes the fleet's version, and what ran before is a stale copy. Pure.

One conditional write takes the row over. What is exclusive waits behind it: while ``move`` of the row has the mark of a replacement,
the one on ``previous`` is not known to be down, and nobody starts the new one. The mark is taken away by ``previous`` itself, which
verified its copy down, or by whoever sees that host's lease expired.
"""
from __future__ import annotations

from ..model import RUNNING, ContainerRow
from .states import LEFT

# Ids of moves begin with a number.
_MARK = 'replace-'


def is_replacing(row):
    """Whether a ContainerRow waits for the copy that it replaces to be down."""
    return row.move.startswith(_MARK)


def taken_over(row, here, me):
    """The ContainerRow with ``here`` of host ``me`` as its new version. Its spec is kept anew: the old one is another version's."""
    again = row.holder == me
    mark = '%s%d-%s' % (_MARK, row.epoch + 1, here.instance[:12]) if here.exclusive else ''
    return ContainerRow(name=row.name, holder=me, epoch=row.epoch + 1, instance=here.instance, image=here.image, intent=RUNNING,
                        move=mark, move_to=me if mark else '', previous=row.previous if again else row.holder, priority=here.priority,
                        exclusive=here.exclusive, nonce=row.nonce)


def is_down(host):
    """Whether what ran exclusively on a host in an earlier epoch is down for good. :param host: its HostRow, read behind the takeover, or None.

    Its lease is expired: its guard ended all, and its gate starts only what a row names. Or a person said that it never comes back.
    """
    return host is not None and (host.lease_expired or host.state == LEFT)


def in_words(row):
    """What a ContainerRow with the mark waits for."""
    return 'it replaces the one on %s, which is not known to be down yet' % row.previous


def advice(here, row):
    """What a duplicate's user should know: where the fleet's is, and what can be done."""
    told = 'Container %s here is a duplicate: the fleet has the one on %s (epoch %d)' % (here.name, row.holder, row.epoch)
    if here.replaces and here.exclusive != row.exclusive:
        return '%s. It does not take over, since only one of both is exclusive: remove the one on %s first' % (told, row.holder)
    if here.replaces:
        return '%s. Start this one, and it takes over' % told
    return '%s. Remove or rename this one and deploy on %s, or create it with ringfleet.on_conflict=replace to let it take over' % (told, row.holder)
