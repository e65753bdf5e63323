"""What is JSON to us, and what is refused before anything looks at it."""

import httpx
import pytest
from fastapi import FastAPI

from shared.web.app import create_app
from shared.web.strict_json import is_json

BAD = [
    b'{"x": NaN}',
    b'{"x": -Infinity}',
    b'{"x": 1e999}',
    b'{"x": "\\ud800"}',
    b'{"x": "a\\u0000b"}',
    b'{"x": "\xff"}',
    b"[" * 20_000,
    b'{"x": ',
]
GOOD = [b"{}", b'{"x": "\\ud83d\\ude00", "y": -1.5e3}', '{"name": "Łukasz Süß"}'.encode()]


class TestABody:
    @pytest.mark.parametrize("body", BAD)
    def test_that_others_would_read_otherwise_is_none(self, body: bytes) -> None:
        assert not is_json(body)

    @pytest.mark.parametrize("body", GOOD)
    def test_that_is_plain_is_taken(self, body: bytes) -> None:
        assert is_json(body)


class TestAService:
    @pytest.mark.parametrize("body", BAD)
    async def test_answers_a_bad_body_with_a_problem(self, body: bytes) -> None:
        answer = await self._send(body)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:portal:problem:broken_json")

    @pytest.mark.parametrize("body", GOOD)
    async def test_hands_a_good_body_on(self, body: bytes) -> None:
        assert (await self._send(body)).status_code == 200

    async def _send(self, body: bytes) -> httpx.Response:
        transport = httpx.ASGITransport(_echo(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.post("/echo", content=body, headers={"Content-Type": "application/json"})


def _echo() -> FastAPI:
    app = create_app("echo", "1", [])

    @app.post("/echo")
    async def echo(body: dict[str, object]) -> dict[str, object]:
        return body

    return app
