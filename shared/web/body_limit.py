"""A limit on request bodies that also holds for bodies sent in chunks without a length."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import too_large

DEFAULT_LIMIT = 64 * 1024


class BodyTooLarge(Exception):
    """The body has passed the limit; what the app makes of it is not sent."""


@dataclass(slots=True)
class BodyLimit:
    """ASGI: answers 413 `too_large` above `limit` bytes; `per_path` maps a path prefix to its own limit.

    A declared length is refused before a byte is read. Of a chunked body no more than the limit is kept.
    """

    app: ASGIApp
    limit: int = DEFAULT_LIMIT
    per_path: Mapping[str, int] = field(default_factory=dict)

    def limit_for(self, path: str) -> int:
        """The limit of the longest prefix that matches."""
        matching = [prefix for prefix in self.per_path if path.startswith(prefix)]
        return self.per_path[max(matching, key=len)] if matching else self.limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_for(scope["path"]) if self.per_path else self.limit
        declared = declared_length(scope)
        if declared is not None and declared > limit:
            await too_large(limit).response()(scope, receive, send)
            return
        await self._counted(scope, receive, send, limit)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        seen, exceeded, answered = 0, False, False

        async def counting() -> Message:
            nonlocal seen, exceeded
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                exceeded = True
                raise BodyTooLarge
            return message

        async def guarded(message: Message) -> None:
            nonlocal answered
            if exceeded and not answered:
                return  # whatever a handler made of BodyTooLarge: the 413 below takes its place
            answered = True
            await send(message)

        try:
            await self.app(scope, counting, guarded)
        except Exception:
            if not exceeded:
                raise
        if exceeded and not answered:
            await too_large(limit).response()(scope, receive, send)


def declared_length(scope: Scope) -> int | None:
    """The Content-Length, or None when there is none that is a number."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None
