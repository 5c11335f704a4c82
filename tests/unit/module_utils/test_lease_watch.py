# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From when on an observer counts a renewal that a slow read brings: never from before it was made."""
from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.watcher.lease_watch import LeaseWatch

TTL_S, MARGIN_S = 30.0, 5.0
HELD = HostRow(host='h1', state='normal', renewals=1, lease_ttl_s=TTL_S)


class Observer:
    """h3's watch over the lease of h1, whose last renewal is made at ``renewed``, with a clock that stands but in reads."""

    def __init__(self, renewed):
        self.now = 0.0
        self.renewed = renewed
        self.slow_s = 0.0
        self.marked = None
        self.watch = LeaseWatch(SimpleNamespace(
            clock=SimpleNamespace(monotonic=lambda: self.now), store=self,
            settings=SimpleNamespace(host='h3', lease_ttl_s=TTL_S, lease_margin_s=MARGIN_S),
            membership=SimpleNamespace(hosts=lambda: [HELD], refresh=list), broadcaster=SimpleNamespace(send=lambda *_args, **_more: None),
            observer=SimpleNamespace(judges_nobody=lambda: '', backups=lambda: {'h1': ('h2', 'h3')}),
            coordinator=SimpleNamespace(armed=lambda: '', gone=set, succeed=lambda *_args: None)))

    def read(self, _kind, _host):
        self.now += self.slow_s
        return replace(HELD, renewals=9) if self.now >= self.renewed else HELD

    def swap(self, _before, _after):
        self.marked = self.marked or self.now

    def look_until(self, when):
        while self.now < when and self.marked is None:
            self.watch.look()
            self.now += 1.0


@pytest.mark.parametrize('slow_s', [0.0, 3.0, 12.0])
def test_it_is_marked_a_whole_lease_behind_the_renewal_at_the_earliest(slow_s):
    observer = Observer(renewed=16.0 + slow_s)
    observer.look_until(16.0)
    observer.slow_s = slow_s
    observer.look_until(17.0)
    observer.slow_s = 0.0
    observer.look_until(200.0)
    assert observer.renewed + TTL_S + MARGIN_S <= observer.marked <= observer.renewed + TTL_S + MARGIN_S + 2.0
