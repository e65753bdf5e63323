"""Bodies are read once, whole and bounded, before anything looks at them: forms are small, files larger."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.language import split
from gateway.security.cookies import Cookie
from gateway.security.refusals import Refusal, Refuse
from shared.web.strict_json import replay

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_LIMIT: Final = 128 * 1024
FILES_AT_ONCE: Final = 4
"""Larger bodies in memory; who comes later waits."""


@dataclass(slots=True)
class BoundedBody:
    """ASGI: refuses a body above `limit` bytes with 413 `too_large` and hands on what it has read.

    `larger` holds other limits by the beginning of a path without its language, whole names of it; they are
    for who has a session. Whether it is a good one is asked later, when the body is there.
    """

    app: ASGIApp
    refuse: Refuse
    limit: int = DEFAULT_LIMIT
    session: Cookie | None = None
    larger: Mapping[str, int] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FILES_AT_ONCE))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope)
        if limit <= self.limit:
            await self._bounded(scope, receive, send, limit)
            return
        async with self._room:
            await self._bounded(scope, receive, send, limit)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        body = None if self._declared(scope) > limit else await self._read(receive, limit)
        if body is None:
            await self.refuse(scope, Refusal(413, "too_large"))(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), send)

    def _limit(self, scope: Scope) -> int:
        if self.session is None or not self.session.read(scope):
            return self.limit
        path = split(scope["path"])[1] + "/"
        return next((most for start, most in self.larger.items() if path.startswith(start + "/")), self.limit)

    def _declared(self, scope: Scope) -> int:
        length = dict(scope["headers"]).get(b"content-length", b"0")
        return int(length) if length.isdigit() else 0

    async def _read(self, receive: Receive, limit: int) -> bytes | None:
        chunks, seen, more = [], 0, True
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            seen += len(chunks[-1])
            if seen > limit:
                return None
            more = message.get("more_body", False)
        return b"".join(chunks)
