"""Payers at the doors of a town whose own account takes transfers and debits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from services.payments.domain.claim import Claim
from services.payments.wiring import SERVICE
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS
from tests.services.payments.bank.town import CITY, NOW, Town, secrets_of

PROBLEM = "urn:portal:problem:"
AGREED = {"iban": "DE89 3704 0044 0532 0130 00", "holder": "Ada  Lovelace", "agreed": True}


@asynccontextmanager
async def town_with_bank(
    postgres_url: str, amqp_url: str, folder: Path, mint: CallerMint, **more: Any
) -> AsyncIterator[Town]:
    """Debits go through the city's own bank, unless a test gives GiroCheckout's project for them."""
    clock = FixedClock(NOW)
    projects = {name: number for name, number in PROJECTS.items() if name != "direct_debit"}
    told = {"girocheckout_projects": projects, **more}
    async with running(
        SERVICE, postgres_url, amqp_url, secrets_of(folder / "secrets"), mint=mint, clock=clock,
        public_url="http://portal.test", girocheckout_base_url="http://127.0.0.1:9/",
        girocheckout_merchant_id=MERCHANT, bank_iban=CITY.iban, bank_holder=CITY.name,
        creditor_id=CITY.identifier, bank_folder=str(folder / "elsewhere"), **told,
    ) as payments:  # fmt: skip
        yield Town(payments, clock, folder / "bank")


class Payer:
    """Whose claim it is."""

    def __init__(self, town: Town, claim: Claim) -> None:
        self.town, self.claim = town, claim
        self.headers = town.payments.mint.account(claim.account_id, "payments")

    async def asks(self, method: str, path: str, json: Any = None, key: str | None = None) -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return await self.town.payments.http.request(method, path, json=json, headers=headers)

    async def transfers(self, key: str = "t1") -> Any:
        return await self.asks("POST", f"/claims/{self.claim.id}/transfer", key=key)

    async def agrees(self, key: str = "d1", **other: Any) -> Any:
        return await self.asks("POST", f"/claims/{self.claim.id}/debits", {**AGREED, **other}, key)

    async def told(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.asks("GET", f"/claims/{self.claim.id}")).json()
        return found
