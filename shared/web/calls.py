"""Calls to other services: with a caller token for one audience and purpose, within a time limit."""

import asyncio
import json as plain_json
import re
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from opentelemetry.trace import SpanKind
from pydantic import BaseModel, ValidationError

from shared.clock import Clock, SystemClock
from shared.observe.tracing import current_traceparent, span_from
from shared.web.http_client import Answer, Client, HttpClient, NoAnswer
from shared.web.problems import MEDIA_TYPE, TYPE_PREFIX
from shared.web.request_context import CORRELATION, REQUEST_ID, current_request

FILE_SECONDS: Final = 60.0
"""How long a service may look at a file before it answers."""
EXPIRY_MARGIN = timedelta(seconds=10)
KEPT_TOKENS = 4096
_PLAIN: Final = re.compile(r"[!$&-;=?-Z_a-z~%]+")
_KEPT_IN_ADDRESSES: Final = "/?:@!$&'()*+,;=%~"
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE"})


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
        client: Client | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._urls = {name: url.rstrip("/") for name, url in (urls or {}).items()}
        self._urls["identity"] = identity_url.rstrip("/")
        self._credential = f"Basic {b64encode(f'{name}:{service_secret}'.encode()).decode()}"
        self._client = client or HttpClient()
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
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Any method; the 2xx or 304 answer as it came (its `.content`, `.headers`, `.status_code`).

        The body is `json`, or `content` as it is. A token that the other side refuses is renewed once.
        """
        wanted = TokenFor(service, purpose, session)
        sent = dict(headers or {})
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        with span_from(None, f"{method} {service}", SpanKind.CLIENT, **{"peer.service": service}) as span:
            sent |= propagated()
            target = path if not params else f"{path}{'&' if '?' in path else '?'}{urlencode(params)}"
            for last in (False, True):
                sent["Authorization"] = f"Bearer {await self._token(wanted)}"
                answer = await self._send(service, method, target, sent, json, content)
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
        headers = propagated() | {"Authorization": self._credential}
        answer = await self._send("identity", "POST", "/tokens", headers, asked, again=True)
        try:
            return IssuedToken.model_validate_json(_accepted("identity", answer).content)
        except ValidationError:
            raise RemoteUnavailable("identity", "its token answer cannot be read") from None

    async def _send(
        self,
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        json: Any = None,
        content: bytes | None = None,
        *,
        again: bool = False,
    ) -> Answer:
        base = self._urls.get(service)
        if base is None:
            raise RemoteUnavailable(service, "no address is set")
        body = None
        if json is not None:
            body = plain_json.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
            headers = {**headers, "Content-Type": "application/json"}
        elif content is not None:
            body, headers = content, {"Content-Type": "application/octet-stream", **headers}
        elif method not in _BODILESS:
            body = b""
        again = again or method in {"GET", "HEAD"} or "Idempotency-Key" in headers
        silent = FILE_SECONDS if content is not None else None
        sent = method, base, encoded(path), headers, body, silent
        try:
            try:
                return await self._client.send(*sent)
            except NoAnswer as failed:
                if not (again and failed.broken):  # a kept connection may have died unseen
                    raise
                return await self._client.send(*sent)
        except NoAnswer as failed:
            raise RemoteUnavailable(service, failed.reason) from failed

    async def aclose(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def encoded(path: str) -> bytes:
    """A path with its query as it goes over the wire; what is encoded already stays as it is."""
    return (path if _PLAIN.fullmatch(path) else quote(path, safe=_KEPT_IN_ADDRESSES)).encode("ascii")


def propagated() -> dict[str, str]:
    """The headers that carry a request's ids onward."""
    headers: dict[str, str] = {}
    if (ids := current_request()) is not None:
        headers |= {REQUEST_ID: ids.request_id, CORRELATION: ids.correlation}
    if (traceparent := current_traceparent()) is not None:
        headers["traceparent"] = traceparent
    return headers


def _refuses_token(answer: Answer) -> bool:
    return answer.status_code == 401 and _problem(answer).get("type") == f"{TYPE_PREFIX}token_invalid"


def _accepted(service: str, answer: Answer) -> Answer:
    if 200 <= answer.status_code < 300 or answer.status_code == 304:
        return answer
    body = _problem(answer)
    slug = str(body.get("type", "")).removeprefix(TYPE_PREFIX) or f"http_{answer.status_code}"
    raise RemoteProblem(service, answer.status_code, slug, body)


def _decoded(service: str, answer: Answer) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise RemoteUnavailable(service, "its answer is not JSON") from None


def _problem(answer: Answer) -> dict[str, Any]:
    if not answer.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return {}
    with suppress(ValueError):
        body = answer.json()
        return body if isinstance(body, dict) else {}
    return {}
