# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errands: what one host asks of another besides moves, over the same channel (table ``moves``): an envelope in, one out.

The asked host answers by its own registry of methods for peers; whatever is asked is safe to be done twice. An errand that is
late is answered by an error instead of being done when nobody waits for it any more.
"""
from __future__ import annotations

from ..errors import EngineUnavailable, HandoverRefused, ProtocolError, RingfleetError, StoreError
from ..protocol import envelope

_MARK = '-errand'
ANSWERED = 'answered'


def is_errand(ident):
    """Whether an id in the channel is an errand's and not a move's."""
    return ident.endswith(_MARK)


def send(store, ident, host, method, params, until):
    """Ask ``host`` to do something; returns the errand's id.

    :param ident: an id of nobody else. :param until: wall-clock millisecond after which it is not begun any more.
    """
    ident += _MARK
    store.put_move(ident, asked=envelope.request(method, dict(params, until=until), ident))
    store.index_move(host, ident)
    return ident


def answer(store, ident):
    """What the asked host answered, or None while it has not.

    :raises RingfleetError: what it answered, as the class it was there. :raises ProtocolError: for what is no errand.
    """
    errand = store.move(ident) if is_errand(ident) else None
    if errand is None:
        raise ProtocolError('No errand %s' % ident)
    return envelope.parse_answer(errand.source_note) if errand.source_step == ANSWERED else None


class Errands:
    """Does what others ask of this host.

    :param peers: the protocol.methods.Registry of what they may ask.
    """

    def __init__(self, store, clock, peers, host, jobs, log):
        self._store = store
        self._clock = clock
        self._peers = peers
        self._host = host
        self._jobs = jobs
        self._log = log

    def run(self, idents):
        """Begin a job for each of them that has none."""
        for ident in idents:
            self._jobs.start('errand ' + ident, lambda ident=ident: self._do(ident))

    def _do(self, ident):
        try:
            errand = self._store.move(ident)
            if errand is not None and errand.source_step != ANSWERED:
                self._store.put_move(ident, source_note=self._answer(errand.asked), source_step=ANSWERED)
            self._store.unindex_move(self._host, ident)
        except (StoreError, EngineUnavailable) as exc:
            # Still listed: it is tried again, until it is late.
            self._log.warning('errand %s: %s', ident, exc)

    def _answer(self, text):
        try:
            ident, method, params = envelope.parse_request(text)
            if self._clock.wall() > params.pop('until', 0):
                raise HandoverRefused('Host %s was asked too long ago' % self._host, 'Ask again.')
            return envelope.result(ident, self._peers.call(method, **params))
        except (StoreError, EngineUnavailable):
            raise
        except RingfleetError as exc:
            return envelope.failure(envelope.ident_of(text), exc)
