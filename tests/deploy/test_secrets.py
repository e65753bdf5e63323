import base64
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from deploy.local.secrets import CREDENTIALS, GIROCHECKOUT_PROJECTS, LOGS, Secrets, secret_hash
from shared.audit.seals import SealKey, SealKeys, before_all


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    made = Secrets(tmp_path / "secrets")
    made.generate()
    return made


def contents(root: Path) -> dict[Path, str]:
    return {file: file.read_text() for file in root.rglob("*") if file.is_file()}


class TestGeneratedSecrets:
    def test_are_readable_by_their_owner_alone(self, secrets: Secrets) -> None:
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [secrets.root, *secrets.root.rglob("*")]}
        assert {path for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == set()

    def test_stay_as_they_are(self, secrets: Secrets) -> None:
        before = contents(secrets.root)
        Secrets(secrets.root).generate()
        assert contents(secrets.root) == before

    def test_come_back_alone_when_lost(self, secrets: Secrets) -> None:
        before = contents(secrets.root)
        lost = secrets.root / "payments" / "lookup_key"
        lost.unlink()
        secrets.generate()
        changed = {path for path, text in contents(secrets.root).items() if before[path] != text}
        assert changed == {lost}

    def test_differ_between_services_and_installations(self, secrets: Secrets, tmp_path: Path) -> None:
        other = Secrets(tmp_path / "other")
        other.generate()
        keys = [
            (root / service / name).read_text()
            for root in (secrets.root, other.root)
            for service in LOGS
            for name in ("master_key", "lookup_key", "service_secret")
        ]
        assert len(set(keys)) == len(keys)
        assert all(len(base64.b64decode(key)) == 32 for key in keys[:2])


class TestWhatFollowsFromASecret:
    def test_lets_services_verify_what_identity_signs(self, secrets: Secrets) -> None:
        signing = OKPKey.import_key((secrets.root / "identity" / "caller_signing_key.pem").read_text())
        token = jwt.encode({"alg": "EdDSA"}, {"sub": "x"}, signing, algorithms=["EdDSA"])
        for service in ("applications", "payments", "documents"):
            known = KeySet.import_key_set(
                json.loads((secrets.root / service / "caller_keys.json").read_text())
            )
            assert jwt.decode(token, known, algorithms=["EdDSA"]).claims == {"sub": "x"}

    @pytest.mark.parametrize("service", LOGS)
    def test_lets_an_auditor_verify_the_log(self, secrets: Secrets, service: str) -> None:
        key = SealKey((secrets.root / service / "audit_key.pem").read_text())
        keys = SealKeys.read((secrets.root / "audit" / f"{service}.json").read_text())
        statement = before_all(service, datetime.now(UTC))
        assert keys.open(key.sign(statement)) == statement

    def test_holds_no_private_key(self, secrets: Secrets) -> None:
        public = json.loads((secrets.root / "payments" / "caller_keys.json").read_text())
        assert "d" not in public["keys"][0]
        assert public["keys"][0]["kid"]

    def test_gives_identity_hashes_only(self, secrets: Secrets) -> None:
        hashes = json.loads((secrets.root / "identity" / "service_credentials.json").read_text())
        assert hashes == {
            name: secret_hash((secrets.root / name / "service_secret").read_text()) for name in CREDENTIALS
        }

    def test_follows_a_renewed_secret(self, secrets: Secrets) -> None:
        (secrets.root / "gateway" / "service_secret").unlink()
        secrets.generate()
        hashes = json.loads((secrets.root / "identity" / "service_credentials.json").read_text())
        assert hashes["gateway"] == secret_hash((secrets.root / "gateway" / "service_secret").read_text())

    def test_gives_the_provider_the_same_passphrases(self, secrets: Secrets) -> None:
        ours = json.loads((secrets.root / "payments" / "girocheckout_passphrases.json").read_text())
        theirs = json.loads((secrets.root / "girocheckout" / "girocheckout_passphrases.json").read_text())
        assert ours == theirs
        assert set(ours) == {str(number) for number in GIROCHECKOUT_PROJECTS.values()}


class TestTheSeal:
    def test_is_issued_by_its_authority_for_its_key(self, secrets: Secrets) -> None:
        folder = secrets.root / "documents"
        seal = x509.load_pem_x509_certificate((folder / "seal_certificate.pem").read_bytes())
        authority = x509.load_pem_x509_certificate((folder / "seal_ca.pem").read_bytes())
        key = load_pem_private_key((folder / "seal_key.pem").read_bytes(), None)
        seal.verify_directly_issued_by(authority)
        assert seal.public_key() == key.public_key()
        assert seal.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
        assert not seal.extensions.get_extension_for_class(x509.BasicConstraints).value.ca

    def test_is_made_anew_as_a_whole(self, secrets: Secrets) -> None:
        (secrets.root / "documents" / "seal_key.pem").unlink()
        secrets.generate()
        self.test_is_issued_by_its_authority_for_its_key(secrets)


class TestDemoAccounts:
    def test_have_one_for_each_role_of_the_town_hall(self, secrets: Secrets) -> None:
        accounts = secrets.demo_accounts()
        assert [account["email"] for account in accounts] == [
            "clerk@lindenau.example",
            "warden@lindenau.example",
            "treasurer@lindenau.example",
            "operator@lindenau.example",
        ]
        assert len({account["password"] for account in accounts}) == 4
        assert all(len(account["password"]) >= 15 for account in accounts)
