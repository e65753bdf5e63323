"""A sandbox's own API, for scripts and tests; what it stands for has nothing like it.

POST   /sandbox/faults {"fault": name, "count"?: 1, "reference"?} and what the fault reads (see its `faults`),
       for what comes next, or for one matter · 400 · 404
GET    /sandbox/faults → {"faults": [still to come]} · DELETE /sandbox/faults → 204
POST   /sandbox/<matters>/{id}/decide {"outcome": a wish of its payer} → the matter · 400 · 404
       · 409 decided before
GET    /sandbox/<matters>/{id} → the matter · 404
GET    /sandbox/book → what is in it · DELETE /sandbox/book → 204, everything is forgotten
GET    /sandbox/health → {"status": "ok"}
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.sandbox.script import Script, Told

_MOST_FAULTS = 1000
M = TypeVar("M")


class AlreadyDecided(Exception):
    """The payer has decided before."""


class Control(ABC, Generic[M]):
    """M is what a payer decides: a transaction, an order, a payment. `matters` names them in addresses."""

    matters: ClassVar[str]
    wishes: ClassVar[Collection[str]]
    faults: ClassVar[type[Told]]

    def __init__(self, script: Script[Any]) -> None:
        self._script = script

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/faults", self._tell, methods=["POST"]),
            Route("/sandbox/faults", self._told),
            Route("/sandbox/faults", self._forget, methods=["DELETE"]),
            Route(f"/sandbox/{self.matters}/{{id}}", self._matter),
            Route(f"/sandbox/{self.matters}/{{id}}/decide", self._decide, methods=["POST"]),
            Route("/sandbox/book", self._statement),
            Route("/sandbox/book", self._empty, methods=["DELETE"]),
            Route("/sandbox/health", self._health),
        ]

    @abstractmethod
    def find(self, reference: str) -> M | None: ...

    @abstractmethod
    def shown(self, matter: M) -> dict[str, Any]: ...

    @abstractmethod
    def decide(self, matter: M, wish: str, request: Request) -> dict[str, Any]:
        """The decided matter as it is shown. Raises AlreadyDecided."""

    @abstractmethod
    def give_course(self, matter: M, fault: Any) -> None:
        """This fault, which is none of the line, shapes what becomes of the matter."""

    @abstractmethod
    def statement(self) -> dict[str, Any]: ...

    @abstractmethod
    def empty(self) -> None: ...

    async def _tell(self, request: Request) -> Response:
        try:
            data = await body_of(request)
            fault, count = self.faults.read(data), int(data.get("count", 1))
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if "reference" not in data:
            self._script.add(fault, min(max(count, 1), _MOST_FAULTS))
            return JSONResponse({"faults": self._script.as_json()}, 201)
        matter = self.find(str(data["reference"]))
        if matter is None or fault.of_the_line:
            return JSONResponse({"error": f"not one of the {self.matters}, or a fault of the line"}, 404)
        self.give_course(matter, fault)
        return JSONResponse({"faults": [fault.as_json()]}, 201)

    async def _told(self, _request: Request) -> Response:
        return JSONResponse({"faults": self._script.as_json()})

    async def _forget(self, _request: Request) -> Response:
        self._script.clear()
        return Response(status_code=204)

    async def _matter(self, request: Request) -> Response:
        found = self.find(request.path_params["id"])
        return JSONResponse({"error": "unknown"}, 404) if found is None else JSONResponse(self.shown(found))

    async def _decide(self, request: Request) -> Response:
        found = self.find(request.path_params["id"])
        if found is None:
            return JSONResponse({"error": "unknown"}, 404)
        try:
            wish = str((await body_of(request)).get("outcome"))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if wish not in self.wishes:
            return JSONResponse({"error": f"outcome is one of {', '.join(self.wishes)}"}, 400)
        try:
            return JSONResponse(self.decide(found, wish, request))
        except AlreadyDecided:
            return JSONResponse({"error": "decided before", **self.shown(found)}, 409)

    async def _statement(self, _request: Request) -> Response:
        return JSONResponse(self.statement())

    async def _empty(self, _request: Request) -> Response:
        self.empty()
        return Response(status_code=204)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, empty for nothing. Raises ValueError."""
    data = json.loads(await request.body() or b"{}")
    if not isinstance(data, dict):
        raise ValueError("a JSON object is expected")
    return data
