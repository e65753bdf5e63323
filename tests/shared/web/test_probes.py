"""What the orchestrator is told, and what it is not."""

import asyncio

import httpx
from fastapi import FastAPI

from shared.web.probes import Probes


async def passes() -> int:
    return 1


async def fails() -> None:
    raise ConnectionError("postgres://user:canary@host")


class TestReadiness:
    async def test_follows_its_checks(self, client: httpx.AsyncClient, probes: Probes) -> None:
        probes.ready_checks["pool"] = passes
        assert (await client.get("/health/ready")).json()["checks"] == {"pool": "passed"}
        probes.ready_checks["keys"] = fails
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["checks"]) == (503, {"pool": "passed", "keys": "failed"})
        assert "canary" not in answer.text

    async def test_does_not_wait_for_a_hanging_check(self, client: httpx.AsyncClient, probes: Probes) -> None:
        probes.ready_checks["pool"] = lambda: asyncio.sleep(60)
        answer = await asyncio.wait_for(client.get("/health/ready"), 5)
        assert answer.status_code == 503

    async def test_ends_when_draining(self, client: httpx.AsyncClient, probes: Probes) -> None:
        waiting = asyncio.create_task(probes.until_draining())
        assert (await client.get("/health/ready")).status_code == 200
        probes.drain()
        assert (await client.get("/health/ready")).status_code == 503
        await asyncio.wait_for(waiting, 1)

    async def test_begins_with_the_start_up_done(self, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            assert (await client.get("/health/ready")).status_code == 503
            assert (await client.get("/health/started")).status_code == 503
            async with app.router.lifespan_context(app):
                assert (await client.get("/health/ready")).status_code == 200


class TestLiveness:
    async def test_asks_nobody(self, client: httpx.AsyncClient, probes: Probes) -> None:
        probes.ready_checks["pool"] = probes.started_checks["pool"] = fails
        assert (await client.get("/health/live")).status_code == 200


class TestHavingStarted:
    async def test_is_asked_until_it_was_so_once(self, client: httpx.AsyncClient, probes: Probes) -> None:
        probes.started_checks["migrations"] = fails
        assert (await client.get("/health/started")).status_code == 503
        probes.started_checks["migrations"] = passes
        assert (await client.get("/health/started")).status_code == 200
        probes.started_checks["migrations"] = fails
        assert (await client.get("/health/started")).status_code == 200
