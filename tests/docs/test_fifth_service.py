"""The service that docs/fifth-service.md shows runs, and is the one that it shows."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import httpx
import pytest

from services.documents.domain.document import PERMIT, RECEIPT, Content, Document, StoredFile
from services.documents.wiring import SERVICE as DOCUMENTS
from shared.domain import Redacted
from shared.ids import derived_id, new_id
from shared.service import Parts
from shared.settings import ServiceSettings
from shared.testing import CallerMint, Running, running
from tests.docs.visitors.service import SERVICE, Booklet

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/fifth-service.md"
SHOWN = {"python": "service.py", "sql": "migrations/0001_booklets.sql"}
PARKING = Content("BPA-26-004711", date(2026, 12, 1), date(2027, 11, 30), "A", "LIN-AB 123", "cd" * 32)


class TestThePage:
    @pytest.mark.parametrize("language", SHOWN)
    def test_shows_the_file_that_runs(self, language: str) -> None:
        found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
        assert found is not None
        assert found[1] == (Path(__file__).parent / "visitors" / SHOWN[language]).read_text()

    def test_needs_less_than_a_hundred_lines(self) -> None:
        files = [(Path(__file__).parent / "visitors" / name).read_text() for name in SHOWN.values()]
        assert sum(bool(line.strip()) for text in files for line in text.splitlines()) < 100


class Resident:
    """Has a permit, or gets one."""

    def __init__(self, documents: Running, visitors: Running) -> None:
        self.documents, self.visitors = documents, visitors
        self.account_id, self.case_id = new_id(), new_id()
        self.booklet = derived_id("booklet", self.case_id)

    async def gets(self, kind: str) -> None:
        """A document, as documents issues it."""
        unit = self.documents.runtime.unit()
        file = StoredFile(f"documents/{uuid4()}.pdf", "ab" * 32, 60_000)
        document = Document.issue(
            now=unit.now,
            case_id=self.case_id,
            account_id=self.account_id,
            kind=kind,
            content=PARKING,
            file=file,
        )
        await unit.save(document, subject=self.account_id)
        await unit.commit()

    async def uses_a_day(self, key: str = "", who: UUID | None = None) -> httpx.Response:
        headers = self.visitors.mint.account(who or self.account_id, "visitors")
        return await self.visitors.http.post(
            f"/booklets/{self.booklet}/days",
            json={"plate": "B-ES 1"},
            headers=headers | {"Idempotency-Key": key or uuid4().hex},
        )

    async def has_a_booklet(self) -> None:
        async with asyncio.timeout(20):
            while await self.days_left() is None:
                await asyncio.sleep(0.05)

    async def days_left(self) -> Any:
        statement = "SELECT days_left FROM booklet WHERE booklet_id = $1"
        return await self.visitors.runtime.pool.fetchval(statement, self.booklet)


@pytest.fixture(scope="module")
async def services(
    postgres_url: str, amqp_url: str, tmp_path_factory: pytest.TempPathFactory, mint: CallerMint
) -> AsyncIterator[tuple[Running, Running]]:
    """The fifth service, and the log, feed and relay of documents with its public events."""
    secrets, prefix = tmp_path_factory.mktemp("secrets"), f"test-{uuid4().hex[:8]}."
    issuing = replace(DOCUMENTS, build=lambda runtime: Parts(), secrets=(), settings=ServiceSettings)
    given: dict[str, Any] = {"mint": mint, "name_prefix": prefix}
    async with (
        running(SERVICE, postgres_url, amqp_url, secrets / "visitors", **given) as visitors,
        running(issuing, postgres_url, amqp_url, secrets / "documents", **given) as documents,
    ):
        await listening(amqp_url, f"{prefix}visitors.events")
        yield documents, visitors


async def listening(url: str, queue: str) -> None:
    """Until the fifth service consumes: what came before it had a queue, it would read from a feed."""
    async with asyncio.timeout(30), await aio_pika.connect(url) as connection:
        while True:
            try:
                channel = await connection.channel()
                found = await channel.declare_queue(queue, passive=True)
                if found.declaration_result.consumer_count:
                    return
            except aio_pika.exceptions.AMQPError:
                pass
            await asyncio.sleep(0.1)


@pytest.fixture
async def resident(services: tuple[Running, Running]) -> Resident:
    return Resident(*services)


@pytest.mark.integration
class TestTheFifthService:
    async def test_opens_a_booklet_for_a_permit_and_for_nothing_else(self, resident: Resident) -> None:
        await resident.gets(RECEIPT)
        await resident.gets(PERMIT)
        await resident.has_a_booklet()
        assert await resident.days_left() == 10
        assert (await resident.visitors.runtime.unit().load(Booklet, resident.booklet)).version == 1

    async def test_gives_ten_days_and_no_more(self, resident: Resident) -> None:
        await resident.gets(PERMIT)
        await resident.has_a_booklet()
        answers = [await resident.uses_a_day() for _ in range(11)]
        assert [answer.status_code for answer in answers] == [201] * 10 + [409]
        assert answers[-1].json()["type"].endswith("no_day_left")
        assert await resident.days_left() == 0

    async def test_counts_a_repeated_request_once(self, resident: Resident) -> None:
        await resident.gets(PERMIT)
        await resident.has_a_booklet()
        first, again = await resident.uses_a_day("k"), await resident.uses_a_day("k")
        assert first.json() == again.json() == {"days_left": 9}
        assert await resident.days_left() == 9

    async def test_shows_nobody_elses_booklet(self, resident: Resident) -> None:
        await resident.gets(PERMIT)
        await resident.has_a_booklet()
        assert (await resident.uses_a_day(who=new_id())).status_code == 404
        assert await resident.days_left() == 10

    async def test_tells_the_world_no_plate_and_forgets_it_with_the_key(self, resident: Resident) -> None:
        await resident.gets(PERMIT)
        await resident.has_a_booklet()
        await resident.uses_a_day()
        told = await self.feed(resident)
        assert told["data"] == {"days_left": 9}
        runtime = resident.visitors.runtime
        used = (await runtime.log.reader.stream(resident.booklet))[-1].event
        assert getattr(used, "plate") == "B-ES 1"  # noqa: B009
        await runtime.keys.destroy(resident.account_id)
        used = (await runtime.log.reader.stream(resident.booklet))[-1].event
        assert isinstance(getattr(used, "plate"), Redacted)  # noqa: B009
        assert (await runtime.unit().load(Booklet, resident.booklet)).days_left == 9

    @staticmethod
    async def feed(resident: Resident) -> dict[str, Any]:
        """Its event of this booklet, as a service reads it that was away."""
        headers = resident.visitors.mint.service("someone", "visitors")
        async with asyncio.timeout(20):
            while True:
                answer = await resident.visitors.http.get("/events?after=0&limit=500", headers=headers)
                for event in answer.json()["events"]:
                    if event["subject"] == str(resident.booklet):
                        found: dict[str, Any] = event
                        return found
                await asyncio.sleep(0.05)
