"""Somebody who owes the city something, and how they pay at the sandbox bank."""

import asyncio
from typing import Any

from services.payments.domain.claim import Claim
from shared.ids import derived_id, new_id
from shared.testing import Running
from tests.deploy.sandbox.serving import Sandbox, Shop

PORTAL = "http://portal.test"
FEE = 3060


class Citizen:
    """A citizen with a case that costs something."""

    def __init__(self, payments: Running) -> None:
        self.account_id, self.case_id = new_id(), new_id()
        self.payments = payments
        self.headers = payments.mint.account(self.account_id, "payments")
        self.claim_id = derived_id("claim", self.case_id)

    async def owes(self, cents: int = FEE) -> None:
        unit = self.payments.runtime.unit()
        claim = Claim.request(
            id=self.claim_id, now=unit.now, case_id=self.case_id, case_number="BPA-2026-000001",
            account_id=self.account_id, service="resident-parking-permit", cost_object="541000",
            kassenzeichen="47112600000122", amount_cents=cents, currency="EUR", pay_by=None, language="de",
        )  # fmt: skip
        await unit.save(claim)
        await unit.commit()

    async def begins(self, key: str = "k1", method: str = "card") -> Any:
        return await self.payments.http.post(
            f"/claims/{self.claim_id}/attempts",
            json={"method": method, "return_url": f"{PORTAL}/vorgang/1/zahlung/zurueck"},
            headers={**self.headers, "Idempotency-Key": key},
        )

    async def claim(self) -> dict[str, Any]:
        answer = await self.payments.http.get(f"/claims/{self.claim_id}", headers=self.headers)
        found: dict[str, Any] = answer.json()
        return found

    async def log_length(self) -> int:
        count: int = await self.payments.runtime.pool.fetchval(
            "SELECT count(*) FROM event WHERE stream_id = $1", self.claim_id
        )
        return count


async def decide(bank: Sandbox, redirect_url: str, outcome: str) -> None:
    reference = redirect_url.rstrip("/").rpartition("/")[2].partition("?")[0]
    answer = await asyncio.to_thread(
        bank.http.post, f"/sandbox/transactions/{reference}/decide", json={"outcome": outcome}
    )
    assert answer.status_code == 200, answer.text


async def notify(payments: Running, query: bytes) -> Any:
    return await payments.http.get(f"/callbacks/girocheckout/notify?{query.decode()}")


async def paid(citizen: Citizen, bank: Sandbox, shop: Shop, outcome: str = "pay", key: str = "k1") -> bytes:
    """Goes to the bank, decides there, and gives the notification the bank sent."""
    begun = await citizen.begins(key)
    assert begun.status_code == 201, begun.text
    seen = len(shop.queries)
    await decide(bank, begun.json()["redirect_url"], outcome)
    queries = await asyncio.to_thread(shop.wait, seen + 1)
    return queries[-1]
