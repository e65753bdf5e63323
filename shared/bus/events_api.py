"""`GET /events`: the whole of catch-up; `GET /asyncapi.json`: what the events mean."""

from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Query, Response

from shared.bus.asyncapi import asyncapi
from shared.bus.published import Published
from shared.feed.sequencer import page
from shared.web.tokens import Caller, require

LIMIT = 500


def events_router(pool: asyncpg.Pool, published: Published) -> APIRouter:
    """The feed of a service, for the bearer of a token in the role service or operator."""
    router = APIRouter(tags=["events"])

    @router.get("/events")
    async def read_feed(
        _caller: Annotated[Caller, Depends(require("service", "operator"))],
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100,
    ) -> Response:
        """Events with a sequence above `after`, oldest first; ask again with `next`."""
        found = await page(pool, after, limit)
        epoch = await pool.fetchval("SELECT epoch FROM log_epoch")
        last = found[-1][0] if found else after
        events = b",".join(raw for _, raw in found)
        body = b'{"epoch":%d,"next":%d,"events":[%s]}' % (epoch, last, events)
        return Response(body, media_type="application/json")

    @router.get("/asyncapi.json")
    async def describe_events() -> dict[str, Any]:
        """The AsyncAPI 3 document of this service's public events."""
        return asyncapi(published)

    return router
