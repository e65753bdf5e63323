"""A private authority and a seal certificate for a local run and for tests: nobody outside trusts them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SEAL_USAGE = frozenset({"digital_signature", "content_commitment"})
AUTHORITY_USAGE = frozenset({"key_cert_sign", "crl_sign"})
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class SealFiles:
    """PEM texts for `seal_key.pem`, `seal_certificate.pem` and `seal_ca.pem`."""

    key: bytes
    certificate: bytes
    authority: bytes


def make_seal_files(organisation: str, now: datetime, days: int = 1095) -> SealFiles:
    """New keys (P-256) for an authority and a seal of `organisation`, valid from a day before `now`.

    The authority's key is not kept: it signs once.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    seal_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name(organisation, "Lokale Siegelstelle")
    subject = _name(organisation, "Elektronisches Siegel")
    span = (now - timedelta(days=1), now + timedelta(days=days))
    authority = _certificate(issuer, authority_key, issuer, authority_key, span, AUTHORITY_USAGE)
    certificate = _certificate(subject, seal_key, issuer, authority_key, span, SEAL_USAGE)
    return SealFiles(
        key=seal_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate=certificate.public_bytes(serialization.Encoding.PEM),
        authority=authority.public_bytes(serialization.Encoding.PEM),
    )


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    span: tuple[datetime, datetime],
    usage: frozenset[str],
) -> x509.Certificate:
    issuer_public = issuer_key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
        .add_extension(x509.BasicConstraints(ca=usage == AUTHORITY_USAGE, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in usage for name in USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256())
