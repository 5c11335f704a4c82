# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sealing of creation requests: they hold secrets, so no table, log or error ever has one in clear (design, section 9).

AES-256-GCM with a random nonce; the container's name and the spec's hash are bound as associated data, so that a sealed
spec cannot be passed off as another's. Key: 32 bytes, derived from the fleet's vaulted secret.
"""
from __future__ import annotations

import hashlib
import hmac
import json
import os
import zlib

from ..errors import SealError

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:  # pragma: no cover - the watcher's environment always has it
    AESGCM = None
    InvalidTag = ValueError

_FORMAT = b'\x01'
_NONCE = 12


def canonical(spec):
    """The one text of a spec: JSON with sorted keys."""
    return json.dumps(spec, sort_keys=True, separators=(',', ':')).encode('utf-8')


def spec_hash(key, spec):
    """A spec's identity. Keyed, so that the hash in the clear row does not let anyone guess a secret in it."""
    return hmac.new(key, b'spec-hash' + canonical(spec), hashlib.sha256).hexdigest()


def seal(key, name, digest, spec):
    """The sealed bytes of ``spec``."""
    nonce = os.urandom(_NONCE)
    body = zlib.compress(canonical(spec))
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, body, _bound(name, digest))


def unseal(key, name, digest, sealed):
    """The spec again.

    :raises SealError: another key, another container, or bytes that were changed; never with a part of the text.
    """
    sealed = bytes(sealed)
    if sealed[:1] != _FORMAT:
        raise SealError('The sealed spec of container %s has an unknown format' % name, 'Upgrade this host.')
    nonce, body = sealed[1:1 + _NONCE], sealed[1 + _NONCE:]
    try:
        text = zlib.decompress(AESGCM(key).decrypt(nonce, body, _bound(name, digest)))
    except InvalidTag as exc:
        raise SealError("The sealed spec of container %s cannot be opened with this host's key" % name,
                        'Join the host again with the same ringfleet_secret as the others.') from exc
    return json.loads(text)


def _bound(name, digest):
    return ('%s\0%s' % (name, digest)).encode('utf-8')
