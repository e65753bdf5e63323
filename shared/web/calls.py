"""Calls to other services: with a caller token for one audience and purpose, within a time limit."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ValidationError

from shared.clock import Clock, SystemClock
from shared.observe.tracing import current_traceparent, span_from
from shared.web.problems import MEDIA_TYPE, TYPE_PREFIX
from shared.web.request_context import CORRELATION, REQUEST_ID, current_request

EXPIRY_MARGIN = timedelta(seconds=10)
TIMEOUT = httpx.Timeout(5.0, connect=1.0, pool=2.0)
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30)
KEPT_TOKENS = 4096


class RemoteProblem(Exception):
    """The other service refused (status 4xx or 5xx). `slug` is its problem's, `body` the document."""

    def __init__(self, service: str, status: int, slug: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{service} answered {status} {slug}")
        self.service, self.status, self.slug, self.body = service, status, slug, body


class RemoteUnavailable(Exception):
    """The other service gave no answer: not reached, too late, or cut off. It may have acted."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} is not available ({reason})")
        self.service, self.reason = service, reason


class IssuedToken(BaseModel):
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenFor:
    """What a token is kept under; `session` makes its account the subject."""

    audience: str
    purpose: str
    session: str | None


class ServiceCalls:
    """HTTP towards the other services. `urls`: audience → base address; `service_secret`: our credential
    at identity. Use as an async context manager, or `await aclose()`."""

    def __init__(
        self,
        name: str,
        identity_url: str,
        service_secret: str,
        urls: Mapping[str, str] | None = None,
        *,
        client: httpx.AsyncClient | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._urls = {name: url.rstrip("/") for name, url in (urls or {}).items()}
        self._urls["identity"] = identity_url.rstrip("/")
        self._credential = httpx.BasicAuth(name, service_secret)
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, trust_env=False)
        self._clock = clock or SystemClock()
        self._tokens: dict[TokenFor, IssuedToken] = {}
        self._asking: dict[TokenFor, asyncio.Lock] = {}

    async def get(
        self,
        service: str,
        path: str,
        *,
        purpose: str,
        session: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The decoded JSON of a 2xx answer. Raises `RemoteProblem`, `RemoteUnavailable`."""
        answer = await self.request(
            "GET", service, path, purpose=purpose, session=session, params=params, headers=headers
        )
        return _decoded(service, answer)

    async def post(
        self,
        service: str,
        path: str,
        *,
        purpose: str,
        json: Any = None,
        session: str | None = None,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """As `get`, None for an empty answer; with an `idempotency_key` it is repeated once when the
        connection breaks."""
        answer = await self.request(
            "POST",
            service,
            path,
            purpose=purpose,
            json=json,
            session=session,
            idempotency_key=idempotency_key,
            headers=headers,
        )
        return _decoded(service, answer)

    async def request(
        self,
        method: str,
        service: str,
        path: str,
        *,
        purpose: str,
        session: str | None = None,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Any method; the 2xx or 304 answer as it came (its `.content`, `.headers`, `.status_code`).

        A token that the other side does not accept is renewed once.
        """
        wanted = TokenFor(service, purpose, session)
        sent = dict(headers or {})
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        with span_from(None, f"{method} {service}", SpanKind.CLIENT, **{"peer.service": service}) as span:
            sent |= propagated()
            for last in (False, True):
                sent["Authorization"] = f"Bearer {await self._token(wanted)}"
                answer = await self._send(service, method, path, headers=sent, json=json, params=params)
                if last or not _refuses_token(answer):
                    break
                self._tokens.pop(wanted, None)
            span.set_attribute("http.response.status_code", answer.status_code)
        return _accepted(service, answer)

    def forget(self, session: str) -> None:
        """Drops the tokens of a session that has ended."""
        for wanted in [wanted for wanted in self._tokens if wanted.session == session]:
            del self._tokens[wanted]

    async def _token(self, wanted: TokenFor) -> str:
        if (kept := self._fresh(wanted)) is not None:
            return kept
        lock = self._asking.setdefault(wanted, asyncio.Lock())
        async with lock:  # callers side by side wait for one request
            if (kept := self._fresh(wanted)) is not None:
                return kept
            try:
                issued = await self._issue(wanted)
            finally:
                self._asking.pop(wanted, None)
            self._make_room()
            self._tokens[wanted] = issued
            return issued.token

    def _fresh(self, wanted: TokenFor) -> str | None:
        kept = self._tokens.get(wanted)
        return kept.token if kept and self._clock.now() < kept.expires_at - EXPIRY_MARGIN else None

    def _make_room(self) -> None:
        if len(self._tokens) >= KEPT_TOKENS:
            for wanted in [wanted for wanted in self._tokens if self._fresh(wanted) is None]:
                del self._tokens[wanted]
        if len(self._tokens) >= KEPT_TOKENS:
            self._tokens.clear()

    async def _issue(self, wanted: TokenFor) -> IssuedToken:
        asked = {"audience": wanted.audience, "purpose": wanted.purpose}
        if wanted.session is not None:
            asked["session"] = wanted.session
        answer = await self._send(
            "identity", "POST", "/tokens", json=asked, auth=self._credential, headers=propagated(), again=True
        )
        try:
            return IssuedToken.model_validate_json(_accepted("identity", answer).content)
        except ValidationError:
            raise RemoteUnavailable("identity", "its token answer cannot be read") from None

    async def _send(
        self, service: str, method: str, path: str, *, again: bool = False, **sent: Any
    ) -> httpx.Response:
        base = self._urls.get(service)
        if base is None:
            raise RemoteUnavailable(service, "no address is set")
        again = again or method in {"GET", "HEAD"} or "Idempotency-Key" in sent["headers"]
        try:
            if again:  # a kept connection may have died unseen
                with suppress(httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                    return await self._client.request(method, base + path, **sent)
            return await self._client.request(method, base + path, **sent)
        except httpx.TransportError as exc:
            raise RemoteUnavailable(service, type(exc).__name__) from exc

    async def aclose(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def propagated() -> dict[str, str]:
    """The headers that carry a request's ids onward."""
    headers: dict[str, str] = {}
    if (ids := current_request()) is not None:
        headers |= {REQUEST_ID: ids.request_id, CORRELATION: ids.correlation}
    if (traceparent := current_traceparent()) is not None:
        headers["traceparent"] = traceparent
    return headers


def _refuses_token(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and _problem(answer).get("type") == f"{TYPE_PREFIX}token_invalid"


def _accepted(service: str, answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.status_code == 304:
        return answer
    body = _problem(answer)
    slug = str(body.get("type", "")).removeprefix(TYPE_PREFIX) or f"http_{answer.status_code}"
    raise RemoteProblem(service, answer.status_code, slug, body)


def _decoded(service: str, answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise RemoteUnavailable(service, "its answer is not JSON") from None


def _problem(answer: httpx.Response) -> dict[str, Any]:
    if not answer.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return {}
    with suppress(ValueError):
        body = answer.json()
        return body if isinstance(body, dict) else {}
    return {}
