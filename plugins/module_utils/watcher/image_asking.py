# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that lies nowhere but on other hosts, as behind a new disk of its own: asked for by an errand, streamed as every staged one.

One host after the other is asked, this host's backups first; each look finds how far it is, and nothing here waits.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..containers import images
from ..errors import EngineError, NoSuchImage, RingfleetError, StoreError
from ..moves import errands
from ..ring.states import NORMAL

METHOD = 'image.bring'


@dataclass(frozen=True)
class _Asked:
    """An errand that is under way: to which host, in which stream, and until when it is waited for."""
    ident: str
    host: str
    turn: str
    until: float


class ImageAsking:
    """Both sides of it on one host.

    :param hosts: () to the fleet's HostRows. :param backups: () to the names of this host's backups.
    """

    def __init__(self, store, engine, clock, transfer, hosts, backups, new_id, settings):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._transfer = transfer
        self._hosts = hosts
        self._backups = backups
        self._new_id = new_id
        self._settings = settings
        self._asked = {}
        self._tried = {}

    def offer(self, peers):
        """Add what other hosts may ask of this one."""
        peers.add(METHOD, self.image_bring, {'host': str, 'turn': str, 'name': str, 'id': str, 'layers': list})

    def image_bring(self, host, turn, name, id, layers):  # pylint: disable=redefined-builtin
        """Stream an image of this host to another; the SHA-256 of the stream."""
        row = next((each for each in self._hosts() if each.host == host and each.state == NORMAL), None)
        if row is None:
            raise EngineError('Host %s is no member in state normal' % host)
        ref = images.ref_of(self._engine, name, id, layers)
        if not ref:
            raise NoSuchImage('Image %s is not here' % name)
        return self._transfer.send(row, turn, self._engine.save(images.savable(name, id) if ref == name else id))

    def bring(self, name, image):
        """Bring an image on its way here. :param image: its ImageIdentity. :return: what is waited for, or '' once it is here."""
        asked, tried = self._asked.get(name), self._tried.setdefault(name, set())
        if asked is not None:
            try:
                sha256 = errands.answer(self._store, asked.ident)
                if sha256 is None and self._clock.monotonic() < asked.until:
                    return 'asked for from %s' % asked.host
                if sha256 is not None:
                    with self._transfer.receive(asked.turn, sha256) as stream:
                        images.take(self._engine, stream, name, image.id, image.layers)
                    self._forget(name, asked)
                    # Two containers of one image may wait for it, each in a job of its own: the other one may have been quicker.
                    self._tried.pop(name, None)
                    return ''
            except StoreError:
                raise
            except RingfleetError:
                # That host has none, or what came is another one: the next may have it.
                pass
            tried.add(asked.host)
            self._forget(name, asked)
        host = next((each for each in self._candidates() if each not in tried), '')
        if not host:
            tried.clear()
            return 'no other host of the fleet has it either'
        self._ask(host, name, image)
        return 'asked for from %s' % host

    def _candidates(self):
        others = sorted(each.host for each in self._hosts() if each.state == NORMAL and each.host != self._settings.host)
        backups = [each for each in self._backups() if each in others]
        return [*backups, *(each for each in others if each not in backups)]

    def _ask(self, host, name, image):
        turn, wait_s = self._new_id(), self._settings.transfer_s
        ident = errands.send(self._store, self._new_id(), host, METHOD, {
            'host': self._settings.host, 'turn': turn, 'name': name, 'id': image.id, 'layers': list(image.layers)},
            self._clock.wall() + int(wait_s * 1000))
        self._asked[name] = _Asked(ident, host, turn, self._clock.monotonic() + wait_s)

    def _forget(self, name, asked):
        self._asked.pop(name, None)
        self._transfer.discard(asked.turn)
