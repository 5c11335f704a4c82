# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases: for any course of renewals, reads, clocks and settings nobody marks one whose holder may still run something."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils import settings
from ansible_collections.ringfleet.core.plugins.module_utils.errors import ConfigError, LabelError
from ansible_collections.ringfleet.core.plugins.module_utils.containers import labels
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring import leases, losses
from hypothesis import given
from hypothesis import strategies as st

ROW = HostRow('h1', 'normal', renewals=7, lease_ttl_s=30.0)
GRACE_S, POLL_S = 2.0, 0.25
SECONDS = st.floats(0.0, 60.0)


@given(st.lists(st.tuples(SECONDS, SECONDS, SECONDS, st.booleans()), max_size=30), st.floats(15.0, 120.0), st.floats(15.0, 120.0),
       st.floats(1.0, 10.0), st.floats(-1e6, 1e6))
def test_a_mark_is_never_before_the_kill(steps, ttl, own_ttl, margin, skew):
    """Time passes, the holder renews (its write takes a while, and may apply unseen), the observer reads on a clock of its own, late or not."""
    now, row, fence, known = 0.0, replace(ROW, lease_ttl_s=ttl), leases.fence_at(0.0, ttl), None
    for idle, writing, reading, renews in steps:
        now += idle
        if renews:
            start, now = now, now + writing
            row = leases.renewed(row, ttl)
            fence = leases.fence_at(start, ttl)
        seen_row = row
        # The answer may be old when it arrives.
        now += reading
        known = leases.seen(known, seen_row, now + skew)
        if known.renewals == row.renewals and leases.runs_out_s(known, row, own_ttl, margin, now + skew) <= 0:
            assert now >= fence + GRACE_S + POLL_S
            assert now >= start_of(fence, ttl) + ttl + margin - 1e-6


def start_of(fence, ttl):
    """When the renewal of this fence deadline was begun."""
    return fence - ttl * leases.FENCE_SHARE


def test_a_renewal_that_was_never_seen_starts_the_wait_anew():
    known = leases.seen(None, ROW, 100.0)
    assert leases.runs_out_s(known, ROW, 30.0, 3.0, 120.0) == 13.0
    assert leases.runs_out_s(known, ROW, 60.0, 3.0, 120.0) == 43.0
    newer = leases.renewed(ROW, 30.0)
    assert leases.seen(known, newer, 120.0) == leases.Seen(8, 120.0)
    # A read that is older than the last one is no news.
    assert leases.seen(leases.Seen(8, 120.0), ROW, 125.0) == leases.Seen(8, 120.0)


def test_other_writes_to_the_row_prolong_nothing():
    known = leases.seen(None, ROW, 100.0)
    assert leases.seen(known, replace(ROW, state='lost', nonce='another'), 110.0) == known


def test_what_the_writes_do():
    marked = leases.expired(ROW, 'h2')
    assert (marked.lease_expired, marked.coordinator, marked.failover_epoch, marked.renewals) == (True, 'h2', 1, 7)
    again = leases.renewed(marked, 40.0)
    assert (again.lease_expired, again.coordinator, again.renewals, again.lease_ttl_s) == (False, 'h2', 8, 40.0)
    none = leases.given_up(again)
    assert (leases.has_lease(none), none.renewals) == (False, 9)
    assert leases.has_lease(leases.renewed(none, 30.0))


@pytest.mark.parametrize('seconds, words', [(33.0, 'within 40 s'), (30.0, 'within 30 s'), (0.1, 'within 10 s'), (0.0, 'about to be marked')])
def test_in_words(seconds, words):
    assert words in leases.in_words(seconds)


def test_fleets_too_small_for_leases():
    rows = [HostRow('h1', 'normal'), HostRow('h2', 'lost'), HostRow('h3', 'left')]
    assert losses.too_few(rows) == 'not armed: 2 of the 3 hosts that a failover needs'
    assert losses.too_few([*rows, HostRow('h4', 'normal')]) == ''


# -- settings and labels ----------------------------------------------------------------------------------------------

GOOD = {'host': 'h1', 'address': '10.0.0.1', 'contact_points': ['10.0.0.1']}


@pytest.mark.parametrize('change, words', [
    ({'lease_ttl_s': 14}, 'lease_ttl_s: is 14, must be at least 15: the guard kills in its last third and needs 5 s'),
    ({'lease_renew_s': 6}, 'lease_renew_s: is 6, must be at most 5: 4 renewals fit into two thirds'),
    ({'lease_margin_s': 0.5}, 'lease_margin_s: is 0.5, must be at least 1.0'), ({'lease_ttl_s': 'long'}, 'lease_ttl_s: is str')])
def test_settings_that_leave_no_time_to_kill_are_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        settings.from_dict(dict(GOOD, **change))


def test_settings_that_do():
    made = settings.from_dict(dict(GOOD, lease_ttl_s=15, lease_renew_s=2.5))
    assert (made.lease_ttl_s, made.lease_renew_s, made.lease_margin_s) == (15, 2.5, 3.0)


def test_labels_of_exclusive_containers():
    parsed = labels.parse({'ringfleet.exclusive': 'yes', 'ringfleet.mode': 'start-first'})
    assert (parsed.exclusive, parsed.mode, parsed.restart) == (True, 'stop-first', 'unless-stopped')
    assert labels.parse({}).exclusive is False
    assert labels.contradiction({'ringfleet.exclusive': '0', 'ringfleet.mode': 'start-first'}) == ''
    with pytest.raises(LabelError, match='ringfleet.restart=\'sometimes\' is unknown. Write no, on-failure, always or unless-stopped'):
        labels.parse({'ringfleet.restart': 'sometimes'})
