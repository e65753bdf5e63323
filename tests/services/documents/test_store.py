"""The store keeps what it was given, once."""

import asyncio
from pathlib import Path

import pytest

from services.documents.store import ObjectConflict, ObjectMissing, ObjectStore, StoreUnavailable

KEY = "documents/019a-1.pdf.enc"


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "new folder").as_uri())


class TestAStoredObject:
    async def test_comes_back_as_it_was(self, store: ObjectStore) -> None:
        await store.put(KEY, b"\x00cipher")
        assert await store.get(KEY) == b"\x00cipher"

    async def test_may_be_stored_again_unchanged(self, store: ObjectStore) -> None:
        await store.put(KEY, b"cipher")
        await store.put(KEY, b"cipher")
        assert await store.get(KEY) == b"cipher"

    async def test_cannot_be_changed(self, store: ObjectStore) -> None:
        await store.put(KEY, b"cipher")
        with pytest.raises(ObjectConflict):
            await store.put(KEY, b"other")
        assert await store.get(KEY) == b"cipher"

    async def test_survives_a_new_process(self, store: ObjectStore, tmp_path: Path) -> None:
        await store.put(KEY, b"cipher")
        assert await ObjectStore((tmp_path / "new folder").as_uri()).get(KEY) == b"cipher"

    async def test_has_one_winner(self, store: ObjectStore) -> None:
        rivals = [store.put(KEY, bytes([n]) * 70_000) for n in range(8)]
        outcomes = await asyncio.gather(*rivals, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType"] + ["ObjectConflict"] * 7
        assert await store.get(KEY) == bytes([outcomes.index(None)]) * 70_000


class TestAnEmptyPlace:
    async def test_is_missing(self, store: ObjectStore) -> None:
        assert not await store.exists(KEY)
        with pytest.raises(ObjectMissing):
            await store.get(KEY)

    async def test_exists_once_filled(self, store: ObjectStore) -> None:
        await store.put(KEY, b"cipher")
        assert await store.exists(KEY)


class TestAKey:
    @pytest.mark.parametrize("key", ["../x", "/etc/x", "a/../b", "", "a//b", "a b", "ä", ".x"])
    async def test_cannot_leave_the_store(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(ValueError, match="not an object key"):
            await store.put(key, b"cipher")


class TestAnUnreachableStore:
    async def test_is_named_as_such(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "AWS_ENDPOINT": "http://127.0.0.1:9",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }.items():
            monkeypatch.setenv(name, value)
        store = ObjectStore("s3://lindenau/documents")
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(store.get(KEY), 60)
