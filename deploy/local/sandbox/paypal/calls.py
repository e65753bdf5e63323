"""The provider's API: the merchant's server calls, JSON in and out, under a bearer token."""

import asyncio
import base64
import binascii
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.line import Lost
from deploy.local.sandbox.paypal.book import Book, Order
from deploy.local.sandbox.paypal.faults import Line
from deploy.local.sandbox.paypal.house import House
from deploy.local.sandbox.paypal.protocol import Json, Refused, capture_json, order_links, refund_json
from deploy.local.sandbox.paypal.settings import Settings
from deploy.local.sandbox.paypal.webhooks import CERTIFICATE, FOREIGN_CERTIFICATE, Scribe

Answer = Callable[[Request, Json, str], Response]


class Calls:
    def __init__(self, settings: Settings, house: House, book: Book, scribe: Scribe) -> None:
        self._settings = settings
        self._house = house
        self._book = book
        self._scribe = scribe
        self.tokens: dict[str, float] = {}

    def routes(self) -> list[Route]:
        answers: list[tuple[str, str, str, Answer]] = [
            ("POST", "/v2/checkout/orders", "create", self._create),
            ("GET", "/v2/checkout/orders/{id}", "read", self._read),
            ("POST", "/v2/checkout/orders/{id}/capture", "capture", self._capture),
            ("GET", "/v2/payments/captures/{id}", "read_capture", self._read_capture),
            ("POST", "/v2/payments/captures/{id}/refund", "refund", self._refund),
            ("GET", "/v2/payments/refunds/{id}", "read_refund", self._read_refund),
            ("GET", "/v1/customer/disputes/{id}", "read_dispute", self._read_dispute),
            ("POST", "/v1/notifications/verify-webhook-signature", "verify", self._verify),
        ]
        return [
            Route("/v1/oauth2/token", self._token, methods=["POST"]),
            Route("/v1/notifications/certs/{id}", self._certificate),
            *(Route(path, self._endpoint(name, answer), methods=[m]) for m, path, name, answer in answers),
        ]

    def _endpoint(self, name: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                self._authorised(request)
                data = await _body(request)
                return await self._through_the_line(name, lambda: answer(request, data, self.public(request)))
            except Refused as refused:
                return refused.reply()

        return endpoint

    async def _through_the_line(self, name: str, carry_out: Callable[[], Response]) -> Response:
        fault = self._house.script.next_line(name)
        if fault is None:
            return carry_out()
        if fault.kind is Line.UNAVAILABLE:
            return PlainTextResponse("Service Unavailable", 503)
        if fault.kind is Line.REFUSE:
            raise Refused(fault.status, fault.issue)
        response = carry_out()
        if fault.kind is Line.SLOW:
            await asyncio.sleep(fault.seconds)
            return response
        return Lost()

    def public(self, request: Request) -> str:
        return self._settings.public_url or str(request.base_url).rstrip("/")

    async def _token(self, request: Request) -> Response:
        async def answered() -> Response:
            form = await request.form()
            if not self._is_client(request.headers.get("authorization", "")):
                told = {"error": "invalid_client", "error_description": "Client Authentication failed"}
                return JSONResponse(told, 401)
            if form.get("grant_type") != "client_credentials":
                return JSONResponse({"error": "unsupported_grant_type"}, 400)
            token = "A21AA" + secrets.token_urlsafe(60)
            seconds = self._settings.token_seconds
            self.tokens[token] = time.monotonic() + seconds
            told = {
                "scope": "",
                "access_token": token,
                "token_type": "Bearer",
                "app_id": "APP-80W284485P519543T",
            }
            return JSONResponse({**told, "expires_in": seconds, "nonce": secrets.token_hex(8)})

        response = await answered()
        try:
            return await self._through_the_line("token", lambda: response)
        except Refused as refused:
            return refused.reply()

    def _is_client(self, header: str) -> bool:
        expected = f"{self._settings.client_id}:{self._settings.client_secret}".encode()
        scheme, _, value = header.partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)

    def _authorised(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self.tokens.get(token, 0.0) <= time.monotonic():
            raise Refused(401, "INVALID_TOKEN")

    async def _certificate(self, request: Request) -> Response:
        known = {CERTIFICATE: self._scribe.authority, FOREIGN_CERTIFICATE: self._scribe.foreign}
        authority = known.get(request.path_params["id"])
        if authority is None:
            return PlainTextResponse("Not Found", 404)
        media_type = "application/x-pem-file"
        return await self._through_the_line(
            "certificate", lambda: Response(authority.certificate, media_type=media_type)
        )

    def _create(self, request: Request, data: Json, public: str) -> Response:
        order, is_new = self._house.create(data, request.headers.get("paypal-request-id", ""))
        return self._told(request, order, public, 201 if is_new else 200)

    def _read(self, request: Request, _data: Json, public: str) -> Response:
        return JSONResponse(self._house.read(request.path_params["id"], public))

    def _capture(self, request: Request, _data: Json, public: str) -> Response:
        order_id, request_id = request.path_params["id"], request.headers.get("paypal-request-id", "")
        order, is_new = self._house.capture(order_id, request_id, public)
        return self._told(request, order, public, 201 if is_new else 200)

    def _told(self, request: Request, order: Order, public: str, status: int) -> Response:
        if "return=representation" in request.headers.get("prefer", ""):
            return JSONResponse(self._house.read(order.id, public), status)
        return JSONResponse(
            {"id": order.id, "status": order.status, "links": order_links(order, public)}, status
        )

    def _read_capture(self, request: Request, _data: Json, public: str) -> Response:
        return JSONResponse(capture_json(self._house.find_capture(request.path_params["id"]), public))

    def _refund(self, request: Request, data: Json, public: str) -> Response:
        capture_id, request_id = request.path_params["id"], request.headers.get("paypal-request-id", "")
        refund, is_new = self._house.refund(capture_id, data, request_id, public)
        told = refund_json(refund, public)
        if "return=representation" not in request.headers.get("prefer", ""):
            told = {name: told[name] for name in ("id", "status", "links")}
        return JSONResponse(told, 201 if is_new else 200)

    def _read_refund(self, request: Request, _data: Json, public: str) -> Response:
        return JSONResponse(refund_json(self._house.read_refund(request.path_params["id"], public), public))

    def _read_dispute(self, request: Request, _data: Json, public: str) -> Response:
        return JSONResponse(self._house.read_dispute(request.path_params["id"], public))

    def _verify(self, _request: Request, data: Json, _public: str) -> Response:
        """Compared with the book: what was sent, when, under which signature."""
        sent = self._book.transmitted(str(data.get("transmission_id", "")))
        genuine = sent is not None and self._is_sent(data, sent.headers, sent.body)
        return JSONResponse({"verification_status": "SUCCESS" if genuine else "FAILURE"})

    def _is_sent(self, data: Json, headers: dict[str, str], body: bytes) -> bool:
        at, transmission_id = headers["paypal-transmission-time"], headers["paypal-transmission-id"]
        true = self._scribe.authority.signature(transmission_id, at, self._settings.webhook_id, body)
        claimed = (data.get("transmission_sig"), data.get("transmission_time"), data.get("webhook_id"))
        return claimed == (true, at, self._settings.webhook_id) and data.get("webhook_event") == json.loads(
            body
        )


async def _body(request: Request) -> Json:
    raw = await request.body()
    if (
        request.method == "POST"
        and request.headers.get("content-type", "").split(";")[0] != "application/json"
    ):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE")
    try:
        data = json.loads(raw or b"{}")
    except ValueError:
        raise Refused(400, "MALFORMED_REQUEST_JSON") from None
    if not isinstance(data, dict):
        raise Refused(400, "MALFORMED_REQUEST_JSON")
    return data
