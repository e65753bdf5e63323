"""Proof that a form was ours: Sec-Fetch-Site where a browser says it, and a token bound to the cookie.

The token is an HMAC over the session cookie, or over the visitor's mark before signing in; so it changes with
every sign-in and a planted one of another visitor does not fit.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.security.body import SAFE
from gateway.security.cookies import Cookie
from gateway.security.refusals import Refusal, Refuse
from shared.web.strict_json import replay

FIELD: Final = "csrf"
HEADER: Final = "x-csrf-token"
SCOPE_KEY: Final = "portal.csrf"
_OURS: Final = frozenset({"same-origin", "none"})


@dataclass(slots=True)
class FormToken:
    """The token of one request; `str()` makes it, and a visitor's mark only when it is really needed."""

    key: bytes
    bound_to: str | None
    fresh: str | None = field(default=None, init=False)

    def __str__(self) -> str:
        if self.bound_to is None:
            self.bound_to = self.fresh = secrets.token_urlsafe(18)
        digest = hmac.digest(self.key, b"csrf\0" + self.bound_to.encode(), hashlib.sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def fits(self, sent: str) -> bool:
        """Whether `sent` is this request's token; never for a request without a cookie to bind to."""
        return self.bound_to is not None and hmac.compare_digest(str(self).encode(), sent.encode())


@dataclass(slots=True)
class FormGuard:
    """ASGI: puts the request's FormToken into the scope and refuses unsafe requests without it (403 `csrf`).

    `key` is the secret `session_key`. Below `exempt` prefixes no token is asked for; what is there must not
    act on a cookie. JSON clients send the token in X-CSRF-Token. Expects BoundedBody outside of it.
    """

    app: ASGIApp
    refuse: Refuse
    key: bytes
    session: Cookie
    visitor: Cookie
    exempt: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        token = FormToken(self.key, self.session.read(scope) or self.visitor.read(scope))
        scope[SCOPE_KEY] = token
        if scope["method"] not in SAFE and not scope["path"].startswith(self.exempt or ("\0",)):
            body = await Request(scope, receive).body()
            if not await self._ours(scope, body, receive, token):
                await self.refuse(scope, Refusal(403, "csrf"))(scope, receive, self._marking(send, token))
                return
            receive = replay(body, receive)
        await self.app(scope, receive, self._marking(send, token))

    async def _ours(self, scope: Scope, body: bytes, receive: Receive, token: FormToken) -> bool:
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site", "same-origin") not in _OURS:
            return False
        sent: object = headers.get(HEADER)
        if sent is None and headers.get("content-type", "").startswith(
            ("application/x-www-form-urlencoded", "multipart/form-data")
        ):
            with suppress(HTTPException):  # a form that does not parse holds no token
                async with Request(scope, replay(body, receive)).form() as form:
                    sent = form.get(FIELD)
        return isinstance(sent, str) and token.fits(sent)

    def _marking(self, send: Send, token: FormToken) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and token.fresh is not None:
                MutableHeaders(scope=message).append("set-cookie", self.visitor.header(token.fresh).decode())
            await send(message)

        return marked
