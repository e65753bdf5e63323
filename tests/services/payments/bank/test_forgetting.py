"""Files of the bank are kept for ten years behind the year in which they came; then nobody can read them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.payments.bank.files import FileUnknown
from services.payments.bank.forgetting import Forgetting
from services.payments.bank.uploading import FileForgotten
from services.payments.wiring import SERVICE
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS
from tests.housekept import housekept
from tests.services.payments.bank.town import CITY, Town, secrets_of
from tests.services.payments.sepa.messages import camt, credit

pytestmark = pytest.mark.integration
CAME = datetime(2014, 6, 1, 9, tzinfo=UTC)
STATEMENT = camt([credit(777, "Danke")], account=CITY.iban)


@pytest.fixture
async def town(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Town]:
    """Where it is 2014: the database keeps what is younger than ten years by its own clock."""
    clock = FixedClock(CAME)
    async with running(
        SERVICE, postgres_url, amqp_url, secrets_of(tmp_path / "secrets"), mint=mint, clock=clock,
        public_url="http://portal.test", girocheckout_base_url="http://127.0.0.1:9/",
        girocheckout_merchant_id=MERCHANT, girocheckout_projects=PROJECTS,
    ) as payments:  # fmt: skip
        yield Town(payments, clock, tmp_path / "bank")


async def goes_to(town: Town, day: datetime) -> int:
    """Time passes; how many files were forgotten here, and not by the service's own look before."""
    town.clock.advance(day - town.clock.now())
    runtime = town.payments.runtime
    forgotten = await Forgetting(runtime.pool, runtime.keys, town.bank.debiting.rules.zone).run(day)
    town.clock.advance(timedelta(minutes=1))
    await housekept(runtime)
    return forgotten


async def item(town: Town) -> Any:
    [row] = await town.rows("SELECT file_id, detail, cents FROM bank_item")
    return row


class TestAFile:
    async def test_stays_until_ten_years_are_over(self, town: Town) -> None:
        file_id = await town.takes("auszug.xml", STATEMENT)
        assert await goes_to(town, datetime(2024, 12, 31, 12, tzinfo=UTC)) == 0
        assert (await town.bank.files.read(file_id)).content == STATEMENT
        assert await town.payments.runtime.keys.find(file_id) is not None

    async def test_goes_then_with_all_that_was_read_from_it(self, town: Town) -> None:
        file_id = await town.takes("auszug.xml", STATEMENT)
        before = await town.balances()
        await goes_to(town, datetime(2025, 1, 1, 12, tzinfo=UTC))
        with pytest.raises(FileUnknown):
            await town.bank.files.read(file_id)
        assert await town.payments.runtime.keys.find(file_id) is None
        assert (await item(town))["cents"] == 777
        assert await town.balances() == before

    async def test_is_forgotten_once(self, town: Town) -> None:
        await town.takes("auszug.xml", STATEMENT)
        await goes_to(town, datetime(2025, 1, 1, 12, tzinfo=UTC))
        assert await goes_to(town, datetime(2025, 1, 2, 12, tzinfo=UTC)) == 0

    async def test_is_not_taken_again_afterwards(self, town: Town) -> None:
        await town.takes("auszug.xml", STATEMENT)
        await goes_to(town, datetime(2025, 1, 1, 12, tzinfo=UTC))
        with pytest.raises(FileForgotten):
            await town.bank.uploading.bring("auszug.xml", STATEMENT, town.unit())

    async def test_that_is_young_is_kept_by_the_database_itself(self, town: Town) -> None:
        town.clock.advance(datetime.now(UTC) - town.clock.now())
        file_id = await town.takes("auszug.xml", STATEMENT)
        with pytest.raises(asyncpg.RaiseError, match="kept for ten years"):
            await town.payments.runtime.pool.execute("DELETE FROM bank_file WHERE file_id = $1", file_id)
