# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images on their way: identity that survives a transfer, by digest where a registry has it, else as a stream (F9.5).

Image ids differ between image stores, so an image is the same when its layers are (``RootFS.Layers``).
"""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import EngineError, NoSuchImage


@dataclass(frozen=True)
class ImageIdentity:
    """What identifies an image on any host."""
    id: str
    digest: str
    layers: tuple
    architecture: str
    size: int


def identity_of(inspected):
    """ImageIdentity of an inspected image; ``digest`` is its first ``repository@sha256:...``, or ''."""
    digests = inspected.get('RepoDigests') or []
    return ImageIdentity(inspected['Id'], digests[0] if digests else '',
                         tuple((inspected.get('RootFS') or {}).get('Layers') or ()),
                         inspected.get('Architecture', ''), int(inspected.get('Size') or 0))


def ref_of(engine, name, image_id, layers):
    """Under which of its name and its id the engine has the image of these layers, or ''."""
    for ref in (name, image_id):
        try:
            found = identity_of(engine.image(ref))
        except NoSuchImage:
            continue
        if found.layers == tuple(layers):
            return ref
    return ''


def is_here(engine, name, image_id, layers):
    """Whether the engine has the image of these layers under ``name``; tags it when it is here under its id alone."""
    ref = ref_of(engine, name, image_id, layers)
    if ref not in ('', name):
        _name_it(engine, ref, name)
    return bool(ref)


def fetch(engine, name, digest, layers):
    """Pull by digest and give it its name, where that is not ''; True when the image is here afterwards.

    A registry out of reach is no error: it is streamed then.
    """
    if not digest:
        return False
    try:
        engine.pull(digest)
        found = identity_of(engine.image(digest))
    except EngineError:
        return False
    if found.layers != tuple(layers):
        return False
    _name_it(engine, found.id, name)
    return True


def savable(name, image_id):
    """What to save: by its name where it has one, so that the stream carries the tag; the layers are checked on arrival."""
    return name if _is_tag(name) else image_id


def take(engine, stream, name, image_id, layers):
    """Load a streamed image and name it.

    :raises EngineError: when what came is not the image of these layers.
    """
    engine.load(stream)
    if not is_here(engine, name, image_id, layers):
        raise EngineError('What was streamed is not image %s: its layers differ' % name,
                          'Was the tag moved on the source during the transfer? Start the move again.')


def _name_it(engine, ref, name):
    if _is_tag(name):
        engine.tag(ref, name)


def _is_tag(name):
    return name != '' and '@' not in name and not name.startswith('sha256:')
