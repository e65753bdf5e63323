"""A platform behind TLS that asks who comes: both sides show a certificate of their own making."""

import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.local.sandbox.xbezahldienste.app import create_app
from tests.deploy.sandbox.xbezahldienste_serving import settings
from tests.serving import serving


@dataclass(frozen=True)
class Identity:
    """`pem`: certificate and key in one file, as the adapter reads it."""

    pem: Path

    def context(self, *, trusting: "Identity") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(trusting.pem))
        context.load_cert_chain(self.pem)
        return context


def identity(folder: Path, name: str) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Identity(path)


@contextlib.contextmanager
def serving_tls(folder: Path, own: Identity, *, trusting: Identity) -> Iterator[str]:
    app = create_app(settings(folder / "book", open_to_all=True))
    tls = {"ssl_certfile": own.pem, "ssl_keyfile": own.pem, "ssl_ca_certs": str(trusting.pem)}
    with serving(app, ssl_cert_reqs=ssl.CERT_REQUIRED, **tls) as url:
        yield url
