"""The kernel end to end on real servers: append, feed, broker, inbox, tasks, erasure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import aio_pika.exceptions
import pytest

from shared.audit import sealer
from shared.audit.anchors import anchors_at
from shared.audit.seals import SealKey
from shared.audit.verification import violations
from shared.domain import REDACTED
from shared.ids import new_id
from shared.log import ReservationTaken, VersionConflict
from shared.testing import CallerMint, Running, running
from tests.shared.toy.library import ARCHIVE, LIBRARY, Loan

pytestmark = pytest.mark.integration


@pytest.fixture
async def library(
    postgres_url: str, amqp_url: str, tmp_path: Any, mint: CallerMint
) -> AsyncIterator[Running]:
    prefix = f"test-{uuid4().hex[:8]}."
    async with running(
        LIBRARY, postgres_url, amqp_url, tmp_path / "library", mint=mint, name_prefix=prefix
    ) as found:
        yield found


async def lend(library: Running, title: str = "Faust", subject: UUID | None = None) -> UUID:
    unit = library.runtime.unit()
    loan = Loan.lend(id=new_id(), now=unit.now, title=title, reader="Łukasz Größner")
    await unit.save(loan, subject=subject or new_id())
    await unit.commit()
    return loan.id


async def until(check: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    """Asks until the answer is truthy."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.02)
    return found


async def listening(service: Running) -> None:
    """Waits until the service consumes; what is published before has no queue and would need its feed."""
    settings = service.runtime.settings

    async def consumed() -> bool:
        connection = await aio_pika.connect(settings.rabbitmq_url)
        async with connection:
            try:
                channel = await connection.channel()
                name = f"{settings.name_prefix}{service.runtime.name}.events"
                queue = await channel.declare_queue(name, passive=True)
            except aio_pika.exceptions.AMQPError:
                return False
            return bool(queue.declaration_result.consumer_count)

    await until(consumed, 20)


class TestAppend:
    async def test_reads_its_own_write(self, library: Running) -> None:
        loan_id = await lend(library)
        row = await library.runtime.pool.fetchrow("SELECT * FROM loan WHERE loan_id = $1", loan_id)
        assert row is not None
        assert (row["title"], row["state"]) == ("Faust", "lent")
        loan = await library.runtime.unit().load(Loan, loan_id)
        assert loan.reader == "Łukasz Größner"

    async def test_keeps_personal_fields_sealed(self, library: Running) -> None:
        loan_id = await lend(library)
        payload = await library.runtime.pool.fetchval(
            "SELECT payload FROM event WHERE stream_id = $1", loan_id
        )
        assert b"Faust" in payload
        assert "Größner".encode() not in payload

    async def test_refuses_a_stale_writer(self, library: Running) -> None:
        loan_id = await lend(library)
        first, second = library.runtime.unit(), library.runtime.unit()
        for unit in (first, second):
            loan = await unit.load(Loan, loan_id)
            loan.give_back("in order", now=unit.now)
            await unit.save(loan)
        await first.commit()
        with pytest.raises(VersionConflict):
            await second.commit()
        assert (
            await library.runtime.pool.fetchval("SELECT count(*) FROM event WHERE stream_id=$1", loan_id) == 2
        )

    async def test_gives_a_reservation_to_one_of_many(self, library: Running) -> None:
        async def take() -> bool:
            unit = library.runtime.unit()
            loan = Loan.lend(id=new_id(), now=unit.now, title="Urfaust", reader="x")
            await unit.save(loan, subject=new_id())
            unit.reserve("title", "Urfaust", loan.id)
            try:
                await unit.commit()
            except ReservationTaken as taken:
                assert taken.scope == "title"
                return False
            return True

        assert sum(await asyncio.gather(*(take() for _ in range(20)))) == 1
        assert await library.runtime.pool.fetchval("SELECT count(*) FROM loan WHERE title = 'Urfaust'") == 1

    async def test_the_running_role_cannot_change_history(self, library: Running) -> None:
        await lend(library)
        with pytest.raises(Exception, match="permission denied"):
            await library.runtime.pool.execute("UPDATE event SET name = 'x'")
        with pytest.raises(Exception, match="permission denied"):
            await library.runtime.pool.execute("DELETE FROM event")


class TestErasure:
    async def test_leaves_redacted_fields_and_a_log_that_folds(self, library: Running) -> None:
        subject = new_id()
        loan_id = await lend(library, subject=subject)
        await library.runtime.keys.destroy(subject)
        loan = await library.runtime.unit().load(Loan, loan_id)
        assert loan.reader == REDACTED
        assert loan.title == "Faust"


class TestFeed:
    async def test_numbers_public_events_without_a_gap(self, library: Running) -> None:
        ids = await asyncio.gather(*(lend(library, f"book {n}") for n in range(50)))
        headers = library.mint.service("archive", "library")

        async def read() -> list[Any] | None:
            answer = await library.http.get("/events?after=0&limit=500", headers=headers)
            events: list[Any] = answer.json()["events"]
            return events if len(events) == len(ids) else None

        events = await until(read)
        assert [e["sequence"] for e in events] == list(range(1, 51))
        assert {e["subject"] for e in events} == {str(i) for i in ids}
        assert "reader" not in events[0]["data"]

    async def test_is_closed_to_callers_without_a_token(self, library: Running) -> None:
        answer = await library.http.get("/events")
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")


class TestAudit:
    @pytest.fixture
    def quick_looks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sealer, "LOOK", 0.1)

    async def test_seals_and_anchors_what_a_service_wrote(self, quick_looks: None, library: Running) -> None:
        await lend(library)
        pool = library.runtime.pool
        assert await until(lambda: pool.fetchval("SELECT count(*) FROM audit_anchored"), 30) == 1
        anchors = anchors_at(library.runtime.settings.audit_anchors)
        keys = SealKey((library.secrets / "audit_key.pem").read_text()).keys()
        assert await violations(library.databases.log, "library", anchors, keys) == []
        with pytest.raises(Exception, match="permission denied"):
            await pool.execute("DELETE FROM audit_seal")


class TestBus:
    async def test_applies_each_event_once_in_another_service(
        self, library: Running, postgres_url: str, amqp_url: str, tmp_path: Any, mint: CallerMint
    ) -> None:
        prefix = library.runtime.settings.name_prefix
        async with running(
            ARCHIVE, postgres_url, amqp_url, tmp_path / "archive", mint=mint, name_prefix=prefix
        ) as archive:
            await listening(archive)
            await asyncio.gather(*(lend(library, f"book {n}") for n in range(30)))

            async def seen() -> bool:
                return bool(await archive.runtime.pool.fetchval("SELECT count(*) = 30 FROM seen_loan"))

            await until(seen, 20)
            cursor = await archive.runtime.pool.fetchval("SELECT sequence FROM inbox_cursor")
            assert cursor == 30

    async def test_parks_a_stream_and_lets_the_others_flow(
        self, library: Running, postgres_url: str, amqp_url: str, tmp_path: Any, mint: CallerMint
    ) -> None:
        prefix = library.runtime.settings.name_prefix
        async with running(
            ARCHIVE, postgres_url, amqp_url, tmp_path / "archive", mint=mint, name_prefix=prefix
        ) as archive:
            await listening(archive)
            poisoned = await lend(library, "poison")
            await lend(library, "fine")

            async def done() -> bool:
                return bool(await archive.runtime.pool.fetchval("SELECT count(*) = 1 FROM seen_loan"))

            await until(done, 20)
            rows = await archive.runtime.pool.fetch("SELECT stream_key, error FROM parked")
            assert [(r["stream_key"], r["error"]) for r in rows] == [
                (str(poisoned), "this title is not archived")
            ]


RETURNS = "SELECT count(*) FROM task WHERE kind = 'return_book'"


class TestTasks:
    async def test_runs_after_the_commit_and_once(self, library: Running) -> None:
        loan_id = await lend(library)
        unit = library.runtime.unit()
        for _ in range(2):
            unit.task("return_book", {"loan_id": str(loan_id)}, key=str(loan_id))
        await unit.commit()

        async def back() -> bool:
            state = await library.runtime.pool.fetchval("SELECT state FROM loan WHERE loan_id = $1", loan_id)
            return bool(state == "back")

        await until(back)
        assert await library.runtime.pool.fetchval(RETURNS) == 1

    async def test_is_given_up_after_its_tries(self, library: Running) -> None:
        unit = library.runtime.unit()
        unit.task("return_book", {"loan_id": str(new_id())})
        await unit.commit()

        async def failed() -> Any:
            return await library.runtime.pool.fetchval(
                "SELECT last_error FROM task WHERE failed_at IS NOT NULL"
            )

        assert "StreamNotFound" in await until(failed)
