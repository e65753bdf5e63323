"""A line that fails: what both ends of a call can do to each other."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Lost(Response):
    """Promises a body and breaks the connection instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
