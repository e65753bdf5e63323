"""Reads the public feed of another service over HTTP."""

import msgspec

from shared.bus.envelope import Envelope
from shared.feed.epochs import Epoch, FeedPage
from shared.web.calls import RemoteProblem, RemoteUnavailable, ServiceCalls


class _Page(msgspec.Struct):
    events: list[Envelope]
    epochs: list[Epoch] = []
    last: int | None = None


_decode = msgspec.json.Decoder(_Page).decode


class RemoteFeed:
    """A FeedClient on `GET /events`."""

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def after(self, source: str, sequence: int, limit: int) -> FeedPage:
        """The events after `sequence`, oldest first. Raises LookupError when the source does not answer."""
        try:
            path = f"/events?after={sequence}&limit={limit}"
            answer = await self._calls.request("GET", source, path, purpose="read-feed")
            page = _decode(answer.content)
        except (RemoteProblem, RemoteUnavailable, msgspec.DecodeError) as error:
            raise LookupError(f"{source}: {error}") from error
        return FeedPage(page.events, page.epochs, page.last)
