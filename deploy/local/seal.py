"""A local electronic seal: an EC P-256 key, its certificate, and the certificate of an authority made for it
alone.

The authority's key is forgotten once it has signed: no second seal can be made under it. A town's real seal
comes from a qualified provider and stays in its hardware (Regulation (EU) 910/2014, Art. 35 to 39).
"""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_FOR = dt.timedelta(days=3 * 365)
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def seal_files() -> tuple[str, str, str]:
    """PEM of the seal's key (PKCS#8), the seal's certificate, the authority's certificate."""
    now = dt.datetime.now(dt.UTC)
    authority_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = _name("Lokale Siegel-CA")
    authority = _certificate(
        authority_name,
        authority_key.public_key(),
        authority_name,
        authority_key,
        now,
        ("key_cert_sign", "crl_sign"),
    )
    seal = _certificate(
        _name("Elektronisches Siegel Stadt Lindenau"),
        seal_key.public_key(),
        authority_name,
        authority_key,
        now,
        ("digital_signature", "content_commitment"),
    )
    key = seal_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key.decode(), _pem(seal), _pem(authority)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Stadt Lindenau (lokal)"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
    usages: tuple[str, ...],
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca="key_cert_sign" in usages, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in usages for name in USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
