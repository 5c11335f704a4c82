# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derivation and certificates: equal on every controller, different for every purpose, refused when weak."""

from __future__ import annotations

import base64

import pytest
from ansible.errors import AnsibleFilterError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ansible_collections.ringfleet.core.plugins.filter import derived_password
from ansible_collections.ringfleet.core.plugins.plugin_utils import certificates, trust

SECRET = "unit-test-secret-0123456789-abcdefghij"


def test_derive_is_hkdf_sha256() -> None:
    reference = HKDF(hashes.SHA256(), 77, salt=b"ringfleet.core trust v1", info=b"some/purpose").derive(SECRET.encode())
    assert trust.derive(SECRET, "some/purpose", 77) == reference


def test_each_purpose_has_its_own() -> None:
    made = {trust.password(SECRET, "a"), trust.password(SECRET, "b"), trust.key(SECRET, "a"), trust.password(SECRET + "x", "a")}
    assert len(made) == 4
    assert len(base64.b64decode(trust.key(SECRET, "seal"))) == 32


@pytest.mark.parametrize(("secret", "text"), [("short", "at least 32"), ("a" * 64, "different characters"), (12345, "must be a string"), (None, "NoneType")])
def test_weak_secrets_are_refused_and_not_repeated(secret: object, text: str) -> None:
    with pytest.raises(trust.TrustError, match=text) as caught:
        trust.password(secret, "user")
    assert str(secret) not in str(caught.value) or secret is None


def test_filter_turns_the_error_into_ansible_s_own() -> None:
    with pytest.raises(AnsibleFilterError, match="at least 32"):
        derived_password.derived_password("short", "user")


def test_certificates_are_byte_equal_when_made_again() -> None:
    first, second = (certificates.host_certificate(SECRET, certificates.authority(SECRET), "h1", "10.0.0.1") for again in range(2))
    assert first == second


def test_host_certificate_verifies_against_its_authority() -> None:
    issuer = certificates.authority(SECRET)
    made = certificates.host_certificate(SECRET, issuer, "h1", "10.0.0.1")
    leaf = x509.load_pem_x509_certificate(made["certificate"].encode())
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(made["ca"].encode()))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["h1", "ringfleet-node"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    key = serialization.load_pem_private_key(made["key"].encode(), password=None)
    assert key.public_key() == leaf.public_key()
    assert "BEGIN PRIVATE KEY" in made["key"]


def test_another_address_gets_another_serial() -> None:
    issuer = certificates.authority(SECRET)
    serials = {x509.load_pem_x509_certificate(certificates.host_certificate(SECRET, issuer, "h1", a)["certificate"].encode()).serial_number
               for a in ("10.0.0.1", "10.0.0.2")}
    assert len(serials) == 2


def test_a_given_authority_is_used() -> None:
    own = certificates.authority(SECRET + "own")
    pem_key = own.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    given = certificates.authority(SECRET, own.pem, pem_key)
    assert given.pem == own.pem
    with pytest.raises(trust.TrustError, match="belong together"):
        certificates.authority(SECRET, own.pem, None)
    with pytest.raises(trust.TrustError, match="not the key of"):
        certificates.authority(SECRET, certificates.authority(SECRET).pem, pem_key)
    leaf = certificates.host_certificate(SECRET, own, "h1", "10.0.0.1")
    with pytest.raises(trust.TrustError, match="must not sign"):
        certificates.authority(SECRET, leaf["certificate"], leaf["key"])


@pytest.mark.parametrize(("host", "address"), [("h1", "no-address"), ("", "10.0.0.1"), ("h" * 65, "10.0.0.1"), ("hôte", "10.0.0.1")])
def test_names_and_addresses_that_do_not_fit_are_named(host: str, address: str) -> None:
    with pytest.raises(trust.TrustError):
        certificates.host_certificate(SECRET, certificates.authority(SECRET), host, address)
