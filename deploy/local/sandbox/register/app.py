"""The register's interface.

POST   /enquiries {family_name, given_names, birth_date (YYYY-MM-DD), street, house_number, postal_code}
       → 200 {"answer": "match"|"mismatch"} · 400 {"error"} · 503 when the register is down
POST   /sandbox/faults {"mode": "ok"|"down"|"late"|"mismatch", "count": n, "seconds"?: s} → 201; for the next
       n enquiries (without count: until told otherwise; "ok" forgets what was told)
GET    /sandbox/faults → {"mode", "count"} · GET /sandbox/health → {"status": "ok"}
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.register.rules import FIELDS, LATE_SECONDS, Reply, answer

MODES = ("ok", "down", "late", "mismatch")


@dataclass
class Fault:
    """`count` is how many enquiries it still meets, None without end."""

    mode: str = "ok"
    count: int | None = None
    seconds: float = LATE_SECONDS

    def meets(self, reply: Reply) -> Reply:
        """The reply as this fault changes it; uses up one of `count`."""
        mode, seconds = self.mode, self.seconds
        if self.count is not None:
            self.count -= 1
            if self.count <= 0:
                self.mode, self.count = "ok", None
        if mode == "down":
            return Reply(None)
        if mode == "mismatch":
            return Reply(False)
        return Reply(reply.matches, seconds) if mode == "late" else reply


class Register:
    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._fault = Fault()

    def routes(self) -> list[Route]:
        return [
            Route("/enquiries", self._enquire, methods=["POST"]),
            Route("/sandbox/faults", self._tell, methods=["POST"]),
            Route("/sandbox/faults", self._told),
            Route("/sandbox/health", self._health),
        ]

    async def _enquire(self, request: Request) -> Response:
        data = await _body(request)
        if data is None or any(not isinstance(data.get(name), str) for name in FIELDS):
            return JSONResponse({"error": f"expected text in {', '.join(FIELDS)}"}, 400)
        reply = self._fault.meets(answer(data, self._today()))
        await asyncio.sleep(reply.delay_seconds)
        if reply.matches is None:
            return JSONResponse({"error": "out of service"}, 503, headers={"Retry-After": "2"})
        return JSONResponse({"answer": "match" if reply.matches else "mismatch"})

    async def _tell(self, request: Request) -> Response:
        data = await _body(request) or {}
        count, seconds = data.get("count"), data.get("seconds", LATE_SECONDS)
        numbers = isinstance(seconds, int | float) and (
            count is None or (isinstance(count, int) and count > 0)
        )
        if data.get("mode") not in MODES or not numbers:
            return JSONResponse({"error": f"mode is one of {', '.join(MODES)}, count positive"}, 400)
        self._fault = Fault(data["mode"], count, float(seconds))
        return JSONResponse(self._shown(), 201)

    async def _told(self, _request: Request) -> Response:
        return JSONResponse(self._shown())

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def _shown(self) -> dict[str, Any]:
        return {"mode": self._fault.mode, "count": self._fault.count}


async def _body(request: Request) -> dict[str, Any] | None:
    try:
        data = json.loads(await request.body())
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def create_app(today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> Starlette:
    return Starlette(routes=Register(today).routes())
