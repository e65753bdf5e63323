"""Each request has its ids, in the answer and in the log; the edge makes its own."""

import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.observe.tracing import configure_tracing
from shared.web.app import middlewares
from shared.web.request_context import current_request

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def ids(_request: Request) -> JSONResponse:
    current = current_request()
    assert current is not None
    return JSONResponse([current.request_id, current.correlation, current.traceparent])


async def ask(trusted: bool = True, **headers: str) -> tuple[list[str], httpx.Response]:
    configure_tracing("test")
    app = Starlette(routes=[Route("/ids", ids)], middleware=middlewares(trusted=trusted))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/ids", headers={k.replace("_", "-"): v for k, v in headers.items()})
    return answer.json(), answer


class TestARequest:
    async def test_keeps_the_ids_it_came_with(self) -> None:
        found, answer = await ask(x_request_id="request-1", x_correlation_id="whole-story", traceparent=TRACE)
        assert found[:2] == ["request-1", "whole-story"]
        assert found[2].split("-")[1] == TRACE.split("-")[1]
        assert answer.headers["x-request-id"] == "request-1"

    async def test_gets_ids_when_it_has_none(self) -> None:
        found, answer = await ask()
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", found[0])
        assert found[1] == found[0] == answer.headers["x-request-id"]
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]", found[2])

    @pytest.mark.parametrize("odd", ["short", "x" * 65, "with blank in it", "{jndi:ldap://x}"])
    async def test_gets_new_ids_for_odd_ones(self, odd: str) -> None:
        found, _ = await ask(x_request_id=odd, traceparent=odd)
        assert odd not in found[0]
        assert len(found[2]) == 55

    async def test_at_the_edge_gets_new_ones_always(self) -> None:
        found, _ = await ask(
            trusted=False, x_request_id="request-1", x_correlation_id="mine1234", traceparent=TRACE
        )
        assert found[0] != "request-1"
        assert found[1] == found[0]
        assert TRACE.split("-")[1] not in found[2]

    async def test_leaves_nothing_behind(self) -> None:
        await ask()
        assert current_request() is None
