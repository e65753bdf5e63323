"""A PayPal sandbox on a free port, and a shop that takes what it posts."""

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.sandbox.paypal.app import create_app
from deploy.local.sandbox.paypal.authority import Authority
from deploy.local.sandbox.paypal.settings import Settings
from tests.deploy.sandbox.serving import Waiting, settled
from tests.serving import serving

CLIENT_ID, CLIENT_SECRET, WEBHOOK_ID = "sandbox-client", "sandbox-client-secret", "8PT597110X687430LKGECATA"
Posted = tuple[dict[str, str], bytes]


class Listener(Waiting[Posted]):
    """Takes webhooks: remembers headers and raw body, answers with the next of `answers`, else 200."""

    def app(self) -> Starlette:
        async def notified(request: Request) -> Response:
            self.heard.append((dict(request.headers), await request.body()))
            return Response(status_code=self.answers.pop(0) if self.answers else 200)

        return Starlette(routes=[Route("/webhook", notified, methods=["POST"])])


class PayPalSandbox:
    """The running sandbox, by its control API; `token` opens the provider's."""

    def __init__(self, url: str, authority: Authority) -> None:
        self.url = url
        self.authority = authority
        self.http = httpx.Client(base_url=url, trust_env=False)

    def tell(self, fault: str, **more: object) -> None:
        self.http.post("/sandbox/faults", json={"fault": fault, **more}).raise_for_status()

    def reset(self) -> None:
        for path in ("/sandbox/book", "/sandbox/faults"):
            self.http.delete(path).raise_for_status()
        self.send_to("")

    def send_to(self, url: str) -> None:
        self.http.put("/sandbox/webhook", json={"url": url}).raise_for_status()

    def decide(self, order: str, outcome: str = "pay") -> dict[str, Any]:
        answer = self.http.post(f"/sandbox/orders/{order}/decide", json={"outcome": outcome})
        return dict(answer.raise_for_status().json())

    def change(self, capture: str, what: str) -> dict[str, Any]:
        return dict(self.http.post(f"/sandbox/captures/{capture}/{what}").raise_for_status().json())

    def resolve(self, dispute: str, **said: object) -> None:
        self.http.post(f"/sandbox/disputes/{dispute}/resolve", json=said).raise_for_status()

    def gives_back(self, capture: str, cents: int) -> str:
        """A refund's id, made on PayPal's own pages."""
        answer = self.http.post(f"/sandbox/captures/{capture}/refund", json={"amount_cents": cents})
        return str(answer.raise_for_status().json()["id"])

    def order(self, order: str) -> dict[str, Any]:
        return dict(self.http.get(f"/sandbox/orders/{order}").raise_for_status().json())

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

    def settled_webhooks(self) -> list[dict[str, Any]]:
        return settled(lambda: list(self.book()["webhooks"]))

    def token(self) -> str:
        answer = self.http.post(
            "/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET)
        )
        return str(answer.raise_for_status().json()["access_token"])


def settings(state: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {"retry_seconds": 0.1, **more}
    return Settings(
        state=state / "book",
        authority=state / "authority",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        webhook_id=WEBHOOK_ID,
        **values,
    )


@contextlib.contextmanager
def running_paypal(state: Path | None = None, **more: Any) -> Iterator[PayPalSandbox]:
    with tempfile.TemporaryDirectory() as own:
        told = settings(state or Path(own), **more)
        with serving(create_app(told)) as url:
            sandbox = PayPalSandbox(url, Authority.kept_in(told.authority))
            try:
                yield sandbox
            finally:
                sandbox.http.close()


@contextlib.contextmanager
def running_listener() -> Iterator[Listener]:
    listener = Listener()
    with serving(listener.app()) as url:
        listener.url = f"{url}/webhook"
        yield listener
