# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For how long a service answers nowhere, as a client sees it that asks whichever host has it."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType

# Between two questions to one service, and how long one may take.
EVERY_S = 0.05
TIMEOUT_S = 1.0


class Watch:
    """Asks each service again and again, in a thread of its own, from ``with`` to its end.

    :param places: for each service the (address, port) pairs where it may be.
    """

    def __init__(self, places: list[list[tuple[str, int]]]) -> None:
        self._over = threading.Event()
        self._longest = [0.0] * len(places)
        self._threads = [threading.Thread(target=self._ask, args=(number, where)) for number, where in enumerate(places)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def gaps(self) -> list[float]:
        """The longest gap of each service in seconds; 0.0 for one that always answered."""
        return list(self._longest)

    def _ask(self, number: int, where: list[tuple[str, int]]) -> None:
        since = None
        while not self._over.is_set():
            began = time.monotonic()
            # Where it was is asked first, so that a quiet service costs one question.
            found = next((place for place in where if _answers(*place)), None)
            if found is None:
                since = since or began
            else:
                where = [found, *(place for place in where if place != found)]
                since = self._end(number, since)
            self._over.wait(EVERY_S)
        self._end(number, since)

    def _end(self, number: int, since: float | None) -> None:
        if since is not None:
            self._longest[number] = max(self._longest[number], time.monotonic() - since)


def _answers(address: str, port: int) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
