"""Makes every local secret once, into an ignored folder, each file readable by its owner alone (mode 0600).

What exists is never overwritten. What follows from another secret (public keys, hashes, the provider's copy
of the passphrases) is written again whenever it differs, so it cannot go stale.
"""

import base64
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from deploy.local.sandbox.paypal.authority import Authority
from deploy.local.seal import seal_files

LOGS = ("identity", "applications", "payments", "documents")  # services with a log, keys and a credential
CREDENTIALS = (*LOGS, "gateway")
GIROCHECKOUT_PROJECTS: Mapping[str, int] = {  # method → project number: one project, one passphrase each
    "card": 41001,
    "paypal": 41002,
    "direct_debit": 41003,
    "direct_transfer": 41004,
    "wero": 41005,
}
DEMO_ROLES = ("clerk", "warden", "treasurer", "operator")
WORDS = """
ahorn amsel anker birke bruecke buche dachs distel eiche elster erle esche falke farn fasan fichte garten
hafen hagel hasel heide igel insel kiesel klee kranich laterne lerche linde luchs marder meise mohn moos
morgen nebel otter pappel pfad quelle reiher rotdorn salbei schilf segel sommer specht stern tanne teich
ufer ulme wacholder weide wiesel wolke ziegel zaun zeder zeisig
"""


class Secrets:
    """The folder of local secrets: `<root>/<service>/<name>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def generate(self) -> None:
        """Make whatever is missing, for every service and both sandboxes."""
        for service in LOGS:
            self.text(service, "master_key", random_key)
            self.text(service, "lookup_key", random_key)
            audit_key = self.text(service, "audit_key.pem", ed25519_pem)
            self._follow("audit", f"{service}.json", json.dumps({"keys": [public_jwk(audit_key)]}))
        for service in CREDENTIALS:
            self.text(service, "service_secret", lambda: secrets.token_urlsafe(32))
        self.text("gateway", "session_key", random_key)
        self._caller_keys()
        self._credentials()
        self._seal()
        self._girocheckout()
        self._paypal()
        self.text("", "demo_accounts.json", demo_accounts)

    def text(self, service: str, name: str, make: Callable[[], str]) -> str:
        """The secret, made now if there is none."""
        file = self.root / service / name
        if not file.exists():
            self._write(file, make())
        return file.read_text()

    def database_password(self, role: str) -> str:
        return self.text("postgres", role, lambda: secrets.token_urlsafe(24))

    def broker_password(self) -> str:
        return self.text("rabbitmq", "password", lambda: secrets.token_hex(24))

    def demo_accounts(self) -> list[dict[str, str]]:
        accounts: list[dict[str, str]] = json.loads((self.root / "demo_accounts.json").read_text())
        return accounts

    def demo_accounts_digest(self) -> str:
        return hashlib.sha256((self.root / "demo_accounts.json").read_bytes()).hexdigest()

    def _caller_keys(self) -> None:
        pem = self.text("identity", "caller_signing_key.pem", ed25519_pem)
        for service in LOGS[1:]:
            self._follow(service, "caller_keys.json", json.dumps({"keys": [public_jwk(pem)]}))

    def _credentials(self) -> None:
        hashes = {
            name: secret_hash((self.root / name / "service_secret").read_text()) for name in CREDENTIALS
        }
        self._follow("identity", "service_credentials.json", json.dumps(hashes))

    def _seal(self) -> None:
        self.text("documents", "permit_token_key.pem", ed25519_pem)
        names = ("seal_key.pem", "seal_certificate.pem", "seal_ca.pem")
        if not all((self.root / "documents" / name).exists() for name in names):
            for name, content in zip(names, seal_files(), strict=True):
                self._write(self.root / "documents" / name, content)

    def _girocheckout(self) -> None:
        passphrases = self.text("payments", "girocheckout_passphrases.json", _passphrases)
        self._follow("girocheckout", "girocheckout_passphrases.json", passphrases)

    def _paypal(self) -> None:
        credentials = self.text("payments", "paypal_credentials.json", _paypal_credentials)
        self._follow("paypal", "credentials.json", credentials)
        authority = Authority.kept_in(self.root / "paypal" / "authority")
        self._follow("payments", "paypal_authorities.pem", authority.ca)

    def _follow(self, service: str, name: str, content: str) -> None:
        file = self.root / service / name
        if not file.exists() or file.read_text() != content:
            self._write(file, content)

    def _write(self, file: Path, content: str) -> None:
        """Whole or not at all; mode 0600 from the first byte, folders 0700."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(descriptor, "w") as output:
            output.write(content)
        Path(draft).replace(file)


def random_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def ed25519_pem() -> str:
    """A fresh Ed25519 private key, PKCS#8 PEM."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def public_jwk(private_pem: str) -> dict[str, object]:
    """The public half as JWK (RFC 8037), its `kid` the RFC 7638 thumbprint."""
    key = OKPKey.import_key(private_pem)
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": "EdDSA", "use": "sig"}


def secret_hash(secret: str) -> str:
    """How identity keeps a service's secret: it is random and long, so one plain SHA-256 is enough."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def readable_password(words: str = WORDS) -> str:
    """Four words and two digits, to be typed from the screen."""
    chosen = [secrets.choice(words.split()) for _ in range(4)]
    return "-".join(chosen) + f"-{secrets.randbelow(90) + 10}"


def demo_accounts() -> str:
    """One account for each role of the town hall; a citizen registers as any citizen would."""
    accounts = [
        {"email": f"{role}@lindenau.example", "role": role, "password": readable_password()}
        for role in DEMO_ROLES
    ]
    return json.dumps(accounts, indent=1)


def _paypal_credentials() -> str:
    return json.dumps({"client_id": secrets.token_urlsafe(24), "client_secret": secrets.token_urlsafe(48)})


def _passphrases() -> str:
    return json.dumps({str(project): secrets.token_urlsafe(24) for project in GIROCHECKOUT_PROJECTS.values()})
