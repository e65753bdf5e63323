"""Probes for the orchestrator: alive, ready, started. None of them asks the broker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[object]]
"""Passes when it returns, fails when it raises or takes longer than the time limit."""

TIME_LIMIT_SECONDS = 2.0


class Probes:
    """Live: the event loop turns. Ready: started, not draining, and each `ready` check passes (the pool
    gives a connection). Started: the app's start-up is through and each `started` check passed once."""

    def __init__(
        self, ready: Mapping[str, Check] | None = None, started: Mapping[str, Check] | None = None
    ) -> None:
        self.ready_checks: dict[str, Check] = dict(ready or {})
        self.started_checks: dict[str, Check] = dict(started or {})
        self._started = False
        self._up = False
        self._draining = asyncio.Event()

    def up(self) -> None:
        """The app's start-up is through; called by the app's lifespan."""
        self._up = True

    @property
    def draining(self) -> bool:
        return self._draining.is_set()

    def drain(self) -> None:
        """Unready from now on; wakes who waits for it, so that open streams can end."""
        self._draining.set()

    async def until_draining(self) -> None:
        """Returns when the process begins to stop."""
        await self._draining.wait()

    async def live(self, _request: Request) -> Response:
        return _answer("live", {}, True)

    async def ready(self, _request: Request) -> Response:
        if self.draining:
            return _answer("ready", {"draining": "failed"}, False)
        if not self._up:
            return _answer("ready", {"started": "failed"}, False)
        return await self._asked("ready", self.ready_checks)

    async def started(self, _request: Request) -> Response:
        if self._started:
            return _answer("started", {}, True)
        if not self._up:
            return _answer("started", {"lifespan": "failed"}, False)
        answer = await self._asked("started", self.started_checks)
        self._started = answer.status_code == 200
        return answer

    async def _asked(self, probe: str, checks: Mapping[str, Check]) -> Response:
        passed = await asyncio.gather(*(_passes(probe, name, check) for name, check in checks.items()))
        words = {name: "passed" if good else "failed" for name, good in zip(checks, passed, strict=True)}
        return _answer(probe, words, all(passed))

    def routes(self) -> list[Route]:
        """`/health/live`, `/health/ready`, `/health/started`: 200 or 503, public, without details."""
        named = {"live": self.live, "ready": self.ready, "started": self.started}
        return [Route(f"/health/{name}", endpoint, methods=["GET"]) for name, endpoint in named.items()]


async def _passes(probe: str, name: str, check: Check) -> bool:
    try:
        await asyncio.wait_for(check(), TIME_LIMIT_SECONDS)
    except Exception as exc:
        structlog.get_logger("probes").warning("check_failed", probe=probe, check=name, error=type(exc))
        return False
    return True


def _answer(probe: str, checks: Mapping[str, str], good: bool) -> Response:
    document = {"status": "passed" if good else "failed", "probe": probe, "checks": dict(checks)}
    return JSONResponse(document, 200 if good else 503, headers={"Cache-Control": "no-store"})
