"""What nobody caught becomes a page, or below /api a problem document, that names the request."""

from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.security.refusals import Refusal, Refuse
from shared.observe.metrics import route_template
from shared.observe.scrubbing import failure


@dataclass(slots=True)
class Failures:
    """ASGI: answers 500 `internal`. An answer that had begun and is not whole is cut off by the server."""

    app: ASGIApp
    refuse: Refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, whole = False, False

        async def watching(message: Message) -> None:
            nonlocal begun, whole
            begun = True
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self.app(scope, receive, watching)
        except Exception as error:
            if scope["type"] != "http" or (begun and not whole):
                raise
            log = structlog.get_logger("web")
            log.error("request_failed", method=scope["method"], route=route_template(scope), **failure(error))
            if not begun:
                await self.refuse(scope, Refusal(500, "internal"))(scope, receive, send)
