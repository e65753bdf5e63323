"""A command beside the service: what it stores, the service publishes and does."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shared.ids import new_id
from shared.service import Service, application, writing
from shared.settings import SecretMissing
from shared.testing import CallerMint, running
from tests.shared.toy.library import LIBRARY, Loan

pytestmark = pytest.mark.integration


class TestACommandBesideTheService:
    async def test_stores_what_the_service_then_does(
        self, postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint
    ) -> None:
        async with running(LIBRARY, postgres_url, amqp_url, tmp_path, mint=mint) as library:
            async with writing(LIBRARY, library.runtime.settings) as runtime:
                unit = runtime.unit()
                loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz")
                await unit.save(loan, subject=new_id())
                unit.task("return_book", {"loan_id": str(loan.id)})
                await unit.commit()
            async with asyncio.timeout(10):
                while await state(library.runtime.pool, loan.id) != "back":
                    await asyncio.sleep(0.02)


async def state(pool: Any, loan_id: Any) -> str:
    found: str = await pool.fetchval("SELECT state FROM loan WHERE loan_id = $1", loan_id)
    return found


class TestAServicesOwnSecrets:
    async def test_stop_the_start_when_one_is_missing(
        self, postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint
    ) -> None:
        async with running(LIBRARY, postgres_url, amqp_url, tmp_path, mint=mint) as library:
            settings = library.runtime.settings
        needy = Service(
            "library",
            LIBRARY.settings,
            LIBRARY.published,
            LIBRARY.projections,
            LIBRARY.build,
            LIBRARY.migrations,
            secrets=("seal_key.pem",),
        )
        with pytest.raises(SecretMissing, match=r"seal_key\.pem"):
            application(needy, settings)

    async def test_include_the_key_of_the_audit(
        self, postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint
    ) -> None:
        async with running(LIBRARY, postgres_url, amqp_url, tmp_path, mint=mint) as library:
            settings = library.runtime.settings
        (tmp_path / "audit_key.pem").unlink()
        with pytest.raises(SecretMissing, match=r"audit_key\.pem"):
            application(LIBRARY, settings)
