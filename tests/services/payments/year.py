"""A town's cash office beside three banks' worth of sandboxes, whose days go on when told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from deploy.local.sandbox.bank.bank import Bank
from deploy.local.sandbox.bank.book import Book
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.mandate import Kind, Mandate
from services.payments.dunning import Dunning
from shared.ids import new_id
from tests.deploy.sandbox.paypal_serving import Listener, PayPalSandbox
from tests.deploy.sandbox.serving import Sandbox, Shop
from tests.services.payments.bank.town import Town

PORTAL = "http://portal.test"
VOUCHER = "AA-2027-004711"


def iban_of(account: int) -> str:
    """A German account whose last digits are the given number's."""
    bban = f"37040044{account:010}"
    return f"DE{98 - int(bban + '131400') % 97:02}{bban}"


@dataclass
class Year:
    """`bank` and `book` are the town's bank; `giro` and `paypal` the providers."""

    town: Town
    bank: Bank
    book: Book
    giro: Sandbox
    shop: Shop
    paypal: PayPalSandbox
    listener: Listener
    _clerk: UUID = field(default_factory=new_id)
    _keys: int = 0

    @property
    def clerk(self) -> dict[str, str]:
        """Headers that hold for some minutes: a year takes longer where much else runs."""
        return self.town.payments.mint.account(self._clerk, "payments", "treasurer")

    # days

    async def until(self, day: date, meanwhile: Callable[[date], Awaitable[None]] | None = None) -> None:
        """Day after day: the bank works, then the town reads, collects and duns."""
        while self.book.day < day:
            self.bank.next_day()
            today = self.book.day
            self.town.go_to(today)
            await self.read()
            await self.town.bank.arranging.run(today)
            await self.town.run()
            await self._dunning.run(today)
            if meanwhile is not None:
                await meanwhile(today)

    async def read(self) -> None:
        for file_id in await self.town.bank.intake.fetch_all():
            await self.town.take(file_id)

    @property
    def _dunning(self) -> Dunning:
        pool = self.town.payments.runtime.pool
        return Dunning(pool, ZoneInfo("Europe/Berlin"), STEPS, self.town.unit)

    # people

    async def post(self, path: str, said: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        self._keys += 1
        asked = {**(headers or self.clerk), "Idempotency-Key": f"key-{self._keys}"}
        return await self.town.payments.http.post(path, json=said, headers=asked)

    async def get(self, path: str) -> Any:
        answer = await self.town.payments.http.get(path, headers=self.clerk)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def begins(self, claim: Claim, method: str) -> Any:
        payer = self.town.payments.mint.account(claim.account_id, "payments")
        wanted = {"method": method, "return_url": f"{PORTAL}/back"}
        return await self.post(f"/claims/{claim.id}/attempts", wanted, payer)

    async def pays_by_card(self, claim: Claim, outcome: str = "pay") -> None:
        begun = await self.begins(claim, "card")
        assert begun.status_code == 201, begun.text
        reference = begun.json()["redirect_url"].rstrip("/").rpartition("/")[2].partition("?")[0]
        seen = len(self.shop.queries)
        await asyncio.to_thread(self.giro.decide, reference, outcome)
        query = (await asyncio.to_thread(self.shop.wait, seen + 1))[-1]
        answer = await self.town.payments.http.get(f"/callbacks/girocheckout/notify?{query.decode()}")
        assert answer.status_code == 200, answer.text

    async def pays_by_paypal(self, claim: Claim) -> None:
        begun = await self.begins(claim, "paypal")
        assert begun.status_code == 201, begun.text
        order = parse_qs(urlsplit(begun.json()["redirect_url"]).query)["token"][0]
        seen = len(self.listener.heard)
        await asyncio.to_thread(self.paypal.decide, order)
        await self.hears(seen + 1)
        await self.hears(seen + 2)

    async def hears(self, count: int) -> None:
        """The webhook of this number is handed on."""
        headers, body = (await asyncio.to_thread(self.listener.wait, count))[count - 1]
        own = {n: v for n, v in headers.items() if n.startswith("paypal-") or n == "content-type"}
        answer = await self.town.payments.http.post("/callbacks/paypal/notify", content=body, headers=own)
        assert answer.status_code == 200, answer.text

    def transfers(self, claim: Claim | None, cents: int, text: str = "") -> None:
        said = text or (f"KZ {claim.kassenzeichen}" if claim else "Danke")
        self.bank.transfer("Ada Lovelace", iban_of(4711), cents, said)

    # mandates

    async def signs(self, account: int) -> Mandate:
        unit = self.town.unit()
        mandate = Mandate.propose(
            id=new_id(), now=unit.now, account_id=new_id(), reference=f"M-{account}", kind=Kind.RECURRING,
            iban=iban_of(account), holder=f"Halterin {account}",
        )  # fmt: skip
        mandate.activate(unit.now.date(), "online", now=unit.now)
        await unit.save(mandate, subject=mandate.account_id)
        await unit.commit()
        return mandate

    async def owes_by_mandate(self, mandate: Mandate) -> list[Claim]:
        """A year's instalments, each to be debited by itself."""
        claims = await self.town.in_quarters(mandate.account_id)
        work = Work(self.town.unit())
        await self.town.bank.paying.arrange(work, mandate.id, [claim.id for claim in claims])
        await work.commit()
        return claims

    # refunds

    async def refund(self, claim: Claim, cents: int) -> str:
        """The state in which the refund ends; PayPal tells of its own as well."""
        seen = len(self.listener.heard)
        answer = await self.post(
            f"/claims/{claim.id}/refunds", {"amount_cents": cents, "reason": "moved_away"}
        )
        assert answer.status_code == 201, answer.text
        async with asyncio.timeout(20):
            while True:
                refunds = (await self.get(f"/claims/{claim.id}/refunds"))["refunds"]
                if refunds[-1]["state"] in ("settled", "failed", "unclear"):
                    break
                await asyncio.sleep(0.02)
        [payment] = claim.payments.values()
        if payment.provider == "paypal":
            await self.hears(seen + 1)
        return str(refunds[-1]["state"])

    async def tidies(self) -> None:
        """What lies about: each surplus is sent back by the bank, which the town then reads and books out."""
        for task in (await self.get("/money-tasks"))["tasks"]:
            settled = {
                "how": "returned_by_transfer",
                "amount_cents": task["amount_cents"],
                "voucher": VOUCHER,
            }
            path = f"/money-tasks/{task['claim_id']}/{task['version']}/settlement"
            answer = await self.post(path, settled)
            assert answer.status_code == 201, answer.text
            self.book.enter(-task["amount_cents"], "transfer", name="Ada Lovelace", iban=iban_of(4711))
        await self.until(self.book.day + timedelta(days=1))
        for item in (await self.get("/bank-items"))["items"]:
            answer = await self.post(f"/bank-items/{item['item_id']}/sending-back", {"voucher": VOUCHER})
            assert answer.status_code == 201, answer.text
            if item["cents"] > 0:
                self.book.enter(-item["cents"], "transfer", name="Ada Lovelace", iban=iban_of(4711))
