"""Real parts for the documents tests: fonts, a renderer, a local seal, a permit key, the service at work."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local import fonts as local_fonts
from services.documents.rendering import Branding, Renderer, load_branding
from services.documents.sealing import LocalKeySeal
from services.documents.sealing.local_authority import make_seal_files
from services.documents.threads import WorkerThreads
from services.documents.tokens import PublicKeys, SigningKey
from services.documents.wiring import SERVICE
from shared.testing import CallerMint, FixedClock, Running, running
from tests.services.documents.holding import Holder
from tests.services.documents.neighbours import Neighbours, serving_neighbours


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


@pytest.fixture(scope="module")
def neighbours(mint: CallerMint) -> Iterator[Neighbours]:
    with serving_neighbours(mint) as found:
        yield found


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
async def documents(
    postgres_url: str,
    amqp_url: str,
    folder: Path,
    mint: CallerMint,
    neighbours: Neighbours,
    fonts: Path,
    seal_folder: Path,
    clock: FixedClock,
) -> AsyncIterator[Running]:
    secrets = folder / "secrets"
    secrets.mkdir()
    for file in seal_folder.iterdir():
        (secrets / file.name).write_bytes(file.read_bytes())
    (secrets / "permit_token_key.pem").write_bytes(_pem(Ed25519PrivateKey.generate()))
    async with running(
        SERVICE,
        postgres_url,
        amqp_url,
        secrets,
        mint=mint,
        clock=clock,
        public_url="https://portal.lindenau.example",
        store_url=(folder / "store").as_uri(),
        fonts_dir=fonts,
        identity_url=neighbours.url,
        applications_url=neighbours.url,
        payments_url=neighbours.url,
    ) as found:
        yield found


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
def holder(documents: Running, neighbours: Neighbours) -> Holder:
    return Holder(documents, neighbours)
