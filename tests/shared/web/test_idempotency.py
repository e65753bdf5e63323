"""The same key answers the same; other content under it is refused; the effect happens once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends

from shared.web.app import create_app
from shared.web.idempotency import IdempotencyKeeper, IdempotentRequest, Remembered
from shared.web.problems import Problem
from shared.web.token_signing import CallerTokenSigner
from shared.web.tokens import Caller, CallerTokens, require
from tests.shared.web.conftest import AUDIENCE


class Conflict(Exception):
    """As the log refuses a reservation that another has."""


class Shelf:
    """An in-memory log: what a unit remembers and how often the effect took place."""

    def __init__(self) -> None:
        self.answers: dict[bytes, Remembered] = {}
        self.effects = 0
        self.pause = 0.0

    async def find(self, key_hmac: bytes) -> Remembered | None:
        return self.answers.get(key_hmac)


class ShelfUnit:
    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.pending: tuple[bytes, Remembered] | None = None

    def remember(self, key_hmac: bytes, digest: bytes, status: int, body: bytes) -> None:
        self.pending = (key_hmac, Remembered(digest, status, body))

    async def commit(self) -> None:
        assert self.pending is not None
        await asyncio.sleep(self.shelf.pause)
        if self.pending[0] in self.shelf.answers:
            raise Conflict
        self.shelf.answers[self.pending[0]] = self.pending[1]
        self.shelf.effects += 1


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def shop(signer: CallerTokenSigner, shelf: Shelf) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.post("/orders", status_code=201)
    async def order(
        wanted: dict[str, int],
        idempotency: IdempotentRequest,
        caller: Annotated[Caller, Depends(require("citizen"))],
    ) -> object:
        if not wanted:
            raise Problem("nothing_wanted", 422, "Nothing is wanted")
        unit = ShelfUnit(shelf)
        answer = idempotency.remember_in(unit, 201, {"order": shelf.effects + 1, "wanted": wanted})
        await unit.commit()
        return answer

    app = create_app(
        AUDIENCE,
        "1",
        [router],
        caller_tokens=CallerTokens(signer.public_jwks(), AUDIENCE),
        idempotency=IdempotencyKeeper(shelf, b"k" * 32),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client


@pytest.fixture
def order(shop: httpx.AsyncClient, token_for: Callable[..., str]) -> Callable[..., object]:
    mine = token_for("citizen")

    async def send(key: str | None, body: str = '{"a": 1, "b": 2}', token: str = mine) -> httpx.Response:
        headers: dict[str, str | bytes] = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        if key is not None:
            headers["Idempotency-Key"] = key.encode("latin-1")
        return await shop.post("/orders", content=body, headers=headers)  # type: ignore[arg-type]

    return send


Order = Callable[..., "asyncio.Future[httpx.Response]"]


class TestTheSameKey:
    async def test_replays_the_same_answer(self, order: Order, shelf: Shelf) -> None:
        first = await order("k1")
        again = await order("k1", ' {"b":2,\n"a":1}')
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert shelf.effects == 1

    async def test_with_other_content_is_refused(self, order: Order, shelf: Shelf) -> None:
        await order("k1")
        other = await order("k1", '{"a": 1, "b": 3}')
        assert (other.status_code, other.json()["type"]) == (422, "urn:portal:problem:idempotency_key_reused")
        assert shelf.effects == 1

    async def test_of_somebody_else_is_another(
        self, order: Order, shelf: Shelf, token_for: Callable[..., str]
    ) -> None:
        other = token_for("citizen", subject="01890000-0000-7000-8000-000000000002")
        await order("k1")
        assert (await order("k1", token=other)).json()["order"] == 2

    async def test_at_the_same_time_has_one_effect(self, order: Order, shelf: Shelf) -> None:
        shelf.pause = 0.05
        answers = await asyncio.gather(*(order("k1") for _ in range(5)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 4
        assert shelf.effects == 1

    async def test_may_follow_a_refusal(self, order: Order, shelf: Shelf) -> None:
        assert (await order("k1", "{}")).json()["type"] == "urn:portal:problem:nothing_wanted"
        assert (await order("k1")).status_code == 201


class TestAnotherKey:
    async def test_has_its_own_effect(self, order: Order, shelf: Shelf) -> None:
        await order("k1")
        assert (await order("k2")).json()["order"] == 2
        assert shelf.effects == 2


class TestABadKey:
    async def test_when_missing_is_asked_for(self, order: Order, shelf: Shelf) -> None:
        answer = await order(None)
        assert (answer.status_code, answer.json()["type"][19:]) == (400, "idempotency_key_missing")
        assert shelf.effects == 0

    @pytest.mark.parametrize("key", ["", "a b", "x" * 201, "x" * 2000, "ä"])
    async def test_when_malformed_is_refused(self, order: Order, key: str) -> None:
        answer = await order(key)
        assert (answer.status_code, answer.json()["type"][19:]) == (400, "idempotency_key_malformed")

    async def test_of_nobody_needs_a_token_first(self, order: Order) -> None:
        assert (await order("k1", token="x")).status_code == 401


class TestWhatIsStored:
    async def test_is_keyed_and_opaque(self, order: Order, shelf: Shelf) -> None:
        await order("visible-key")
        [(key, remembered)] = shelf.answers.items()
        assert (len(key), len(remembered.digest)) == (32, 32)
        assert b"visible-key" not in key
