# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The letters by which a host brings the images of its containers to its two backups, before anybody needs them (S105: what
a host runs can be made on the others at once; design, sections 5 and 10).

Each pair of a holder and a backup has one row of the table ``moves`` as its channel. It is listed in nobody's open moves: no
container's row is claimed, since nothing changes its owner. Each column has one writer, and the row alone says how far it
is, so a crash on either side is answered by looking again.

    holder                         row "stage HOLDER BACKUP"            backup
    what its containers need ----> request
                                   target_note <----------------------- has, lacks and why, wants one of them, by turn
    one stream ------------------> source_note: turn, SHA-256
                                   target_note <----------------------- has one more
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from ..errors import ProtocolError
from ..model import FromDict, MoveRow
from ..protocol import envelope

METHOD = 'image.stage'
_PREFIX = 'stage '


@dataclass(frozen=True)
class Image(FromDict):
    """An image that ``containers`` of the holder need under ``name``; the rest as containers.images.ImageIdentity."""
    name: str
    id: str
    digest: str
    layers: tuple
    size: int
    architecture: str
    containers: tuple = ()

    @property
    def key(self):
        """Identifies it by its name and layers, on any host."""
        return hashlib.sha256('\n'.join((self.name, *self.layers)).encode('utf-8')).hexdigest()[:16]


@dataclass(frozen=True)
class Answer(FromDict):
    """What a backup says: keys of images that it ``has``, {key: why} of those that it ``lacks`` for a reason, and the one that it
    ``wants`` in the stream ``turn``; under its id alone (``by`` id) where another image has its name here.
    """
    has: tuple = ()
    lacks: dict = field(default_factory=dict)
    wants: str = ''
    turn: str = ''
    by: str = 'name'


def channel(holder, backup):
    """The key of the pair's row."""
    return '%s%s %s' % (_PREFIX, holder, backup)


def is_channel(ident):
    """Whether a row of ``moves`` is such a channel and no move."""
    return ident.startswith(_PREFIX)


def offer(ident, images):
    """The holder's letter."""
    return envelope.request(METHOD, {'images': [each.to_dict() for each in images]}, ident)


def offered(move):
    """{key: Image} of the holder's letter; empty where there is none that this version understands."""
    try:
        _ident, _method, params = envelope.parse_request(move.request)
        images = [Image.from_dict(each) for each in params['images']]
    except (ProtocolError, KeyError, TypeError):
        return {}
    return {each.key: each for each in images}


def reply(ident, answer):
    """The backup's letter."""
    return envelope.result(ident, answer)


def replied(move):
    """The Answer of the backup; an empty one where there is none that this version understands."""
    try:
        return Answer.from_dict(envelope.parse_answer(move.target_note))
    except (ProtocolError, TypeError, AttributeError):
        return Answer()


def sent(move):
    """(turn, note) of the holder's last stream: its SHA-256, or why it failed."""
    turn, _blank, note = move.source_note.partition(' ')
    return turn, note


def row_of(store, holder, backup):
    """The MoveRow of a pair; an empty one before anybody wrote it."""
    ident = channel(holder, backup)
    return store.move(ident) or MoveRow(ident)


def staged(store, holder, backups):
    """{container of the holder: names of those of its backups that have its image}, as they said last."""
    found = {}
    for backup in backups:
        move = row_of(store, holder, backup)
        has = replied(move).has
        for key, image in offered(move).items():
            for name in image.containers if key in has else ():
                found[name] = (*found.get(name, ()), backup)
    return found
