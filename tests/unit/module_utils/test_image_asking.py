# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two containers of one image wait for it at once, each in a job of its own (found by seed 2336 of the simulator)."""

from __future__ import annotations

import contextlib
import itertools
import types

from ansible_collections.ringfleet.core.plugins.module_utils.model import HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.watcher import image_asking


def test_one_job_is_done_while_the_other_takes_the_image(monkeypatch) -> None:
    numbers, discarded = itertools.count(1), []
    transfer = types.SimpleNamespace(receive=lambda turn, sha256: contextlib.nullcontext(b"image"), discard=discarded.append)
    clock = types.SimpleNamespace(monotonic=lambda: 1.0, wall=lambda: 1000)
    asking = image_asking.ImageAsking(
        None, None, clock, transfer, lambda: [HostRow("h1", "normal", 1), HostRow("h2", "normal", 1)], lambda: ("h1",),
        lambda: f"turn {next(numbers)}", types.SimpleNamespace(host="h2", transfer_s=60.0))
    image = types.SimpleNamespace(id="sha256:1", layers=())
    monkeypatch.setattr(image_asking.errands, "send", lambda *_words: "errand")
    monkeypatch.setattr(image_asking.errands, "answer", lambda _store, _ident: "sum")
    assert asking.bring("web:1", image) == "asked for from h1"
    done = []

    def take(*_words: object) -> None:
        if not done:
            done.append("other job")
            done.append(asking.bring("web:1", image))

    monkeypatch.setattr(image_asking.images, "take", take)
    assert (asking.bring("web:1", image), done) == ("", ["other job", ""])
    assert set(discarded) == {"turn 1"}
