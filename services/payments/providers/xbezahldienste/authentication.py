"""How a platform knows who calls: by client certificate, HTTP Basic, or a token for client credentials."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import httpx
from pydantic import BaseModel, ValidationError

from services.payments.providers.port import ProviderRefused, ProviderUnavailable, Reaction

TIMEOUT = httpx.Timeout(15.0, connect=3.0)


class Authentication(Protocol):
    """Makes calls under the city's name; `renewed` after a 401, once, if there is anything to renew."""

    def client(self, http: httpx.AsyncClient) -> AbstractAsyncContextManager[httpx.AsyncClient]: ...
    async def header(self, http: httpx.AsyncClient, *, renewed: bool = False) -> str | None:
        """The value of `Authorization`; None where there is none, or where nothing can be renewed."""
        ...


@asynccontextmanager
async def _shared(http: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    yield http


class ClientCertificate:
    """As at ePayBL. Each call has a connection of its own: the context with the key is nobody else's."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def client(self, http: httpx.AsyncClient) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return httpx.AsyncClient(verify=self._context, trust_env=False)

    async def header(self, http: httpx.AsyncClient, *, renewed: bool = False) -> str | None:
        return None


class Basic:
    """As at epay21."""

    def __init__(self, user: str, password: str) -> None:
        # httpx encodes it, as RFC 7617 wants
        request = next(httpx.BasicAuth(user, password).auth_flow(httpx.Request("GET", "https://x")))
        self._header = request.headers["Authorization"]

    def client(self, http: httpx.AsyncClient) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return _shared(http)

    async def header(self, http: httpx.AsyncClient, *, renewed: bool = False) -> str | None:
        return None if renewed else self._header


class _Token(BaseModel):
    access_token: str
    expires_in: int = 0


class ClientCredentials:
    """OAuth2 client credentials, id and secret in the form, as at pmPayment; with a scope (`post`) and the
    token's address below the API, as at GiroCheckout. A token without a lifetime is kept until refused."""

    def __init__(
        self,
        *,
        token_url: str,
        client_id: str,
        client_secret: str,
        scope: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token_url = token_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            **({"scope": scope} if scope else {}),
        }
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    def client(self, http: httpx.AsyncClient) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return _shared(http)

    async def header(self, http: httpx.AsyncClient, *, renewed: bool = False) -> str | None:
        refused = self._token if renewed else ""
        async with self._renewing:
            if self._token in {"", refused} or self._clock() >= self._renew_at:
                asked_at = self._clock()
                told = await self._new_token(http)
                self._token = told.access_token
                self._renew_at = asked_at + told.expires_in * 0.9 if told.expires_in else float("inf")
            return f"Bearer {self._token}"

    async def _new_token(self, http: httpx.AsyncClient) -> _Token:
        try:
            response = await http.post(
                self._token_url, data=self._form, timeout=TIMEOUT, follow_redirects=False,
                headers={"Accept": "application/json"},
            )  # fmt: skip
        except httpx.TimeoutException:
            raise ProviderUnavailable("timeout") from None
        except httpx.HTTPError:
            raise ProviderUnavailable("connection") from None
        if response.status_code in {400, 401, 403}:
            raise ProviderRefused(
                "invalid_client", Reaction.CONFIGURATION, "no token for client id and secret"
            )
        if not response.is_success:
            raise ProviderUnavailable(f"http_{response.status_code}")
        try:
            return _Token.model_validate_json(response.content)
        except ValidationError:
            raise ProviderUnavailable("unreadable_reply") from None
