"""A database that is away, or cut off: said as such, and no session of ours outlives its process for long."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shared.ids import new_id
from shared.testing import CallerMint, Running, running
from tests.shared.toy.library import LIBRARY

pytestmark = pytest.mark.integration
AWAY = (
    TimeoutError("no answer"),
    ConnectionResetError("cut"),
    asyncpg.CannotConnectNowError("starting up"),
    asyncpg.AdminShutdownError("shut down fast"),
    asyncpg.CrashShutdownError("shut down at once"),
    asyncpg.TooManyConnectionsError("full"),
    asyncpg.InterfaceError("closed"),
)


@pytest.fixture(scope="module")
async def library(
    postgres_url: str, amqp_url: str, tmp_path_factory: Any, mint: CallerMint
) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("library")
    async with running(LIBRARY, postgres_url, amqp_url, folder, mint=mint) as found:
        yield found


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
class TestARequest:
    async def test_is_told_that_the_service_is_not_available(
        self, library: Running, monkeypatch: Any, error: Exception
    ) -> None:
        async def away(*_args: Any) -> Any:
            raise error

        monkeypatch.setattr("shared.bus.events_api.page", away)
        answer = await library.http.get("/events?after=0", headers=library.mint.service("archive", "library"))
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:portal:problem:unavailable")


class TestASession:
    async def test_is_ended_by_the_server_when_its_process_has_vanished(self, library: Running) -> None:
        queue: Any = library.runtime.log.queue
        reader: Any = library.runtime.log.reader
        await reader.stream(new_id())
        loading = [lane._connection for lane in reader._loads._lanes if lane._connection is not None]
        assert loading
        for connection in (library.runtime.pool, queue._lanes[0].connection, *loading):
            assert connection is not None
            assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"
            assert int(await connection.fetchval("SHOW tcp_keepalives_idle")) == 10
