"""The cash office decides what a provider left undecided, over HTTP."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.domain import undecided
from services.payments.domain.claim import Claim
from services.payments.domain.money import Word
from shared.ids import new_id
from shared.testing import Running
from tests.services.payments.paying import FEE, Citizen

pytestmark = pytest.mark.integration
PAID = {"found": "paid", "voucher": "AA-2026-004711"}


class Office:
    """Somebody of the cash office."""

    def __init__(self, payments: Running, *roles: str, account_id: UUID | None = None) -> None:
        self.http = payments.http
        self.headers = payments.mint.account(account_id or new_id(), "payments", *roles)

    async def get(self, path: str, **params: Any) -> Any:
        return await self.http.get(path, headers=self.headers, params=params)

    async def post(self, path: str, **said: Any) -> Any:
        return await self.http.post(
            path, json=said, headers={**self.headers, "Idempotency-Key": str(new_id())}
        )


async def left(citizen: Citizen) -> str:
    """An attempt that nobody asks about any more; the address of its finding."""
    unit, attempt_id = citizen.payments.runtime.unit(), new_id()
    claim = await unit.load(Claim, citizen.claim_id)
    claim.open_attempt(attempt_id, "card", "http://portal.test/", now=unit.now)
    claim.record_start(attempt_id, "girocheckout", "ref-1", now=unit.now)
    claim.record_word(attempt_id, Word("unknown", "4500", "girocheckout", "ref-1", FEE, "EUR"), now=unit.now)
    undecided.leave(claim, attempt_id, now=unit.now)
    await unit.save(claim)
    await unit.commit()
    return f"/claims/{citizen.claim_id}/attempts/{attempt_id}/finding"


class TestAFinding:
    async def test_is_confirmed_by_another_and_settles(self, payments: Running, citizen: Citizen) -> None:
        kim, sam = Office(payments, "clerk"), Office(payments, "treasurer")
        finding = await left(citizen)
        [waiting] = (await sam.get("/undecided-attempts")).json()["attempts"]
        assert (waiting["amount_cents"], waiting["reference"], waiting["state"], waiting["found"]) == (
            FEE, "ref-1", "unclear", None,
        )  # fmt: skip
        assert (waiting["kassenzeichen"], waiting["case_number"]) == ("47112600000122", "BPA-2026-000001")
        answer = await kim.post(finding, **PAID)
        assert (answer.status_code, answer.json()["recorded"]) == (201, "waiting")
        assert (await kim.post(f"{finding}/approval", found="paid")).status_code == 403
        one = (await sam.get(f"/undecided-attempts/{waiting['attempt_id']}")).json()
        assert (one["found"], one["voucher"]) == ("paid", "AA-2026-004711")
        assert one["found_by"]
        answer = await sam.post(f"{finding}/approval", found="paid")
        assert (answer.status_code, answer.json()["recorded"], answer.json()["state"]) == (
            201, "settled", "settled",
        )  # fmt: skip
        assert (await sam.get("/undecided-attempts")).json() == {"attempts": [], "next": None}
        books = (await sam.get("/ledger/accounts/provider:girocheckout")).json()["lines"]
        assert [line["cents"] for line in books] == [FEE]

    async def test_that_nothing_was_paid_lets_the_citizen_pay(
        self, payments: Running, citizen: Citizen
    ) -> None:
        kim, sam = Office(payments, "clerk"), Office(payments, "clerk")
        finding = await left(citizen)
        assert (await citizen.begins("before")).json()["type"].endswith("payment_being_checked")
        await kim.post(finding, **{**PAID, "found": "not_paid"})
        assert (await sam.post(f"{finding}/refusal", found="not_paid")).json()["recorded"] == "declined"
        await sam.post(finding, **{**PAID, "found": "not_paid"})
        assert (await kim.post(f"{finding}/approval", found="not_paid")).json()["recorded"] == "failed"
        assert (await citizen.claim())["state"] == "open"
        assert (await citizen.begins("after")).status_code == 201

    async def test_is_refused_in_words(self, payments: Running, citizen: Citizen) -> None:
        kim, sam = Office(payments, "clerk"), Office(payments, "treasurer")
        finding = await left(citizen)
        own = Office(payments, "clerk", account_id=citizen.account_id)
        said = [
            await own.post(finding, **PAID),
            await own.post(f"{finding}/approval", found="paid"),
            await kim.post(f"{finding}/approval", found="paid"),
            await kim.post(finding, found="paid", voucher="bezahlt"),
            await kim.post(f"/claims/{citizen.claim_id}/attempts/{new_id()}/finding", **PAID),
            await Office(payments, "citizen").post(finding, **PAID),
        ]
        assert [(one.status_code, one.json()["type"].rpartition(":")[2]) for one in said] == [
            (403, "own_case"), (403, "own_case"), (409, "finding_unknown"), (422, "voucher_impossible"),
            (404, "unknown_attempt"), (403, "wrong_role"),
        ]  # fmt: skip
        assert (await sam.get(f"/undecided-attempts/{new_id()}")).status_code == 404

    async def test_is_one_of_a_page(self, payments: Running, citizen: Citizen) -> None:
        others = [Citizen(payments), Citizen(payments)]
        await left(citizen)
        for other in others:
            await other.owes()
            await left(other)
        sam, seen = Office(payments, "treasurer"), []
        after: dict[str, Any] = {}
        for _ in range(3):
            page = (await sam.get("/undecided-attempts", limit=1, **after)).json()
            seen += [one["claim_id"] for one in page["attempts"]]
            after = {"after": page["next"]}
        assert seen == [str(one.claim_id) for one in (citizen, *others)]
        assert after == {"after": None}
