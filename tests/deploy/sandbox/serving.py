"""The sandbox bank and a shop that takes its notifications, on free ports."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.sandbox.girocheckout.app import create_app
from deploy.local.sandbox.girocheckout.settings import METHODS, Project, Settings
from tests.serving import serving

MERCHANT = 1234567
PROJECTS = {method: 1230 + number for number, method in enumerate(METHODS, start=1)}
PASSPHRASES = {str(number): f"passphrase of {method}" for method, number in PROJECTS.items()}


H = TypeVar("H")


def settled(told: Callable[[], list[dict[str, Any]]], seconds: float = 20.0) -> list[dict[str, Any]]:
    """What a sandbox's book says of all that it had to tell, once nothing of it will be sent any more."""
    end = time.monotonic() + seconds
    sent = told()
    while not all(one["done"] for one in sent):
        assert time.monotonic() < end, "it is still being sent"
        time.sleep(0.01)
        sent = told()
    return sent


class Waiting(Generic[H]):
    """What was heard on another thread, to be waited for."""

    def __init__(self) -> None:
        self.heard: list[H] = []
        self.answers: list[int] = []
        self.url = ""

    def wait(self, count: int, seconds: float = 20.0) -> list[H]:
        """All that was heard, once there are `count`; fails if they do not come."""
        end = time.monotonic() + seconds
        while len(self.heard) < count:
            assert time.monotonic() < end, f"{len(self.heard)} of {count} notifications came"
            time.sleep(0.01)
        return list(self.heard)

    def forget(self) -> None:
        self.heard.clear()
        self.answers.clear()


class Shop(Waiting[bytes]):
    """Takes notifications: remembers each raw query and answers with the next of `answers`, else 200."""

    @property
    def queries(self) -> list[bytes]:
        return self.heard

    def app(self) -> Starlette:
        async def notified(request: Request) -> Response:
            self.queries.append(request.scope["query_string"])
            return Response(status_code=self.answers.pop(0) if self.answers else 200)

        return Starlette(routes=[Route("/notify", notified)])


class Sandbox:
    """The running bank, by its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.api = f"{url}/girocheckout/v2/"
        self.http = httpx.Client(base_url=url, trust_env=False)

    def tell(self, fault: str, **more: object) -> None:
        self.http.post("/sandbox/faults", json={"fault": fault, **more}).raise_for_status()

    def forget(self) -> None:
        self.http.delete("/sandbox/faults").raise_for_status()

    def reset(self) -> None:
        self.http.delete("/sandbox/book").raise_for_status()
        self.forget()

    def decide(self, reference: str, outcome: str = "pay") -> dict[str, Any]:
        answer = self.http.post(f"/sandbox/transactions/{reference}/decide", json={"outcome": outcome})
        return dict(answer.raise_for_status().json())

    def go_to(self, day: date) -> None:
        """Its book is of that day from now on."""
        self.http.put("/sandbox/day", json={"day": day.isoformat()}).raise_for_status()

    def statement(self, first: date, last: date) -> bytes:
        said = {"from": first.isoformat(), "to": last.isoformat()}
        return self.http.get("/sandbox/statement", params=said).raise_for_status().content

    def pays_out(self) -> int:
        """Cents that left for the merchant's bank: all that there were, perhaps none."""
        answer = self.http.post("/sandbox/payouts")
        return 0 if answer.status_code == 409 else int(answer.raise_for_status().json()["amount_cents"])

    def book(self) -> dict[str, Any]:
        return dict(self.http.get("/sandbox/book").raise_for_status().json())

    def settled_notices(self) -> list[dict[str, Any]]:
        return settled(lambda: list(self.book()["notices"]))

    def disputes(self, reference: str, what: str) -> str:
        """`what` is charge-back or restore; the reference that the provider gives it."""
        answer = self.http.post(f"/sandbox/transactions/{reference}/{what}")
        return str(answer.raise_for_status().json()["reference"])

    def transaction(self, reference: str) -> dict[str, Any]:
        return dict(self.http.get(f"/sandbox/transactions/{reference}").raise_for_status().json())


def settings(state: Path, **more: Any) -> Settings:
    """All methods of the sandbox, each with a project of its own."""
    projects = {
        number: Project(number, method, PASSPHRASES[str(number)]) for method, number in PROJECTS.items()
    }
    return Settings(state=state, merchant_id=MERCHANT, projects=projects, **{"retry_seconds": 0.1, **more})


@contextlib.contextmanager
def running_sandbox(state: Path, **more: Any) -> Iterator[Sandbox]:
    with serving(create_app(settings(state, **more))) as url:
        sandbox = Sandbox(url)
        try:
            yield sandbox
        finally:
            sandbox.http.close()


@contextlib.contextmanager
def running_shop() -> Iterator[Shop]:
    shop = Shop()
    with serving(shop.app()) as url:
        shop.url = url
        yield shop
