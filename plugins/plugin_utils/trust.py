# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything secret of a fleet derives from one vaulted value, on the controller (design: trust).

Same secret, same results, on any controller: a second one that has nothing but the vault changes nothing.
Private to the collection."""

from __future__ import annotations

import base64
import hashlib
import hmac

MIN_SECRET_LENGTH = 32
MIN_DISTINCT = 10
_SALT = b"ringfleet.core trust v1"
_BLOCK = hashlib.sha256().digest_size


class TrustError(Exception):
    """The secret, a certificate authority or a name cannot be used; the text says why and never holds a secret."""


def check_secret(secret: object) -> bytes:
    """Return the secret as bytes; TrustError when it is no text, a left-over placeholder, or easy to guess."""
    if not isinstance(secret, str):
        raise TrustError(f"ringfleet_secret must be a string, not {type(secret).__name__}")
    if len(secret) < MIN_SECRET_LENGTH:
        raise TrustError(f"ringfleet_secret must have at least {MIN_SECRET_LENGTH} characters, it has {len(secret)}: "
                         "put the output of 'openssl rand -base64 48' into the vault")
    if len(set(secret)) < MIN_DISTINCT:
        raise TrustError(f"ringfleet_secret has only {len(set(secret))} different characters: "
                         "put the output of 'openssl rand -base64 48' into the vault")
    return secret.encode("utf-8")


def derive(secret: object, purpose: str, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869): length bytes (at most 8160) that belong to this purpose alone."""
    if not purpose or length > 255 * _BLOCK:
        raise TrustError(f"cannot derive {length} bytes for purpose {purpose!r}")
    key = hmac.new(_SALT, check_secret(secret), hashlib.sha256).digest()
    block, output = b"", b""
    for counter in range(1, -(-length // _BLOCK) + 1):
        block = hmac.new(key, block + purpose.encode("utf-8") + bytes([counter]), hashlib.sha256).digest()
        output += block
    return output[:length]


def password(secret: object, user: str) -> str:
    """The password of one ring role: 192 bits, URL-safe, so that no shell, CQL or YAML needs to quote it."""
    return base64.urlsafe_b64encode(derive(secret, f"password/{user}", 24)).decode("ascii")


def key(secret: object, purpose: str) -> str:
    """A symmetric key of 32 bytes in base64, for example to seal the specs of containers."""
    return base64.b64encode(derive(secret, f"key/{purpose}", 32)).decode("ascii")
