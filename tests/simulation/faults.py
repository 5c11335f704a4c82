# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crashes at chosen calls: a proxy that counts the calls that write, and kills before or after the chosen one."""
from __future__ import annotations


class Crash(BaseException):
    """SIGKILL of a watcher: nothing in the product may catch it."""


WRITES = frozenset((
    # store
    '_cas', 'put_beat', 'put_loads', 'put_placement', 'drop_placement', 'put_spec', 'put_move', 'index_move',
    'unindex_move', 'put_broadcast', 'put_decision',
    # engine
    'create', 'start', 'stop', 'remove', 'rename', 'set_restart', 'load', 'tag',
    # transfer
    'send', 'discard',
    # the guard's orders
    'give'))
# Written each second whatever happens: no step of a move.
IDLE = frozenset(('put_beat', 'put_loads'))


class Fuse:
    """Counts writes; ``at`` is (number or name of the write, 'before' or 'after') or None."""

    def __init__(self, at=None):
        self.at = at
        self.calls = []

    def guard(self, name, call):
        """Make ``call``, dying where the fuse says."""
        if name not in WRITES or name in IDLE:
            return call()
        self.calls.append(name)
        number = len(self.calls) - 1
        if self.at in ((number, 'before'), (name, 'before')):
            self.at = None
            raise Crash(name)
        result = call()
        if self.at in ((number, 'after'), (name, 'after')):
            self.at = None
            raise Crash(name)
        return result


class Guarded:
    """An object whose writing methods go through a Fuse."""

    def __init__(self, inner, fuse):
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if not callable(value) or name not in WRITES:
            return value
        return lambda *args, **kwargs: self._fuse.guard(name, lambda: value(*args, **kwargs))


def guarded_store(store, fuse):
    """The store itself, its writes going through a Fuse; ``swap`` keeps calling the guarded ``_cas``."""
    for name in WRITES:
        inner = getattr(store, name, None)
        if inner is not None:
            setattr(store, name, lambda *args, _inner=inner, _name=name, **kwargs: fuse.guard(
                _name, lambda: _inner(*args, **kwargs)))
    return store
