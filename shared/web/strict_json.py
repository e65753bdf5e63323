"""JSON as RFC 8259 has it: what other parsers let pass breaks further in.

Python's own takes NaN, infinities and halves of surrogate pairs, none of which can be sent on or stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import PROBLEM_IN_SCOPE, broken_json

_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_decoder = msgspec.json.Decoder()


def is_json(body: bytes) -> bool:
    """Whether these bytes are one JSON text that every parser understands alike, and no NUL is in it."""
    try:
        _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return b"\\u0000" not in body


@dataclass(slots=True)
class StrictJson:
    """ASGI: answers 400 `broken_json` to a body that is no JSON. It is read whole: bound it outside."""

    app: ASGIApp
    refuse: Callable[[Scope], Response] = lambda _: broken_json().response()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _BODILESS or not _declares_json(scope):
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        if body and not is_json(body):
            scope[PROBLEM_IN_SCOPE] = "broken_json"
            await self.refuse(scope)(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), send)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` once and then what the server has to say (a disconnect)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _declares_json(scope: Scope) -> bool:
    return b"json" in dict(scope["headers"]).get(b"content-type", b"")


async def _whole(receive: Receive) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)
