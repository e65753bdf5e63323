"""What the bank booked and no claim has, over HTTP: looked at, allocated, sent back, and who may."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.domain.bank_item import BankItem, Outcome
from services.payments.domain.money import BANK, Receipt
from shared.ids import new_id
from tests.services.payments.bank.town import CITY, FEE, PAYER, Town
from tests.services.payments.sepa.messages import camt, credit

pytestmark = pytest.mark.integration
PROBLEM = "urn:portal:problem:"
VOUCHER = "AA-2026-004711"
READ: dict[str, Any] = {"voucher": VOUCHER, "cents": 10_001}


class Clerk:
    """Somebody of the cash office."""

    def __init__(self, town: Town, *roles: str, account_id: UUID | None = None) -> None:
        self.http = town.payments.http
        self.headers = town.payments.mint.account(account_id or new_id(), "payments", *roles)

    async def waiting(self, **params: Any) -> dict[str, Any]:
        answer = await self.http.get("/bank-items", headers=self.headers, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def does(self, item_id: str, what: str, key: str = "once", **said: Any) -> Any:
        headers = {**self.headers, "Idempotency-Key": key}
        return await self.http.post(f"/bank-items/{item_id}/{what}", json=said, headers=headers)


@pytest.fixture
def clerk(town: Town) -> Clerk:
    return Clerk(town, "clerk")


async def comes(town: Town, *cents: int) -> list[str]:
    """Money that says nothing of use; the items, by amount."""
    lines = [credit(one, "Danke", reference=f"R{one}") for one in cents]
    await town.takes("nothing.xml", camt(lines, account=CITY.iban))
    return [str(row["item_id"]) for row in await town.rows("SELECT item_id FROM bank_item ORDER BY cents")]


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


class TestWhatWaits:
    async def test_says_who_paid_and_what_for(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, 777)
        [item] = (await clerk.waiting())["items"]
        assert (item["item_id"], item["cents"], item["outcome"]) == (item_id, 777, "unallocated")
        assert (item["text"], item["iban"]) == ("Danke", PAYER)
        assert item["name"]
        one = await clerk.http.get(f"/bank-items/{item_id}", headers=clerk.headers)
        assert one.json() == item

    async def test_comes_in_pages(self, town: Town, clerk: Clerk) -> None:
        await comes(town, 1, 2, 3)
        first = await clerk.waiting(limit=2)
        second = await clerk.waiting(limit=2, after=first["next"])
        assert sorted(item["cents"] for item in first["items"] + second["items"]) == [1, 2, 3]
        assert second["next"] is None

    async def test_is_unknown_under_another_number(self, clerk: Clerk) -> None:
        answer = await clerk.http.get(f"/bank-items/{new_id()}", headers=clerk.headers)
        assert refused(answer) == (404, "not_found")

    async def test_is_the_cash_offices_alone(self, town: Town) -> None:
        citizen = Clerk(town, "citizen")
        answer = await citizen.http.get("/bank-items", headers=citizen.headers)
        assert answer.status_code == 403
        assert (await citizen.does(str(new_id()), "allocation", claim_id=str(new_id()))).status_code == 403
        assert (await citizen.does(str(new_id()), "sending-back", voucher=VOUCHER)).status_code == 403


class TestAllocation:
    async def test_settles_the_claim_and_leaves_the_list(self, town: Town, clerk: Clerk) -> None:
        claim = await town.owed()
        [item_id] = await comes(town, FEE)
        answer = await clerk.does(item_id, "allocation", claim_id=str(claim.id))
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert (said["recorded"], said["state"], said["owed_cents"]) == ("settled", "settled", 0)
        assert (await clerk.waiting())["items"] == []
        assert await town.balances() == {"bank": FEE, "revenue:541000": -FEE}
        again = await clerk.does(item_id, "allocation", claim_id=str(claim.id))
        assert again.json() == said

    async def test_of_too_much_leaves_a_surplus(self, town: Town, clerk: Clerk) -> None:
        claim = await town.owed()
        [item_id] = await comes(town, FEE + 40)
        await clerk.does(item_id, "allocation", claim_id=str(claim.id))
        assert (await town.balances())["surplus"] == -40

    async def test_is_done_once(self, town: Town, clerk: Clerk) -> None:
        claim, other = await town.owed(), await town.owed()
        [item_id] = await comes(town, FEE)
        await clerk.does(item_id, "allocation", claim_id=str(claim.id))
        answer = await clerk.does(item_id, "allocation", "twice", claim_id=str(other.id))
        assert refused(answer) == (409, "bank_item_done")
        assert (await town.claim(other.id)).condition == "open"

    async def test_to_a_claim_of_ones_own_is_refused(self, town: Town) -> None:
        claim = await town.owed()
        [item_id] = await comes(town, FEE)
        own = Clerk(town, "clerk", account_id=claim.account_id)
        assert refused(await own.does(item_id, "allocation", claim_id=str(claim.id))) == (403, "own_case")

    async def test_of_a_receipt_that_was_typed_in_is_refused(self, town: Town, clerk: Clerk) -> None:
        claim = await town.owed()
        [item_id] = await comes(town, FEE)
        unit = town.unit()
        claim = await unit.load(type(claim), claim.id)
        claim.record_receipt(Receipt(BANK, "bank_transfer", item_id, FEE, "EUR"), now=unit.now)
        await unit.save(claim)
        await unit.commit()
        answer = await clerk.does(item_id, "allocation", claim_id=str(claim.id))
        assert refused(answer) == (409, "receipt_known")
        assert len((await clerk.waiting())["items"]) == 1

    async def test_of_another_currency_is_refused(self, town: Town, clerk: Clerk) -> None:
        claim = await town.owed()
        await comes(town, FEE)
        [row] = await town.rows("SELECT statement_id, file_id FROM bank_item")
        unit = town.unit()
        item = BankItem.receive(
            id=new_id(), now=unit.now, **row, amount_cents=FEE, currency="CHF", booked_on=None,
            outcome=Outcome.UNALLOCATED, claim_id=None, proposals=[], name="Ada", iban=PAYER, text="Danke",
        )  # fmt: skip
        await unit.save(item, subject=row["file_id"])
        await unit.commit()
        answer = await clerk.does(str(item.id), "allocation", claim_id=str(claim.id))
        assert refused(answer) == (409, "currency_differs")
        assert (await town.claim(claim.id)).condition == "open"

    async def test_to_no_claim_is_not_found(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, FEE)
        assert (await clerk.does(item_id, "allocation", claim_id=str(new_id()))).status_code == 404
        assert (await clerk.does(str(new_id()), "allocation", claim_id=str(new_id()))).status_code == 404


class TestSendingBack:
    async def test_leaves_the_list_and_the_books_even(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, 777)
        answer = await clerk.does(item_id, "sending-back", voucher=VOUCHER)
        assert (answer.status_code, answer.json()) == (201, {"item_id": item_id, "outcome": "sent_back"})
        assert (await clerk.waiting())["items"] == []
        assert await town.balances() == {}

    async def test_is_done_once_and_with_a_voucher(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, 777)
        answer = await clerk.does(item_id, "sending-back", voucher="Ada Lovelace")
        assert refused(answer) == (422, "voucher_impossible")
        await clerk.does(item_id, "sending-back", "good", voucher=VOUCHER)
        answer = await clerk.does(item_id, "sending-back", "twice", voucher=VOUCHER)
        assert refused(answer) == (409, "bank_item_done")


class TestAReturnAboveTheLimit:
    async def test_needs_a_second_person(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, 10_001)
        assert (await clerk.does(item_id, "sending-back", voucher=VOUCHER)).json()["outcome"] == (
            "return_proposed"
        )
        [item] = (await clerk.waiting())["items"]
        assert (item["proposed_voucher"], bool(item["proposed_by"])) == (VOUCHER, True)
        alone = await clerk.does(item_id, "sending-back/approval", "alone", **READ)
        assert refused(alone) == (403, "second_person_needed")
        again = await clerk.does(item_id, "sending-back", "again", voucher=VOUCHER)
        assert refused(again) == (409, "return_waits")
        other = await Clerk(town, "treasurer").does(
            item_id, "sending-back/approval", "other", **{**READ, "cents": 10_000}
        )
        assert refused(other) == (409, "return_unknown")
        agreed = await Clerk(town, "treasurer").does(item_id, "sending-back/approval", **READ)
        assert (agreed.status_code, agreed.json()["outcome"]) == (201, "sent_back")
        assert (await clerk.waiting())["items"] == []

    async def test_may_be_declined(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, 10_001)
        await clerk.does(item_id, "sending-back", voucher=VOUCHER)
        other = Clerk(town, "clerk")
        assert (await other.does(item_id, "sending-back/refusal", **READ)).json()["outcome"] == "waiting"
        [item] = (await clerk.waiting())["items"]
        assert (item["outcome"], item["proposed_by"]) == ("unallocated", None)
        late = await other.does(item_id, "sending-back/approval", "late", **READ)
        assert refused(late) == (409, "return_unknown")

    async def test_up_to_the_limit_is_one_persons(self, town: Town, clerk: Clerk) -> None:
        [item_id] = await comes(town, 10_000)
        assert (await clerk.does(item_id, "sending-back", voucher=VOUCHER)).json()["outcome"] == "sent_back"
