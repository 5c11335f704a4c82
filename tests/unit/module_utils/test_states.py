# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a host: what may follow what, by whom, and what is said where it may not."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StateRefused
from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.ring import states
from ansible_collections.ringfleet.core.plugins.module_utils.ring.states import DRAINED, JOINING, LEAVING, LEFT, LOST, NORMAL, OBSERVER, PERSON, WATCHER, moved

ALLOWED = {
    WATCHER: {('', JOINING), (JOINING, NORMAL), (LOST, JOINING), (LOST, LEAVING), (LEAVING, DRAINED), (DRAINED, LEAVING)},
    PERSON: {(NORMAL, LEAVING), (LEAVING, NORMAL), (DRAINED, NORMAL), (DRAINED, LEFT), (LOST, LEFT), (LEFT, JOINING)},
    OBSERVER: {(JOINING, LOST), (NORMAL, LOST), (LEAVING, LOST), (DRAINED, LOST), (LOST, LOST)}}


@pytest.mark.parametrize('kind', [WATCHER, PERSON, OBSERVER])
@pytest.mark.parametrize('after', states.STATES)
@pytest.mark.parametrize('before', ('', *states.STATES))
def test_only_these_may_follow(before, after, kind):
    row = HostRow('h1', before, since_at=1000, by='ada')
    if (before, after) in ALLOWED[kind]:
        made = moved(row, after, kind, 'bob', 2000)
        assert (made.state, made.by, made.since_at) == (after, 'bob', 2000)
    else:
        with pytest.raises(StateRefused, match='cannot become %s by %s' % (after, kind)) as caught:
            moved(row, after, kind, 'bob', 2000)
        assert caught.value.remedy
        assert before == '' or ('is %s since 1970-01-01' % before in str(caught.value) and '(by ada)' in str(caught.value))
