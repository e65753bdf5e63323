"""`GET /events`: the whole of catch-up; `GET /asyncapi.json`: what the events mean."""

from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Response

from shared.bus.asyncapi import asyncapi
from shared.bus.published import Published
from shared.feed.epochs import epochs
from shared.feed.sequencer import page
from shared.web.tokens import Caller, require

LIMIT = 500


def events_router(pool: asyncpg.Pool, published: Published) -> APIRouter:
    """The feed of a service, for the bearer of a token in the role service or operator."""
    router = APIRouter(tags=["events"])

    @router.get("/events")
    async def read_feed(
        _caller: Annotated[Caller, Depends(require("service", "operator"))],
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100,
    ) -> Response:
        """Events with a sequence above `after`, oldest first; ask again with `next`.

        `last` is the sequence of the newest event. `epoch` counts the restores of this log, `epochs` says of
        each what is left: whoever saw events of an earlier epoch after `after` knows what did not happen.
        """
        found = await page(pool, after, limit)
        head = await pool.fetchrow("SELECT l.epoch, h.sequence FROM log_epoch l, feed_head h")
        assert head is not None
        known = msgspec.json.encode(await epochs(pool)) if head["epoch"] > 1 else b"[]"
        following = found[-1][0] if found else after
        events = b",".join(raw for _, raw in found)
        body = b'{"epoch":%d,"epochs":%s,"next":%d,"last":%d,"events":[%s]}' % (
            head["epoch"], known, following, head["sequence"], events,
        )  # fmt: skip
        return Response(body, media_type="application/json")

    @router.get("/asyncapi.json")
    async def describe_events() -> dict[str, Any]:
        """The AsyncAPI 3 document of this service's public events."""
        return asyncapi(published)

    return router
