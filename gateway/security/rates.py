"""How often one address may ask. Kept in memory, per process."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.security.refusals import Refusal, Refuse


@dataclass(frozen=True, slots=True)
class Rate:
    """`limits` like "10/minute" hold per address for requests with a method and a path beginning so."""

    name: str
    limits: tuple[str, ...]
    methods: frozenset[str] = frozenset({"POST"})
    paths: tuple[str, ...] = ("/",)

    def applies(self, method: str, path: str) -> bool:
        return method in self.methods and path.removeprefix("/en").startswith(self.paths)

    def items(self) -> list[RateLimitItem]:
        return [parse(limit) for limit in self.limits]


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


def _fresh_limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


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
    _limiter: MovingWindowRateLimiter = field(default_factory=_fresh_limiter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.exempt):
            await self.app(scope, receive, send)
            return
        wait = await self._wait(scope)
        if wait is None:
            await self.app(scope, receive, send)
            return
        response = self.refuse(scope, Refusal(429, "too_many_requests", wait))
        response.headers["retry-after"] = str(wait)
        await response(scope, receive, send)

    async def _wait(self, scope: Scope) -> int | None:
        """Seconds to wait when a rate is used up, None when the request may pass."""
        who = self.address(scope)
        for rate in self.rates:
            if not rate.applies(scope["method"], scope["path"]):
                continue
            for item in rate.items():
                if not await self._limiter.hit(item, rate.name, who):
                    reset = (await self._limiter.get_window_stats(item, rate.name, who)).reset_time
                    return max(1, math.ceil(reset - time.time()))
        return None
