"""Calls to PayPal under a bearer token that is kept for its lifetime and renewed before it ends."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from services.payments.providers.paypal.issues import reaction_to
from services.payments.providers.port import ProviderRefused, ProviderUnavailable, Reaction

_TIMEOUT = httpx.Timeout(15.0, connect=3.0)
_LONGEST_REPLY = 512 * 1024
_EARLY = 300.0  # seconds; a token that lives shorter is renewed in the last tenth of its life

R = TypeVar("R", bound=BaseModel)


class _Token(BaseModel):
    access_token: str
    expires_in: int


class _Detail(BaseModel):
    issue: str = ""


class _Error(BaseModel):
    name: str = ""
    details: list[_Detail] = []


class Session:
    """One merchant's way into the API; safe to share between tasks. `clock` in seconds, monotonic."""

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = httpx.BasicAuth(client_id, client_secret)
        self._http = http
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    async def call(
        self,
        kind: type[R],
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        request_id: str = "",
    ) -> R:
        """The answer as `kind`. A token that PayPal does not know is replaced once: nothing was carried out.

        Raises ProviderUnavailable where nothing is known, ProviderRefused with the issue as its code.
        """
        headers = {"Accept": "application/json", "Prefer": "return=representation"}
        if request_id:
            headers["PayPal-Request-Id"] = request_id
        token = await self._valid_token()
        response = await self._send(method, path, body, {**headers, "Authorization": f"Bearer {token}"})
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = await self._valid_token(instead_of=token)
            response = await self._send(method, path, body, {**headers, "Authorization": f"Bearer {token}"})
        if not response.is_success:
            raise _refusal(response)
        return _read(kind, response.content)

    async def _valid_token(self, *, instead_of: str = "") -> str:
        async with self._renewing:
            if self._token in {"", instead_of} or self._clock() >= self._renew_at:
                asked_at = self._clock()
                told = await self._new_token()
                self._token = told.access_token
                self._renew_at = asked_at + max(told.expires_in - _EARLY, told.expires_in * 0.9)
            return self._token

    async def _new_token(self) -> _Token:
        response = await self._posted_credentials()
        if response.status_code in {400, 401, 403}:
            raise ProviderRefused(
                "invalid_client", Reaction.CONFIGURATION, "PayPal does not take client id and secret"
            )
        if not response.is_success:
            raise ProviderUnavailable(f"http_{response.status_code}")
        return _read(_Token, response.content)

    async def _posted_credentials(self) -> httpx.Response:
        request = self._http.build_request(
            "POST",
            f"{self._base_url}/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            headers={"Accept": "application/json"},
            timeout=_TIMEOUT,
        )
        return await self._sent(request, self._credentials)

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        # an empty POST says that it is JSON as well, or PayPal answers 415
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        request = self._http.build_request(
            method,
            self._base_url + path,
            content=None if method == "GET" else content,
            headers={**headers, "Content-Type": "application/json"},
            timeout=_TIMEOUT,
        )
        return await self._sent(request, None)

    async def _sent(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response:
        try:
            response = await self._http.send(request, auth=auth, follow_redirects=False)
        except httpx.TimeoutException:
            raise ProviderUnavailable("timeout") from None
        except httpx.HTTPError:
            raise ProviderUnavailable("connection") from None
        if len(response.content) > _LONGEST_REPLY:
            raise ProviderUnavailable("unreadable_reply")
        return response


def _refusal(response: httpx.Response) -> ProviderRefused | ProviderUnavailable:
    status = response.status_code
    if status >= 500 or status in {408, 409, 425, 429} or not status >= 400:
        return ProviderUnavailable(f"http_{status}")
    error = _read(_Error, response.content)
    issue = next((detail.issue for detail in error.details if detail.issue), error.name) or f"http_{status}"
    return ProviderRefused(issue, reaction_to(issue, status), f"HTTP {status}")


def _read(kind: type[R], content: bytes) -> R:
    try:
        return kind.model_validate_json(content)
    except ValidationError:
        raise ProviderUnavailable("unreadable_reply") from None
