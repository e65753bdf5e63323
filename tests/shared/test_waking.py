"""A loop that sleeps is woken, and ends when it is told to, even if both happen at once."""

import asyncio

import pytest

from shared.waking import woken


class TestASleeper:
    @pytest.mark.parametrize("woken_first", [True, False])
    async def test_told_to_end_as_it_is_woken_ends(self, woken_first: bool) -> None:
        event = asyncio.Event()

        async def loop() -> None:
            while True:
                await woken(event, 0.05)

        sleeper = asyncio.create_task(loop())
        await asyncio.sleep(0)
        if woken_first:
            event.set()
        sleeper.cancel()
        event.set()
        done, _ = await asyncio.wait([sleeper], timeout=2)
        sleeper.cancel()
        assert done
        assert sleeper.cancelled()

    async def test_goes_on_after_a_while(self) -> None:
        event = asyncio.Event()
        await woken(event, 0.01)
        event.set()
        await woken(event, 60)
        assert not event.is_set()
