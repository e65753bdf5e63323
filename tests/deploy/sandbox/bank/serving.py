"""The sandbox bank on a free port, by its doors."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx

from deploy.local.sandbox.bank.app import create_app
from deploy.local.sandbox.bank.settings import Settings
from tests.serving import serving


class BankSandbox:
    """The running bank; the town's files lie in its folder."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def _post(self, path: str, **said: Any) -> dict[str, Any]:
        return dict(self.http.post(path, json=said).raise_for_status().json())

    def tell(self, fault: str, **more: Any) -> None:
        self._post("/sandbox/faults", fault=fault, **more)

    def days(self, count: int) -> None:
        self._post("/sandbox/days", count=count)

    def transfer(self, name: str, iban: str, cents: int, text: str) -> None:
        self._post("/sandbox/transfers", name=name, iban=iban, amount_cents=cents, text=text)

    def pay_out(self, name: str, iban: str, cents: int, text: str) -> None:
        self._post("/sandbox/payouts", name=name, iban=iban, amount_cents=cents, text=text)

    def claim_back(self, iban: str) -> None:
        self._post(f"/sandbox/accounts/{iban}/decide", outcome="claim_back")

    def book(self) -> dict[str, Any]:
        return dict(self.http.get("/sandbox/book").raise_for_status().json())


@contextlib.contextmanager
def running_bank(settings: Settings) -> Iterator[BankSandbox]:
    with serving(create_app(settings)) as url:
        bank = BankSandbox(url)
        try:
            yield bank
        finally:
            bank.http.close()
