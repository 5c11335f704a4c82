# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The holder's side of staging: says what its containers need, and sends what a backup wants, one stream at a time."""
from __future__ import annotations

from dataclasses import replace

from ..containers.images import identity_of, ref_of, savable
from ..errors import EngineError, EngineUnavailable, NoSuchContainer, NoSuchImage
from . import steps
from .staging import Image, offer, replied, row_of, sent


class StageSource:
    """Offers and sends.

    :param containers: () to (name, instance) of this host's containers that a failover would make elsewhere.
    :param waits: () to True while something else moves here.
    """

    def __init__(self, parts, containers, waits):
        self._parts = parts
        self._containers = containers
        self._waits = waits
        self._known = {}
        self._left = ()
        self.sending = False

    @property
    def left(self):
        """(image's name, backup, why or '') of all that a backup does not have yet, when last looked."""
        return self._left

    @property
    def under_way(self):
        """Whether a backup has yet to answer, or to get what it wants."""
        return any(not why for _name, _backup, why in self._left)

    def look(self, backups):
        """Bring on the staging on the hosts of these HostRows. Raises as the store does."""
        images, left = self._images(), []
        for row in backups:
            move = row_of(self._parts.store, self._parts.host, row.host)
            letter = offer(move.id, images)
            if move.request != letter:
                self._parts.store.put_move(move.id, request=letter)
            answer = replied(move)
            left.extend((each.name, row.host, answer.lacks.get(each.key, '')) for each in images if each.key not in answer.has)
            wanted = [each for each in images if each.key == answer.wants]
            if wanted and sent(move)[0] != answer.turn and not self._waits():
                self._send(row, move, wanted[0], answer)
        self._left = tuple(left)

    def _images(self):
        """The Images of the containers, by name; each container is inspected once."""
        found, alive = {}, {}
        for name, instance in self._containers():
            try:
                image = self._known.get(instance) or self._inspected(instance)
            except (NoSuchContainer, NoSuchImage):
                # It is going just now, or was built anew while it runs: its own image has no name any more.
                continue
            alive[instance] = image
            kept = found.setdefault(image.key, image)
            found[image.key] = replace(kept, containers=(*kept.containers, name))
        self._known = alive
        return tuple(sorted(found.values(), key=lambda each: each.name))

    def _inspected(self, instance):
        inspected = self._parts.engine.inspect(instance)
        identity = identity_of(self._parts.engine.image(inspected['Image']))
        return Image(inspected['Config']['Image'], identity.id, identity.digest, identity.layers, identity.size, identity.architecture)

    def _ref(self, image, answer):
        """What to save. Its name goes along only if it is still this image's own, here and there."""
        named = ref_of(self._parts.engine, image.name, image.id, image.layers) == image.name
        return savable(image.name, image.id) if named and answer.by == 'name' else image.id

    def _send(self, row, move, image, answer):
        parts, self.sending = self._parts, True
        try:
            digest = parts.transfer.send(row, answer.turn, parts.engine.save(self._ref(image, answer)))
        except EngineUnavailable:
            # It says nothing about this image: look again later.
            raise
        except EngineError as exc:
            parts.store.put_move(move.id, source_step=steps.FAILED, source_note='%s %s' % (answer.turn, exc))
        else:
            parts.store.put_move(move.id, source_step=steps.IMAGE_SENT, source_note='%s %s' % (answer.turn, digest))
        finally:
            self.sending = False
