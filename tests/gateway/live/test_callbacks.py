"""The provider's notification passes through the gateway untouched."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.callbacks import LONGEST_BODY, LONGEST_QUERY, ROUTES
from shared.web.problems import MEDIA_TYPE
from tests.serving import listening

PATH = "/zahlung/girocheckout/notify"
AS_SENT = b"gcReference=1%2f2&gcMerchantTxId=a+b%20c&gcAmount=&gcHash=x%7E~*'\"|&&z"


class Payments:
    """Stands in for payments and keeps what it was sent."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.answer: Response = JSONResponse({"Result": "OK"})
        self.app = Starlette(
            routes=[Route("/callbacks/{provider}/notify", self.take, methods=["GET", "POST"])]
        )

    async def take(self, request: Request) -> Response:
        self.scopes.append(dict(request.scope))
        self.bodies.append(await request.body())
        return self.answer


@pytest.fixture
async def payments() -> Payments:
    return Payments()


def gateway_before(payments_url: str) -> Starlette:
    app = Starlette(routes=ROUTES)
    app.state.portal = SimpleNamespace(settings=SimpleNamespace(payments_url=payments_url))
    return app


@pytest.fixture
async def gateway(payments: Payments) -> AsyncIterator[str]:
    async with listening(payments.app) as inner, listening(gateway_before(inner)) as address:
        yield address


async def raw_get(address: str, target: bytes) -> bytes:
    """The whole answer to a request line as given: no client library tidies it up."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer


class TestNotification:
    async def test_keeps_every_byte(self, gateway: str, payments: Payments) -> None:
        answer = await raw_get(gateway, PATH.encode() + b"?" + AS_SENT)
        assert answer.startswith(b"HTTP/1.1 200")
        assert [scope["query_string"] for scope in payments.scopes] == [AS_SENT]

    async def test_carries_neither_cookie_nor_token(self, gateway: str, payments: Payments) -> None:
        async with httpx.AsyncClient() as client:
            await client.get(gateway + PATH, headers={"Cookie": "session=x", "Authorization": "Bearer x"})
        names = {name for name, _ in payments.scopes[0]["headers"]}
        assert not names & {b"cookie", b"authorization"}

    async def test_answers_what_payments_answers(self, gateway: str, payments: Payments) -> None:
        payments.answer = JSONResponse({"type": "urn:x"}, 400, media_type=MEDIA_TYPE)
        async with httpx.AsyncClient() as client:
            answer = await client.get(gateway + PATH + "?a=1")
        assert (answer.status_code, answer.json()) == (400, {"type": "urn:x"})
        assert answer.headers["content-type"] == MEDIA_TYPE

    async def test_is_repeated_after_a_fault_of_payments(self, gateway: str, payments: Payments) -> None:
        payments.answer = Response(status_code=500)
        async with httpx.AsyncClient() as client:
            answer = await client.get(gateway + PATH + "?a=1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")

    async def test_is_repeated_while_payments_is_away(self) -> None:
        async with listening(gateway_before("http://127.0.0.1:9")) as gateway, httpx.AsyncClient() as client:
            answer = await client.get(gateway + PATH + "?a=1")
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:portal:problem:unavailable"

    async def test_is_refused_when_absurdly_long(self, gateway: str, payments: Payments) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{gateway}{PATH}?a={'x' * LONGEST_QUERY}")
        assert answer.status_code == 414
        assert payments.scopes == []

    async def test_keeps_a_posted_body_and_the_headers_that_sign_it(
        self, gateway: str, payments: Payments
    ) -> None:
        body = b'{"id": "WH-1",  "event_type":"PAYMENT.CAPTURE.COMPLETED"}\n'
        signed = {
            "PAYPAL-TRANSMISSION-SIG": "abc=",
            "Content-Type": "application/json",
            "Cookie": "session=x",
        }
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{gateway}/zahlung/paypal/notify", content=body, headers=signed)
        assert (answer.status_code, payments.bodies) == (200, [body])
        assert payments.scopes[0]["path"] == "/callbacks/paypal/notify"
        headers = dict(payments.scopes[0]["headers"])
        assert headers[b"paypal-transmission-sig"] == b"abc="
        assert b"cookie" not in headers

    @pytest.mark.parametrize("name", ["%2e%2e", "a%2Fb", "UPPER", "x" * 41])
    async def test_of_what_can_be_no_provider_goes_nowhere(
        self, gateway: str, payments: Payments, name: str
    ) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{gateway}/zahlung/{name}/notify", content=b"{}")
        assert (answer.status_code, payments.scopes) == (404, [])

    async def test_with_an_absurdly_long_body_is_refused(self, gateway: str, payments: Payments) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.post(gateway + PATH, content=b"x" * (LONGEST_BODY + 1))
        assert (answer.status_code, payments.scopes) == (413, [])

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    async def test_takes_nothing_else(self, gateway: str, method: str) -> None:
        async with httpx.AsyncClient() as client:
            assert (await client.request(method, gateway + PATH)).status_code == 405
