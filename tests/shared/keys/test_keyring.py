"""One key a citizen: made once, cached, destroyed for ever."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shared.ids import new_id
from shared.keys import DataKey, KeyDestroyed, KeyRing, SealBroken, lookup
from shared.testing import fresh
from tests.shared.toy.library import LIBRARY

pytestmark = pytest.mark.integration
MASTER = os.urandom(32)


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[Any]:
    async with fresh(postgres_url, LIBRARY) as databases:
        made = await asyncpg.create_pool(databases.keys, min_size=1, max_size=8)
        yield made
        await made.close()


def ring(pool: Any, purpose: str = "library") -> KeyRing:
    return KeyRing(pool, MASTER, purpose)


def same(one: DataKey | None, other: DataKey | None) -> bool:
    return bool(one and other and other.open(one.seal(b"x", b"here"), b"here") == b"x")


class TestAKey:
    async def test_is_one_for_all_who_race_for_it(self, pool: Any) -> None:
        subject = new_id()
        keys = await asyncio.gather(*(ring(pool).obtain(subject) for _ in range(16)))
        assert all(same(keys[0], key) for key in keys)
        assert await pool.fetchval("SELECT count(*) FROM subject_key") == 1

    async def test_is_committed_before_it_is_used(self, pool: Any) -> None:
        """An append may be durable a moment later: a key that is not would leave it unreadable for ever."""
        subject = new_id()
        key = await ring(pool).obtain(subject)
        assert same(key, await ring(pool).find(subject))

    async def test_is_another_for_another_purpose(self, pool: Any) -> None:
        subject = new_id()
        one, other = await ring(pool).obtain(subject), await ring(pool, "archive").obtain(subject)
        with pytest.raises(SealBroken):
            other.open(one.seal(b"x", b"here"), b"here")

    async def test_is_asked_for_once(self, pool: Any) -> None:
        subject, keys = new_id(), ring(pool)
        first = await keys.obtain(subject)
        await pool.execute("UPDATE subject_key SET wrapped = NULL, destroyed_at = now()")
        assert await keys.find(subject) is first
        keys.forget(subject)
        assert await keys.find(subject) is None

    async def test_wrapped_for_another_subject_does_not_open(self, pool: Any) -> None:
        one, other = new_id(), new_id()
        await ring(pool).obtain(one)
        await ring(pool).obtain(other)
        await pool.execute(
            "UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key WHERE subject = $1)", one
        )
        with pytest.raises(SealBroken):
            await ring(pool).find(other)

    async def test_is_found_among_others_in_one_query(self, pool: Any) -> None:
        made, destroyed, unknown, keys = new_id(), new_id(), new_id(), ring(pool)
        key = await keys.obtain(made)
        await ring(pool).obtain(destroyed)
        await ring(pool).destroy(destroyed)
        for each in (keys, ring(pool)):
            found = await each.find_all([made, destroyed, unknown])
            assert set(found) == {made}
            assert same(found[made], key)
            assert await each.find_all([made]) == {made: found[made]}

    async def test_nobody_made_is_none(self, pool: Any) -> None:
        assert await ring(pool).find(new_id()) is None


class TestADestroyedKey:
    async def test_is_never_made_again(self, pool: Any) -> None:
        subject, keys = new_id(), ring(pool)
        await keys.obtain(subject)
        await keys.destroy(subject)
        await keys.destroy(subject)
        for each in (keys, ring(pool)):
            assert await each.find(subject) is None
            with pytest.raises(KeyDestroyed):
                await each.obtain(subject)

    async def test_may_never_have_been_made(self, pool: Any) -> None:
        subject = new_id()
        await ring(pool).destroy(subject)
        with pytest.raises(KeyDestroyed):
            await ring(pool).obtain(subject)

    @pytest.mark.parametrize("together", [False, True])
    async def test_is_not_remembered_by_a_reader_on_its_way(self, pool: Any, together: bool) -> None:
        subject = new_id()
        await ring(pool).obtain(subject)
        answered, go_on = asyncio.Event(), asyncio.Event()

        class Slow:
            """A pool whose answers linger on the way."""

            async def fetchrow(self, *args: Any) -> Any:
                return await self._late(pool.fetchrow(*args))

            async def fetch(self, *args: Any) -> Any:
                return await self._late(pool.fetch(*args))

            async def execute(self, *args: Any) -> Any:
                return await pool.execute(*args)

            async def _late(self, answer: Any) -> Any:
                found = await answer
                answered.set()
                await go_on.wait()
                return found

        keys = KeyRing(Slow(), MASTER, "library")  # type: ignore[arg-type]
        asking: Any = keys.find_all([subject]) if together else keys.find(subject)
        reader = asyncio.create_task(asking)
        await answered.wait()
        await keys.destroy(subject)
        go_on.set()
        assert not await reader
        assert await keys.find(subject) is None
        assert await keys.find_all([subject]) == {}


class TestADigest:
    def test_is_keyed_and_tells_scopes_apart(self) -> None:
        digest = lookup(b"k" * 32)
        assert digest("mail", "a") == digest("mail", "a")
        assert len({digest("mail", "a"), digest("plate", "a"), lookup(b"l" * 32)("mail", "a")}) == 3
