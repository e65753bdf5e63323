"""The authority that vouches for PayPal's webhooks here, and the key that signs them.

A folder holds `ca.pem` (what a merchant trusts), `certificate.pem` (served at the webhook's PAYPAL-CERT-URL)
and `key.pem`; a foreign authority is made anew in each process, for the webhook that is not to be believed.
"""

import base64
import datetime
import zlib
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "messageverificationcerts.sandbox.paypal.com"
_LIFETIME = datetime.timedelta(days=3650)
_FILES = ("ca.pem", "certificate.pem", "key.pem")


@dataclass(frozen=True)
class Authority:
    """`ca` and `certificate` as PEM."""

    ca: str
    certificate: str
    key: rsa.RSAPrivateKey

    @classmethod
    def kept_in(cls, folder: Path) -> "Authority":
        """The one of this folder, made now if it is empty."""
        if not all((folder / name).exists() for name in _FILES):
            authority = cls.new()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = authority.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            contents = (authority.ca, authority.certificate, key.decode())
            for name, content in zip(_FILES, contents, strict=True):
                (folder / name).touch(mode=0o600)
                (folder / name).write_text(content)
        ca, certificate, key_pem = ((folder / name).read_text() for name in _FILES)
        key_read = serialization.load_pem_private_key(key_pem.encode(), None)
        assert isinstance(key_read, rsa.RSAPrivateKey)
        return cls(ca, certificate, key_read)

    @classmethod
    def new(
        cls,
        *,
        host: str = HOST,
        begins: datetime.datetime | None = None,
        lasts: datetime.timedelta = _LIFETIME,
    ) -> "Authority":
        begins = begins or datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
        ca_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        ca_name, name = _name("Sandbox Webhook CA"), _name(host)
        ca = (
            _begun(ca_name, ca_name, ca_key, begins, _LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        leaf = (
            _begun(name, ca_name, key, begins, lasts)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
            .sign(ca_key, hashes.SHA256())
        )
        return cls(_pem(ca), _pem(leaf), key)

    def signature(self, transmission_id: str, time: str, webhook_id: str, body: bytes) -> str:
        """PAYPAL-TRANSMISSION-SIG: RSA PKCS#1 v1.5 with SHA-256, base64."""
        message = f"{transmission_id}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()
        return base64.b64encode(self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    begins: datetime.datetime,
    lasts: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
