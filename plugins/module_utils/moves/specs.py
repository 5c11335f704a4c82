# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container's creation request as the fleet keeps it (S105, F9.3): sealed, with the identity of its image, under the hash
of the request alone. With it any member can make the container without asking the host that ran it.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from ..containers.images import ImageIdentity, identity_of
from ..containers.spec import request_of
from ..errors import Conflict, EngineError
from ..ring.replacing import is_replacing
from ..store.seal import seal, spec_hash, unseal


@dataclass(frozen=True)
class Spec:
    """``request``: what the engine is asked to create. ``digest``: its keyed hash. ``image``: ImageIdentity."""
    request: dict
    digest: str
    image: ImageIdentity

    @property
    def config(self):
        """The request's configuration, as the engine's API has it."""
        return self.request['config']


def spec_of(engine, key, inspected):
    """The Spec of a container of this host. :raises EngineError: as the engine does."""
    image = engine.image(inspected['Image'])
    request = request_of(inspected, image)
    return Spec(request, spec_hash(key, request), identity_of(image))


def keep(store, key, name, spec):
    """Store a Spec for everybody. :raises SpecTooLarge: over 1 MiB, naming the container."""
    store.put_spec(name, spec.digest, seal(key, name, spec.digest, {'request': spec.request, 'image': asdict(spec.image)}))


def kept(store, key, name, digest):
    """The Spec again. :raises EngineError: when there is none. :raises SealError: when it cannot be opened."""
    sealed = store.spec(name, digest)
    if sealed is None:
        raise EngineError('The spec of container %s is not in the store' % name,
                          'It is kept when its holder adopts it, and by every move.')
    found = unseal(key, name, digest, sealed)
    return Spec(found['request'], digest, ImageIdentity(**dict(found['image'], layers=tuple(found['image']['layers']))))


class Keeper:
    """Keeps the Specs of this host's own containers before anybody needs them: a failover asks nothing of the dead host."""

    def __init__(self, store, engine, key):
        self._store = store
        self._engine = engine
        self._key = key

    def keep(self, inspected, row):
        """Make the row name the kept Spec of its instance.

        :return: the row as it is then, or None when somebody else wrote first: look again.
        :raises RingfleetError: as store and engine do, and SpecTooLarge.
        """
        if row.move and not is_replacing(row):
            # The move has kept it, under the hash in its plan.
            return row
        spec = spec_of(self._engine, self._key, inspected)
        if row.spec_hash == spec.digest:
            return row
        keep(self._store, self._key, row.name, spec)
        try:
            return self._store.swap(row, replace(row, spec_hash=spec.digest))
        except Conflict:
            return None
