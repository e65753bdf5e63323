"""A treasurer with the books open, and citizens whose money moves."""

import asyncio
from typing import Any
from uuid import UUID

from services.payments.domain.claim import Claim
from services.payments.domain.money import Reversal, Word
from shared.ids import new_id
from shared.log import Unit
from shared.testing import Running

FEE = 3060
PROVIDER = "girocheckout"
_HELD = "SELECT EXISTS (SELECT FROM event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"
PROBLEM = "urn:portal:problem:"


class Office:
    """The treasurer's desk over HTTP."""

    def __init__(self, payments: Running) -> None:
        self.payments, self.http = payments, payments.http
        self.headers = payments.mint.account(new_id(), "payments", "treasurer")

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self.http.get(path, headers=self.headers, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, path: str, key: str | None = None, content: bytes = b"") -> Any:
        headers = {**self.headers, "Idempotency-Key": key or str(new_id())}
        return await self.http.post(path, headers=headers, content=content)

    async def closes(self, key: str | None = None) -> dict[str, Any] | None:
        """The next batch with all that is booked, None where every booking is in one."""
        await self.settled()
        answer = await self.post("/exports", key)
        if answer.status_code == 201:
            found: dict[str, Any] = answer.json()
            return found
        assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "nothing_to_export")
        return None

    async def settled(self) -> None:
        """Waits for others' transactions on the server, which hold back what was booked after they began."""
        async with asyncio.timeout(60):
            while await self.payments.runtime.pool.fetchval(_HELD):
                await asyncio.sleep(0.05)

    async def file(self, number: int, format: str = "csv") -> bytes:
        answer = await self.http.get(f"/exports/{number}/{format}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        content: bytes = answer.content
        return content

    async def lines(self, number: int) -> list[list[str]]:
        """The cells of a batch's bookings, without heading and sum line."""
        text = (await self.file(number)).decode("cp1252")
        return [line.split(";") for line in text.split("\r\n")[1:-2]]


def claim_of(unit: Unit, cents: int = FEE, service: str = "resident-parking-permit") -> Claim:
    """A new claim that owes; not saved."""
    return Claim.request(
        id=new_id(), now=unit.now, case_id=new_id(), case_number="BPA-2026-000001", account_id=new_id(),
        service=service, cost_object="541000", kassenzeichen="47112600000122", amount_cents=cents,
        currency="EUR", pay_by=None, language="de",
    )  # fmt: skip


async def saved(unit: Unit, claim: Claim) -> Claim:
    await unit.save(claim)
    await unit.commit()
    return claim


async def owes(payments: Running, cents: int = FEE, **said: Any) -> Claim:
    unit = payments.runtime.unit()
    return await saved(unit, claim_of(unit, cents, **said))


async def pays(payments: Running, claim_id: UUID, reference: str, fee: int | None = None) -> UUID:
    """By card at once; the attempt's id."""
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, claim_id)
    attempt = new_id()
    claim.open_attempt(attempt, "card", "http://portal.test/", now=unit.now)
    word = Word("succeeded", "4000", PROVIDER, reference, claim.owed_cents, "EUR", fee_cents=fee)
    claim.record_word(attempt, word, now=unit.now)
    await saved(unit, claim)
    return attempt


async def paid(payments: Running, reference: str, cents: int = FEE, fee: int | None = None) -> Claim:
    claim = await owes(payments, cents)
    await pays(payments, claim.id, reference, fee)
    return claim


async def is_taken_back(payments: Running, claim_id: UUID, charges: int = 0) -> None:
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, claim_id)
    (payment_id,) = claim.payments
    reversal = Reversal("MD06", f"back-{payment_id}", claim.payments[payment_id].kept_cents, charges)
    claim.record_reversal(payment_id, reversal, now=unit.now)
    await saved(unit, claim)


async def comes_again(payments: Running, claim_id: UUID, reference: str) -> None:
    """All that was taken back: a dispute was won."""
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, claim_id)
    (payment_id,) = claim.payments
    undone = Reversal("WON", reference, claim.payments[payment_id].taken_back_cents)
    claim.record_undoing(payment_id, undone, now=unit.now)
    await saved(unit, claim)
