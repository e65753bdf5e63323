"""The platform's API, under HTTP Basic, under a token, or under whatever the connection has proved."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.line import Lost
from deploy.local.sandbox.xbezahldienste.book import Payment
from deploy.local.sandbox.xbezahldienste.faults import Line
from deploy.local.sandbox.xbezahldienste.platform import Platform, new_token
from deploy.local.sandbox.xbezahldienste.protocol import Refused, encoded, read
from deploy.local.sandbox.xbezahldienste.settings import Settings

BASE = "/xbezahldienste"
Answer = Callable[[Request, bytes], Response]


class Calls:
    def __init__(self, settings: Settings, platform: Platform) -> None:
        self._settings = settings
        self._platform = platform
        self.tokens: set[str] = set()

    def routes(self) -> list[Route]:
        transactions = f"{BASE}/paymenttransaction/{{originator}}/{{endpoint}}"
        return [
            Route(f"{BASE}/auth/token", self._token, methods=["POST"]),
            Route("/oauth/token/", self._token, methods=["POST"]),
            Route(f"{BASE}/status", self._endpoint("health", self._health)),
            Route(f"{BASE}/status/{{originator}}/{{endpoint}}", self._endpoint("health", self._health)),
            Route(transactions, self._endpoint("start", self._start), methods=["POST"]),
            Route(f"{transactions}/{{id}}", self._endpoint("status", self._status)),
        ]

    def _endpoint(self, name: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            try:
                self._require_known(request)
                return await self._through_the_line(name, lambda: answer(request, raw))
            except Refused as refused:
                return refused.reply()

        return endpoint

    async def _through_the_line(self, name: str, carry_out: Callable[[], Response]) -> Response:
        fault = self._platform.script.next_line(name)
        if fault is None:
            return carry_out()
        if fault.kind is Line.UNAVAILABLE:
            return PlainTextResponse("Wartungsarbeiten", 503)
        if fault.kind is Line.PROXY:
            return HTMLResponse("<h1>Bitte melden Sie sich an</h1>")
        if fault.kind is Line.REFUSE:
            raise Refused(fault.status, fault.code)
        response = carry_out()
        if fault.kind is Line.SLOW:
            await asyncio.sleep(fault.seconds)
            return response
        return Lost()

    def _require_known(self, request: Request) -> None:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        by_token = scheme.lower() == "bearer" and value in self.tokens
        by_password = scheme.lower() == "basic" and self._is_client(_decoded(value))
        if not (self._settings.open_to_all or by_token or by_password):
            raise Refused(401, "FORBIDDEN")
        named = tuple(request.path_params.get(name) for name in ("originator", "endpoint"))
        if named not in {(None, None), (self._settings.originator_id, self._settings.end_point_id)}:
            raise Refused(400, "NO_VALID_ORIGINATOR_OR_ENDPOINT")

    def _is_client(self, given: bytes) -> bool:
        expected = f"{self._settings.client_id}:{self._settings.client_secret}".encode()
        return hmac.compare_digest(given, expected)

    async def _token(self, request: Request) -> Response:
        """Opaque; below the API it needs the scope `post`, as GiroCheckout's does, and names no lifetime."""
        form = await request.form()
        told = f"{form.get('client_id')}:{form.get('client_secret')}".encode()
        below = request.url.path.startswith(BASE)
        wanted = {"grant_type": "client_credentials", **({"scope": "post"} if below else {})}
        right = self._is_client(told) and all(form.get(name) == value for name, value in wanted.items())

        def answered() -> Response:
            if not right:
                return JSONResponse({"error": "invalid_client"}, 401)
            token = new_token()
            self.tokens.add(token)
            lifetime = {} if below else {"expires_in": 3600}
            return JSONResponse({"access_token": token, "token_type": "Bearer", **lifetime})

        try:
            return await self._through_the_line("token", answered)
        except Refused as refused:
            return refused.reply()

    def public(self, request: Request) -> str:
        return self._settings.public_url or str(request.base_url).rstrip("/")

    def _health(self, _request: Request, _raw: bytes) -> Response:
        return JSONResponse({"status": "ok"})

    def _start(self, request: Request, raw: bytes) -> Response:
        return self._told(self._platform.open(read(raw)), request)

    def _status(self, request: Request, _raw: bytes) -> Response:
        return self._told(self._platform.asked_for(request.path_params["id"]), request)

    def _told(self, payment: Payment, request: Request) -> Response:
        body = encoded(self._platform.told(payment, self.public(request)))
        return Response(body, media_type="application/json")


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""
