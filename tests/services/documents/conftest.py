"""Real parts for the documents tests: installed fonts, a renderer, a local seal, a permit key."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local import fonts as local_fonts
from services.documents.rendering import Branding, Renderer, load_branding
from services.documents.sealing import LocalKeySeal
from services.documents.sealing.local_authority import make_seal_files
from services.documents.threads import WorkerThreads
from services.documents.tokens import PublicKeys, SigningKey


@pytest.fixture(scope="session")
def fonts() -> Path:
    return local_fonts.install()


@pytest.fixture(scope="session")
def branding() -> Branding:
    return load_branding()


@pytest.fixture(scope="session")
def renderer(branding: Branding, fonts: Path) -> Renderer:
    return Renderer(branding, fonts)


@pytest.fixture(scope="session")
def seal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seal")
    files = make_seal_files("Stadt Lindenau", datetime.now(UTC))
    (folder / "seal_key.pem").write_bytes(files.key)
    (folder / "seal_certificate.pem").write_bytes(files.certificate)
    (folder / "seal_ca.pem").write_bytes(files.authority)
    return folder


@pytest.fixture(scope="session")
def threads() -> Iterator[WorkerThreads]:
    pool = WorkerThreads("documents-test", 2)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def seal(seal_folder: Path, threads: WorkerThreads) -> LocalKeySeal:
    return LocalKeySeal(
        seal_folder / "seal_key.pem",
        seal_folder / "seal_certificate.pem",
        seal_folder / "seal_ca.pem",
        place="Lindenau",
        threads=threads,
    )


@pytest.fixture(scope="session")
def permit_key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def permit_keys(permit_key: SigningKey) -> PublicKeys:
    return PublicKeys([permit_key.public])
