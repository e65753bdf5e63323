"""Bodies are read once, whole and bounded, before anything looks at them: forms are small, files larger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.language import split
from gateway.security.refusals import Refusal, Refuse
from shared.web.strict_json import replay

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_LIMIT: Final = 128 * 1024


@dataclass(slots=True)
class BoundedBody:
    """ASGI: refuses a body above `limit` bytes with 413 `too_large` and hands on what it has read.

    `larger` holds other limits by the beginning of a path without its language.
    """

    app: ASGIApp
    refuse: Refuse
    limit: int = DEFAULT_LIMIT
    larger: Mapping[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope)
        body = None if self._declared(scope) > limit else await self._read(receive, limit)
        if body is None:
            await self.refuse(scope, Refusal(413, "too_large"))(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), send)

    def _limit(self, scope: Scope) -> int:
        path = split(scope["path"])[1]
        return next((most for start, most in self.larger.items() if path.startswith(start)), self.limit)

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
