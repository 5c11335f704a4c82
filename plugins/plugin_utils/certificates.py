# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's private certificate authority and one certificate a host, byte-equal whenever made from the same secret.

Keys (EC P-256) come from HKDF, serial numbers from a hash, validity is fixed and signatures are deterministic (RFC 6979).
Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import inspect
import ipaddress

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    CRYPTOGRAPHY_ERROR = None
except ImportError as error:
    CRYPTOGRAPHY_ERROR = error

from .trust import TrustError, derive

# Fixed, or a second run would change every certificate.
NOT_BEFORE = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
NOT_AFTER = datetime.datetime(2054, 1, 1, tzinfo=datetime.timezone.utc)
# In every host's certificate, so that a client can ask for "any node of the ring" by name.
COMMON_NAME = "ringfleet-node"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclasses.dataclass(frozen=True)
class Authority:
    """A certificate authority: key object and certificate object."""

    key: object
    certificate: object

    @property
    def pem(self) -> str:
        """The certificate alone, which is no secret."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def require() -> None:
    """TrustError that says what to install when the controller cannot sign deterministically."""
    if CRYPTOGRAPHY_ERROR is not None:
        raise TrustError(f"the controller's Python lacks the package cryptography (43 or newer): {CRYPTOGRAPHY_ERROR}")
    if "ecdsa_deterministic" not in inspect.signature(x509.CertificateBuilder.sign).parameters:
        raise TrustError("the controller's Python package cryptography is too old: 43 or newer is needed")


def authority(secret: object, given_certificate: str | None = None, given_key: str | None = None) -> Authority:
    """The authority given as PEM, or else the one that the secret determines."""
    require()
    if given_certificate or given_key:
        return _given(given_certificate, given_key)
    private = _derived_key(secret, "tls/ca")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ringfleet CA " + _fingerprint(private)[:8])])
    builder = _builder(name, name, private, "ca").add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(
        _usage(sign_certificates=True), critical=True).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key()), critical=False)
    return Authority(private, _sign(builder, private))


def host_certificate(secret: object, issuer: Authority, host: str, address: str) -> dict[str, str]:
    """Key (PKCS8) and certificate of one host, valid for its name, its address and COMMON_NAME, as server and as client."""
    try:
        ip_address = ipaddress.ip_address(address)
    except ValueError as error:
        raise TrustError(f"the address of {host} is no IP address: {address!r}") from error
    if not host.isascii() or not host or len(host) > 64:
        raise TrustError(f"{host!r} cannot be in a certificate: a host's name has 1 to 64 ASCII characters")
    private = _derived_key(secret, f"tls/host/{host}")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names = [x509.DNSName(host), x509.DNSName(COMMON_NAME), x509.IPAddress(ip_address)]
    builder = _builder(name, issuer.certificate.subject, private, f"{host} {address} {_fingerprint(issuer.key)}").add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True).add_extension(
        _usage(sign_certificates=False), critical=True).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False).add_extension(
        x509.SubjectAlternativeName(names), critical=False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    certificate = _sign(builder, issuer.key).public_bytes(serialization.Encoding.PEM).decode("ascii")
    key_pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode("ascii")
    return {"key": key_pem, "certificate": certificate, "ca": issuer.pem}


def _given(certificate: str | None, private: str | None) -> Authority:
    """The user's own authority, checked: both parts, belonging together, allowed to sign."""
    if not certificate or not private:
        raise TrustError("ringfleet_ca_certificate and ringfleet_ca_key belong together: give both or none")
    try:
        loaded = x509.load_pem_x509_certificate(certificate.encode())
        key_object = serialization.load_pem_private_key(private.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise TrustError("ringfleet_ca_certificate or ringfleet_ca_key is no PEM that can be read, or the key is encrypted") from error
    if not isinstance(key_object, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise TrustError("ringfleet_ca_key must be an EC or RSA key")
    if key_object.public_key() != loaded.public_key():
        raise TrustError("ringfleet_ca_key is not the key of ringfleet_ca_certificate")
    try:
        usage = loaded.extensions.get_extension_for_class(x509.KeyUsage).value
        constraints = loaded.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound as error:
        raise TrustError("ringfleet_ca_certificate lacks keyUsage or basicConstraints, which clients demand") from error
    if not (usage.key_cert_sign and constraints.ca):
        raise TrustError("ringfleet_ca_certificate must not sign certificates (keyCertSign and CA:TRUE are needed)")
    return Authority(key_object, loaded)


def _derived_key(secret: object, purpose: str) -> object:
    """An EC P-256 key; 48 bytes modulo the order leave no bias that matters (FIPS 186-5, A.2.1)."""
    scalar = int.from_bytes(derive(secret, purpose, 48), "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _fingerprint(private: object) -> str:
    public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def _builder(subject: object, issuer: object, private: object, what: str) -> object:
    """What both kinds of certificate share; the serial depends on what is certified, so no two differ under one number."""
    serial = int.from_bytes(hashlib.sha256(f"{what} {_fingerprint(private)}".encode()).digest()[:19], "big") | 1
    return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(private.public_key()).serial_number(
        serial).not_valid_before(NOT_BEFORE).not_valid_after(NOT_AFTER).add_extension(
        x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)


def _usage(sign_certificates: bool) -> object:
    return x509.KeyUsage(digital_signature=not sign_certificates, key_cert_sign=sign_certificates, crl_sign=sign_certificates, key_agreement=False,
                         content_commitment=False, key_encipherment=False, data_encipherment=False, encipher_only=False, decipher_only=False)


def _sign(builder: object, private: object) -> object:
    # PKCS1 v1.5 of an RSA authority is deterministic by itself; the flag is refused there.
    deterministic = True if isinstance(private, ec.EllipticCurvePrivateKey) else None
    return builder.sign(private, hashes.SHA256(), ecdsa_deterministic=deterministic)
