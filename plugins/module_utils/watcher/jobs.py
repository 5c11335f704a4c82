# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work off the loop, long or on a beat of its own: a small pool, one job a key at a time, and nothing that it raises is lost."""
from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor


class Jobs:
    """Runs calls in threads.

    :param on_bug: told every exception that a job lets out. :param on_end: called when a job ended, to wake the loop.
    """

    def __init__(self, size, on_bug, on_end):
        self._pool = ThreadPoolExecutor(size, thread_name_prefix='job')
        self._on_bug = on_bug
        self._on_end = on_end
        self._running = set()
        self._lock = threading.Lock()

    def start(self, key, call):
        """Run ``call`` unless a job of this key is under way; True when it was begun."""
        with self._lock:
            if key in self._running:
                return False
            self._running.add(key)
        self._pool.submit(self._run, key, call)
        return True

    def _run(self, key, call):
        try:
            call()
        except Exception as exc:  # pylint: disable=broad-except
            # A bug in one job must neither stop the others nor pass unseen.
            self._on_bug(exc)
        finally:
            with self._lock:
                self._running.discard(key)
            self._on_end()

    def stop(self):
        """Begin no more; jobs under way are resumable by design and are not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Repeater:
    """Calls something again and again in a thread of its own, whatever the loop does.

    :param on_bug: told every exception that the call lets out; it is called again all the same.
    """

    def __init__(self, name, period_s, call, on_bug):
        self._period_s = period_s
        self._call = call
        self._on_bug = on_bug
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self):
        """Begin."""
        self._thread.start()

    def stop(self):
        """Call no more; a call under way comes to its end."""
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(self._period_s):
            try:
                self._call()
            except Exception as exc:  # pylint: disable=broad-except
                # As in a job: a bug must not cost the lease.
                self._on_bug(exc)
