"""Reads the public feed of another service over HTTP."""

import msgspec

from shared.bus.envelope import Envelope
from shared.feed.epochs import Epoch, FeedPage
from shared.web.calls import RemoteProblem, RemoteUnavailable, ServiceCalls


class RemoteFeed:
    """A FeedClient on `GET /events`."""

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def after(self, source: str, sequence: int, limit: int) -> FeedPage:
        """The events after `sequence`, oldest first. Raises LookupError when the source does not answer."""
        try:
            answer = await self._calls.get(
                source, f"/events?after={sequence}&limit={limit}", purpose="read-feed"
            )
        except (RemoteProblem, RemoteUnavailable) as error:
            raise LookupError(f"{source}: {error}") from error
        events = msgspec.convert(answer["events"], list[Envelope])
        known = msgspec.convert(answer.get("epochs", []), list[Epoch])
        return FeedPage(events, known, answer.get("last"))
