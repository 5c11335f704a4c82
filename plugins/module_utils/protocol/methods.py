# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of protocol methods (mission: protocol parsing; S1011-S1013, F8.2): a call names a method, it is found.

Every room offers what it does under a name; the socket, the ring and the other hosts' messages all come in by the same
door, so that they cannot disagree on what a method takes.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import ProtocolError, RingfleetError
from . import envelope


@dataclass(frozen=True)
class Method:
    """A method: the function and the types of its named parameters; those in ``optional`` may be left out."""
    call: object
    params: dict
    optional: frozenset


class Registry:
    """Names to methods. Filled once at start, then only read."""

    def __init__(self):
        self._methods = {}

    def add(self, name, call, params=None, optional=()):
        """Offer ``call`` as ``name``; ``params`` maps each parameter's name to its type."""
        self._methods[name] = Method(call, dict(params or {}), frozenset(optional))

    def names(self):
        """All names, sorted."""
        return sorted(self._methods)

    def call(self, name, /, **params):
        """Find the method (S1012), check the parameters, call it (S1013).

        :raises ProtocolError: unknown method, unknown, missing or wrong parameter.
        """
        method = self._methods.get(name)
        if method is None:
            raise ProtocolError('No method %r here' % name, 'Known methods: %s.' % ', '.join(self.names()),
                                envelope.METHOD_NOT_FOUND)
        wrong = ['%s is unknown' % key for key in sorted(set(params) - set(method.params))]
        for key, kind in method.params.items():
            if key not in params:
                if key not in method.optional:
                    wrong.append('%s is missing' % key)
            elif not isinstance(params[key], kind) or (isinstance(params[key], bool) and kind is not bool):
                wrong.append('%s must be %s' % (key, kind.__name__))
        if wrong:
            raise ProtocolError('Parameters of %s: %s' % (name, '; '.join(wrong)),
                                'It takes: %s.' % (', '.join(sorted(method.params)) or 'nothing'),
                                envelope.INVALID_PARAMS)
        return method.call(**params)

    def answer(self, text, on_bug):
        """The text of the answer to the text of a request: never an exception, whatever came in.

        ``on_bug(exception)`` is told what no room should have raised; the caller hears of an internal error.
        """
        ident = envelope.ident_of(text)
        try:
            ident, name, params = envelope.parse_request(text)
            return envelope.result(ident, self.call(name, **params))
        except RingfleetError as exc:
            return envelope.failure(ident, exc)
        except Exception as exc:  # pylint: disable=broad-except
            # The last line of defence of the loop: a bug in one method must not silence the watcher.
            on_bug(exc)
            return envelope.failure(ident, ProtocolError('Internal error: %s' % type(exc).__name__,
                                                         "Look into the watcher's journal.", envelope.INTERNAL_ERROR))
