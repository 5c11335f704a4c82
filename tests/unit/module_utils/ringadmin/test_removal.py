# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that was removed while it was away: kept out by the others' word alone."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import types

import pytest

from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin import may_start, removal
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin.config import Config
from ansible_collections.ringfleet.core.plugins.module_utils.ringadmin.session import Refused, Unreachable

ME, A, B = "10.0.0.1", "10.0.0.2", "10.0.0.3"
OWN = "0f1e2d3c-0000-4000-8000-000000000001"
COUNTS, COUNTS_NOT = [OWN, "another"], ["another"]


@pytest.fixture
def answers(monkeypatch):
    """{address: the host ids that the node there tells, or what connecting to it raises}."""
    told = {}

    @contextlib.contextmanager
    def connect(_config, _user, _password, address):
        if isinstance(told[address], Exception):
            raise told[address]
        yield types.SimpleNamespace(execute=lambda _cql: [{"host_id": each} for each in told[address]])

    monkeypatch.setattr(removal, "connect", connect)
    return told


@pytest.fixture
def known(tmp_path):
    """The file with this node's host id."""
    path = tmp_path / "host_id"
    path.write_text(OWN + "\n")
    return str(path)


@pytest.mark.parametrize(("a", "b", "is_removed"), [
    (COUNTS, COUNTS, False), (COUNTS_NOT, COUNTS_NOT, True), (COUNTS_NOT, COUNTS, False), (COUNTS_NOT, Unreachable("down"), True),
    (COUNTS, Unreachable("down"), False), (Unreachable("down"), Unreachable("down"), False), (Refused("foreign"), Unreachable("down"), False),
])
def test_only_who_answers_is_heard_and_one_that_counts_it_is_enough(answers, known, a, b, is_removed) -> None:
    answers.update({A: a, B: b})
    config = Config(ME, "secret", "secret", contact_points=(A, B), host_id_file=known)
    assert removal.removed(config) == {"changed": False, "removed": is_removed}


def test_a_fleet_of_one_has_nobody_to_ask(known) -> None:
    assert removal.is_removed(Config(ME, "", "", host_id_file=known), "user", "word") is False


def test_a_node_that_was_never_told_its_id_is_not_kept_out(answers, tmp_path) -> None:
    answers[A] = COUNTS_NOT
    assert removal.is_removed(Config(ME, "", "", contact_points=(A,), host_id_file=str(tmp_path / "none")), "user", "word") is False


@pytest.fixture
def installed(tmp_path):
    """The watcher's configuration, as the playbook writes it."""
    (tmp_path / "secret.json").write_text(json.dumps({"store_user": "u", "store_password": "planted", "seal_key": base64.b64encode(b"k" * 32).decode()}))
    (tmp_path / "secret.json").chmod(0o600)
    (tmp_path / "watcher.json").write_text(json.dumps({
        "host": "h1", "address": ME, "contact_points": [ME, A, B], "datacenter": "dc1", "secret_file": str(tmp_path / "secret.json")}))
    return str(tmp_path / "watcher.json")


@pytest.mark.parametrize(("told", "status", "says"), [(COUNTS, 0, ""), (COUNTS_NOT, 3, "ringfleet.core.join"), (Unreachable("down"), 0, "")])
def test_the_unit_starts_it_unless_the_others_have_removed_it(answers, known, installed, told, status, says) -> None:
    answers.update({A: told, B: told})
    err = io.StringIO()
    assert may_start.main(["--config", installed, "--host-id", known], err) == status
    assert (says in err.getvalue(), "planted" in err.getvalue()) == (True, False)


def test_without_a_watcher_it_starts(tmp_path) -> None:
    err = io.StringIO()
    assert may_start.main(["--config", str(tmp_path / "none.json")], err) == 0
    assert "none.json" in err.getvalue()
