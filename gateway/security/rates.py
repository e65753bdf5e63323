"""How often one address may ask. Kept in memory, per process."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from limits import parse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.language import split
from gateway.security.refusals import Refusal, Refuse

MOST_WINDOWS: Final = 20_000


@dataclass(frozen=True)
class Rate:
    """`limits` like "10/minute" hold per address for requests with a method and a path beginning so."""

    name: str
    limits: tuple[str, ...]
    methods: frozenset[str] = frozenset({"POST"})
    paths: tuple[str, ...] = ("/",)

    def applies(self, method: str, path: str) -> bool:
        """Whether it counts a request; `path` without the prefix of a language."""
        return method in self.methods and path.startswith(self.paths)

    @cached_property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Each limit as a count and the seconds it holds for."""
        items = map(parse, self.limits)
        return tuple((item.amount, item.get_expiry()) for item in items)


_PASSWORDS: Final = ("/anmelden", "/konto/loeschen")
_LINKS: Final = ("/bestaetigen/", "/passwort-neu/")
_CHECKS: Final = ("/pruefen", "/p/", "/P/")
RATES: Final = (
    Rate(
        "login", ("10/minute", "60/hour"), paths=(*_PASSWORDS, "/api/v1/sessions", "/api/v1/profile/erasure")
    ),
    Rate("registration", ("5/minute", "20/hour"), paths=("/registrieren", "/api/v1/registrations")),
    Rate("reset", ("5/minute", "20/hour"), paths=("/passwort", "/api/v1/password-resets")),
    Rate("links", ("20/minute",), frozenset({"GET", "POST"}), (*_LINKS, "/api/v1/confirmations")),
    Rate("verification", ("60/minute",), frozenset({"GET", "POST"}), (*_CHECKS, "/api/v1/verification")),
    Rate("forms", ("60/minute",)),
    Rate("everything", ("600/minute",), frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})),
)


def client_address(scope: Scope) -> str:
    """The peer's address; behind a proxy the server must be told which proxies to believe."""
    return scope["client"][0] if scope.get("client") else "unknown"


@dataclass(slots=True)
class Windows:
    """When each address asked: of a limit of N the last N times, which say all. A request that is refused
    does not count. At most `MOST_WINDOWS` are kept; those that were asked for the longest ago go first."""

    now: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, int, str], deque[float]] = field(default_factory=dict)

    def wait(self, rates: Iterable[Rate], who: str) -> int | None:
        """Seconds until `rates` let `who` pass; None when all do, and then they have counted."""
        now = self.now()
        for rate in rates:
            for count, seconds in rate.windows:
                times = self._window(rate.name, seconds, who, count)
                if len(times) == count and (left := times[0] + seconds - now) > 0:
                    return max(1, math.ceil(left))
                times.append(now)
        return None

    def _window(self, name: str, seconds: int, who: str, count: int) -> deque[float]:
        place = name, seconds, who
        times = self._kept.pop(place, None)
        if times is None:
            times = deque(maxlen=count)
            if len(self._kept) >= MOST_WINDOWS:
                del self._kept[next(iter(self._kept))]
        self._kept[place] = times
        return times


@dataclass(slots=True)
class RateLimits:
    """ASGI: refuses with 429 `too_many_requests` and Retry-After once a rate of `rates` is used up.

    Every rate that applies counts; `exempt` prefixes count nowhere.
    """

    app: ASGIApp
    refuse: Refuse
    rates: Sequence[Rate] = RATES
    exempt: tuple[str, ...] = ("/static/", "/health/", "/zahlung/")
    address: Callable[[Scope], str] = client_address
    windows: Windows = field(default_factory=Windows)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.exempt):
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], split(scope["path"])[1]
        applying = (rate for rate in self.rates if rate.applies(method, path))
        wait = self.windows.wait(applying, self.address(scope))
        if wait is None:
            await self.app(scope, receive, send)
            return
        response = self.refuse(scope, Refusal(429, "too_many_requests", wait))
        response.headers["retry-after"] = str(wait)
        await response(scope, receive, send)
