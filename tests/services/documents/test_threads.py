"""What the threads of rendering and sealing leave behind."""

import asyncio
from collections.abc import Iterator

import pytest

from services.documents import threads as threads_module
from services.documents.threads import WorkerThreads


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A mark for each time that memory goes back."""
    times: list[int] = []
    monkeypatch.setattr(threads_module, "QUIET_SECONDS", 0.1)
    monkeypatch.setattr("shared.heap.give_back", lambda: times.append(1))
    return times


@pytest.fixture
def pool() -> Iterator[WorkerThreads]:
    pool = WorkerThreads("quiet", 2)
    yield pool
    pool.close()


class TestMemoryOfFinishedWork:
    async def test_goes_back_once_it_is_quiet(self, given_back: list[int], pool: WorkerThreads) -> None:
        assert await asyncio.gather(*(pool.run(pow, 2, n) for n in range(5))) == [1, 2, 4, 8, 16]
        assert given_back == []
        await asyncio.sleep(0.3)
        assert given_back == [1]

    async def test_stays_while_there_is_work(self, given_back: list[int], pool: WorkerThreads) -> None:
        for _ in range(6):
            await pool.run(int)
            await asyncio.sleep(0.04)
        assert given_back == []

    async def test_goes_back_after_a_failure_too(self, given_back: list[int], pool: WorkerThreads) -> None:
        with pytest.raises(ZeroDivisionError):
            await pool.run(divmod, 1, 0)
        await asyncio.sleep(0.3)
        assert given_back == [1]

    async def test_is_left_to_the_end_of_a_closed_pool(
        self, given_back: list[int], pool: WorkerThreads
    ) -> None:
        await pool.run(int)
        pool.close()
        await asyncio.sleep(0.3)
        assert given_back == []
