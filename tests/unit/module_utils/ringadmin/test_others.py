# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ring node is started again only while all others are up."""

from __future__ import annotations

import contextlib
import types

import pytest

from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import others
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin.config import Config, RingAdminError
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin.session import Refused, Unreachable

ME, A, B = "10.0.0.1", "10.0.0.2", "10.0.0.3"
CONFIG = Config(ME, "secret", "secret", timeout=0.0)


@pytest.fixture
def down(monkeypatch):
    """Addresses that do not answer; how often each was asked."""
    asked, away = [], set()

    @contextlib.contextmanager
    def connect(config, _user, _password, address=None):
        address = address or config.address
        asked.append(address)
        if address in away:
            raise Unreachable("timed out")
        yield types.SimpleNamespace(execute=lambda _cql: [{"peer": A}, {"peer": B}])

    monkeypatch.setattr(others, "connect", connect)
    monkeypatch.setattr(others, "POLL_S", 0.0)
    return types.SimpleNamespace(away=away, asked=asked)


def test_all_others_are_asked(down) -> None:
    assert others.ensure_up(CONFIG) == {"changed": False}
    assert sorted(down.asked) == [ME, A, B]


def test_one_that_is_down_is_told_with_what_to_do(down) -> None:
    down.away.add(B)
    with pytest.raises(RingAdminError, match=r"not started again while others are down.*10\.0\.0\.3: timed out.*playbook exit"):
        others.ensure_up(CONFIG)


def test_one_that_comes_back_in_time_is_waited_for(down, monkeypatch) -> None:
    down.away.add(B)
    monkeypatch.setattr(others.time, "sleep", lambda _seconds: down.away.clear())
    assert others.ensure_up(Config(ME, "secret", "secret", timeout=60.0)) == {"changed": False}
    assert down.asked.count(B) == 2


def test_a_node_that_is_down_itself_may_be_started(down) -> None:
    down.away.update((ME, B))
    assert others.ensure_up(CONFIG) == {"changed": False}
    assert down.asked == [ME]


def test_a_node_that_answers_and_lets_nobody_in_is_not_started_again(monkeypatch) -> None:
    def connect(*_given):
        raise Refused("Unable to perform authentication: Cannot achieve consistency level QUORUM")

    monkeypatch.setattr(others, "connect", connect)
    with pytest.raises(RingAdminError, match=r"10\.0\.0\.1: Unable to perform authentication"):
        others.ensure_up(CONFIG)
