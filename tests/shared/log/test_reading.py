"""The whole log, page by page."""

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.domain import UnknownEvent
from shared.ids import new_id
from shared.log import LogReader
from shared.log.reading import PAGE
from tests.shared.log.conftest import Log, events
from tests.shared.toy.library import Loan

pytestmark = pytest.mark.integration


async def placed(log: Log, count: int) -> list[Loan]:
    """Loans of as many people in the order of the log, written in transactions of three."""
    loans: list[Loan] = []
    while len(loans) < count:
        unit = log.unit()
        for _ in range(min(3, count - len(loans))):
            loans.append(Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz"))
            await unit.save(loans[-1], subject=new_id())
        await unit.commit()
    return loans


async def settled(log: Log) -> set[UUID]:
    pages = LogReader(log.pool, log.keys).pages(settled=True)
    return {recorded.event.originator_id async for page in pages for recorded in page}


class TestThePages:
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 100])
    async def test_give_every_event_once_in_order(self, log: Log, size: int) -> None:
        loans = await placed(log, 5)
        reader = LogReader(log.pool, log.keys)
        pages = [page async for page in reader.pages(page=size)]
        assert max(map(len, pages)) <= size
        found = [recorded for page in pages for recorded in page]
        assert [recorded.event.originator_id for recorded in found] == [loan.id for loan in loans]
        assert [recorded async for recorded in reader.everything(page=size)] == found

    async def test_go_on_from_the_place_of_any_event(self, log: Log) -> None:
        await placed(log, 4)
        reader = LogReader(log.pool, log.keys)
        whole = [recorded async for recorded in reader.everything()]
        for n, recorded in enumerate(whole, 1):
            assert [later async for later in reader.everything(recorded.place, page=2)] == whole[n:]

    async def test_that_are_settled_end_before_what_a_running_transaction_may_precede(self, log: Log) -> None:
        first = await log.lend()
        running = await asyncpg.connect(log.databases.log)
        async with running.transaction():
            await running.execute("SELECT pg_current_xact_id()")
            second = await log.lend()
            assert await settled(log) <= {first.id}  # none, where others of this server run longer
        await running.close()
        async with asyncio.timeout(20):
            while await settled(log) != {first.id, second.id}:
                await asyncio.sleep(0.05)

    async def test_that_are_left_leave_no_query_behind(self, log: Log) -> None:
        await placed(log, 6)
        async with aclosing(LogReader(log.pool, log.keys).pages(page=2)) as pages:
            async for _ in pages:
                break
        assert not [task for task in asyncio.all_tasks() if "LogReader._rows" in repr(task)]

    async def test_tell_of_an_error_where_it_happens(self, log: Log) -> None:
        await placed(log, 3)
        await log.queue.append(events(new_id(), 0))  # of a name that nobody knows
        pages = LogReader(log.pool, log.keys).pages(page=2)
        assert len(await anext(pages)) == 2
        with pytest.raises(UnknownEvent, match="raw"):
            await anext(pages)

    async def test_ask_for_the_keys_of_a_page_in_one_query(
        self, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await placed(log, 7)
        asked: list[int] = []
        fetch = asyncpg.Pool.fetch

        async def counting(pool: Any, query: str, *args: Any, **options: Any) -> Any:
            if "subject_key" in query:
                asked.append(len(args[0]))
            return await fetch(pool, query, *args, **options)

        monkeypatch.setattr(asyncpg.Pool, "fetch", counting)
        log.keys._cache.clear()
        reader = LogReader(log.pool, log.keys)
        readers = [one.event.reader async for one in reader.everything(page=PAGE)]  # type: ignore[attr-defined]
        assert readers == ["Łukasz"] * 7
        assert len([one async for one in reader.everything(page=2)]) == 7
        assert asked == [7]  # and then they are known
