"""The chain that a run reads is the real one: sealed by the service's key, anchored, held against the log."""

import pytest

from deploy.local.secrets import ed25519_pem
from shared.audit.seals import SealKey
from tests.faults.sealed import chain
from tests.faults.world import Chain
from tests.shared.audit.conftest import Sealed, databases, log, sealed

__all__ = ["databases", "log", "sealed"]

pytestmark = pytest.mark.integration
EDITED = "UPDATE event SET name = 'library.book_burnt' WHERE position = $1"


async def read(sealed: Sealed, pem: str) -> Chain:
    return await chain(sealed.log.pool, "library", sealed.folder, pem)


@pytest.fixture
def pem(sealed: Sealed) -> str:
    """The service's key, also the sealer's of the fixture."""
    pem = ed25519_pem()
    sealed.key = SealKey(pem)
    return pem


class TestAChain:
    async def test_goes_on_from_what_the_service_sealed_to_the_last_event(
        self, sealed: Sealed, pem: str
    ) -> None:
        await sealed.lend(3)
        await sealed.seal()
        await sealed.lend(2)
        assert await read(sealed, pem) == Chain(seals=2, events=5)

    async def test_does_not_verify_once_a_row_was_edited(self, sealed: Sealed, pem: str) -> None:
        await sealed.lend(3)
        await sealed.seal()
        await sealed.do(EDITED, (await sealed.interval(1))[1])
        (violation,) = (await read(sealed, pem)).violations
        assert violation.startswith("[edited]")

    async def test_of_another_key_does_not_go_on(self, sealed: Sealed, pem: str) -> None:
        await sealed.lend(1)
        await sealed.seal()
        (violation,) = (await read(sealed, ed25519_pem())).violations
        assert violation.startswith("[foreign]")

    async def test_that_was_begun_anew_is_broken(self, sealed: Sealed, pem: str) -> None:
        await sealed.lend(1)
        await sealed.seal()
        await sealed.do("TRUNCATE audit_seal, audit_anchored")
        (violation,) = (await read(sealed, pem)).violations
        assert violation.startswith("[broken]")
