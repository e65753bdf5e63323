"""What the city offers, the same for everybody: asked of applications once in a while, kept in between."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from gateway.views.frame import Language
from shared.web.calls import ServiceCalls

KEPT_SECONDS: Final = 5.0
MOST_KEPT: Final = 512
PURPOSE: Final = "show-service"


class Catalogue:
    """Answers of applications' catalogue by path and language, `KEPT_SECONDS` old at most."""

    def __init__(self, calls: ServiceCalls, now: Callable[[], float] = time.monotonic) -> None:
        self._calls, self._now = calls, now
        self._kept: dict[tuple[str, Language], tuple[asyncio.Task[Any], float]] = {}

    async def get(self, path: str, language: Language, *, fresh: bool = False) -> Any:
        """The JSON answer; callers side by side wait for one request, and a refusal is not kept.

        With `fresh` it is asked anew, and kept for the others. Raises RemoteProblem, RemoteUnavailable.
        """
        place = path, language
        if fresh:
            self._kept.pop(place, None)
        asked, until = self._kept.get(place, (None, 0.0))
        if asked is None or self._now() >= until:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            asked = asyncio.create_task(self._ask(path, language))
            self._kept[place] = asked, self._now() + KEPT_SECONDS
        try:
            return await asyncio.shield(asked)
        except Exception:
            if self._kept.get(place, (None, 0.0))[0] is asked:
                del self._kept[place]
            raise

    async def _ask(self, path: str, language: Language) -> Any:
        headers = {"Accept-Language": language}
        return await self._calls.get("applications", path, purpose=PURPOSE, headers=headers)
