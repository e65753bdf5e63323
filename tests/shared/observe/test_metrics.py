"""Durations by route template; no label grows with what callers send."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared.observe.metrics import REGISTRY, counter, exposition
from shared.web.app import middlewares, operators_routes
from shared.web.probes import Probes


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(
    routes=[Route("/measured/{number}", hello), *operators_routes(Probes())], middleware=middlewares()
)


def observed(**labels: str) -> float:
    return REGISTRY.get_sample_value("http_server_request_duration_seconds_count", labels) or 0.0


async def send(method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://x") as client:
        return await client.request(method, path, headers=headers)


class TestARequest:
    async def test_counts_under_its_template(self) -> None:
        labels = {"method": "GET", "route": "/measured/{number}", "status": "200"}
        before = observed(**labels)
        for number in range(3):
            await send("GET", f"/measured/{number}")
        assert observed(**labels) == before + 3

    async def test_to_nowhere_adds_no_label(self) -> None:
        labels = {"method": "GET", "route": "unmatched", "status": "404"}
        before = observed(**labels)
        await send("GET", "/wp-admin.php")
        await send("GET", "/another-guess")
        assert observed(**labels) == before + 2
        assert b"wp-admin" not in exposition()

    async def test_of_an_odd_method_adds_no_label(self) -> None:
        await send("BREW", "/measured/1")
        assert b"BREW" not in exposition()

    async def test_of_a_probe_is_not_counted(self) -> None:
        await send("GET", "/health/live")
        assert b"/health" not in exposition()


class TestTheExposition:
    async def test_is_served_as_text(self) -> None:
        lamps = counter("lamps_lit_total", "Lamps lit", ("colour",))
        lamps.labels("red").inc()
        answer = await send("GET", "/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'lamps_lit_total{colour="red"} 1.0' in answer.text
        assert "process_resident_memory_bytes" in answer.text

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
    async def test_is_not_for_the_street(self, header: str) -> None:
        answer = await send("GET", "/metrics", headers={header: "for=192.0.2.1"})
        assert (answer.status_code, answer.text) == (404, "")
