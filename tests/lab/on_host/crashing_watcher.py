# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a lab host in place of the watcher: the very same one, killed by SIGKILL at one chosen write of its store.

``/var/lib/ringfleet/crash.json`` says at which: ``{"call": "put_move", "word": "committed", "when": "before"}``. It is
taken away just before the kill, so that the next start runs on undisturbed.
"""
from __future__ import annotations

import json
import os
import signal
import sys

from ringfleet.store.cassandra import CassandraStore
from ringfleet.store.cluster import cluster_of
from ringfleet.watcher import main

ORDER = '/var/lib/ringfleet/crash.json'


def order():
    try:
        with open(ORDER, encoding='utf-8') as stream:
            return json.load(stream)
    except FileNotFoundError:
        return None


def die():
    os.unlink(ORDER)
    with open(ORDER + '.done', 'w', encoding='utf-8') as stream:
        stream.write('killed')
        stream.flush()
        os.fsync(stream.fileno())
    os.kill(os.getpid(), signal.SIGKILL)


def armed(store, call):
    real = getattr(store, call)

    def write(*args, **kwargs):
        told = order()
        hit = told and told['call'] == call and told['word'] in repr((args, kwargs))
        if hit and told['when'] == 'before':
            die()
        result = real(*args, **kwargs)
        if hit and told['when'] == 'after':
            die()
        return result

    setattr(store, call, write)


def make_store(settings, secrets):
    store = CassandraStore(lambda: cluster_of(settings, secrets), settings.address)
    for call in ('put_move', '_cas', 'put_spec', 'index_move', 'put_placement', 'unindex_move'):
        armed(store, call)
    return store


serve = main.serve
main.serve = lambda settings, secrets: serve(settings, secrets, make_store)
sys.exit(main.main())
