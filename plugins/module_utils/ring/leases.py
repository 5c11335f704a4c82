# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases (design, section 5): when a host must have ended what is exclusive, and when others may take that over. Pure.

A host counts its renewals in its own row. The fence deadline follows from the *start* of the last one that was applied; an
observer counts from when it *first saw* that renewal, which is later. Both wait on their own clock, so none has to agree:

    holder    start---applied              fence: 2/3 ttl   TERM, 2 s, KILL       ttl
              |--------x--------------------------|-------------------|------------|
    observer               first seen, later         ttl, the longer of both            margin
                           |-------------------------------------------------------------|-----| may mark it expired

The mark is a conditional write on the row with that very renewal in it: behind it the holder can neither have renewed nor
renew. So when it is applied, the holder's guard has long ended what ran under the lease.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, replace

FENCE_SHARE = 2.0 / 3.0


@dataclass(frozen=True)
class Seen:
    """What an observer knows of a lease: its ``renewals``, and ``since`` when (its own monotonic second) it has seen them so."""
    renewals: int
    since: float


def has_lease(row):
    """Whether a HostRow has a lease that runs, or ran out: its exclusive containers may be taken over some day."""
    return row.lease_ttl_s > 0


def fence_at(start, ttl_s):
    """The second at which the guard ends what is exclusive, on the clock of ``start``, the begin of the last renewal."""
    return start + ttl_s * FENCE_SHARE


def renewed(row, ttl_s):
    """The holder's row with one more renewal; the first one, and one after it ran out, are no different."""
    return replace(row, renewals=row.renewals + 1, lease_ttl_s=ttl_s, lease_expired=False)


def given_up(row):
    """The holder's row without a lease; only while nothing exclusive is there. It counts, so that no observer takes it for old."""
    return replace(row, renewals=row.renewals + 1, lease_ttl_s=0.0, lease_expired=False)


def expired(row, coordinator):
    """The row marked by an observer, which coordinates what follows for the host's exclusive containers."""
    return replace(row, lease_expired=True, coordinator=coordinator, failover_epoch=row.failover_epoch + 1)


def seen(before, row, now):
    """Seen after a read of ``row`` at ``now``. ``before``: as it was, or None. A read that is older than the last changes nothing."""
    return before if before is not None and row.renewals <= before.renewals else Seen(row.renewals, now)


def age_s(known, now):
    """Seconds for which the observer has seen no renewal."""
    return max(0.0, now - known.since)


def runs_out_s(known, row, own_ttl_s, margin_s, now):
    """Seconds until the observer may mark the lease expired; 0 when it may."""
    return max(0.0, max(row.lease_ttl_s, own_ttl_s) + margin_s - age_s(known, now))


def in_words(seconds):
    """``runs_out_s`` for people, in steps of ten: a sentence that changed each second would fill the log."""
    return 'its lease runs out within %d s' % (10 * math.ceil(seconds / 10.0)) if seconds > 0 else 'its lease is about to be marked as run out'
