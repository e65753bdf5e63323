"""Bodies beyond the limit are refused, whether their length is declared or not."""

from collections.abc import AsyncIterator

import httpx

LAMP = b'{"colour": "red", "watts": 5, "note": "%s"}'
JSON = {"content-type": "application/json"}


async def chunks(size: int) -> AsyncIterator[bytes]:
    body = LAMP % (b"x" * (size - len(LAMP) + 2))
    assert len(body) == size
    for start in range(0, size, 100):
        yield body[start : start + 100]


class TestABody:
    async def test_at_the_limit_passes(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/lamps", content=chunks(1000), headers=JSON)).status_code == 201

    async def test_declared_too_large_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/lamps", content=b"x" * 1001, headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:portal:problem:too_large")
        assert answer.json()["limit_bytes"] == 1000

    async def test_in_chunks_too_large_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/lamps", content=chunks(1001), headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:portal:problem:too_large")

    async def test_may_be_larger_on_its_path(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/lamps/photo", content=chunks(5000), headers=JSON)).status_code == 200
        assert (await client.post("/lamps/photo", content=chunks(5001), headers=JSON)).status_code == 413
