"""Receipts: one for cash at once, another when money goes back; what was issued stays, a mistake does not."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.documents.domain.document import RECEIPT, document_id, receipt_edition
from shared.bus.envelope import Envelope
from shared.ids import new_id
from shared.testing import FixedClock, Running
from tests.services.documents.holding import Holder, advanced, until

pytestmark = pytest.mark.integration


class Teller:
    """What payments tells, one after the other: a consumer keeps a gapless place in it."""

    sequence = 0

    def __init__(self, holder: Holder, clock: FixedClock) -> None:
        self.holder, self.clock, self.claim_id = holder, clock, new_id()
        self.told: list[Envelope] = []

    def tells(self, name: str, **data: Any) -> None:
        Teller.sequence += 1
        self.told.append(
            self.holder.neighbours.of_payments(
                name, self.holder.case_id, Teller.sequence, claim_id=str(self.claim_id), **data
            )
        )

    def settles(self, method: str, version: int, **more: int) -> None:
        account_id = str(self.holder.account_id)
        self.tells("payment_settled", account_id=account_id, method=method, stream_version=version, **more)

    async def leads_to(self, found: Callable[[], Awaitable[Any]]) -> Any:
        """Told again and again, since duplicates are ordinary."""
        neighbours, documents = self.holder.neighbours, self.holder.documents
        return await until(lambda: neighbours.publishes(documents, self.told, found))

    async def leads_later_to(self, found: Callable[[], Awaitable[Any]]) -> Any:
        return await self.leads_to(lambda: advanced(self.clock, found))


@pytest.fixture
def payments(holder: Holder, clock: FixedClock) -> Teller:
    holder.neighbours.paid = True
    return Teller(holder, clock)


async def receipts(holder: Holder, many: int) -> Any:
    found = [one for one in await holder.listed() if one["kind"] == RECEIPT]
    return found if len(found) == many else None


async def conditions(holder: Holder, payments: Teller, *versions: int) -> list[str]:
    """Of the receipts of these versions of the claim."""
    found = {one["document_id"]: one["status"] for one in await holder.listed()}
    editions = [receipt_edition(payments.claim_id, version) for version in versions]
    return [found[str(document_id(holder.case_id, RECEIPT, edition))] for edition in editions]


class TestReceipt:
    async def test_of_cash_is_there_at_once_and_names_its_version(
        self, holder: Holder, payments: Teller
    ) -> None:
        payments.tells("part_received", method="cash", stream_version=2)
        [issued] = await payments.leads_to(lambda: receipts(holder, 1))
        assert issued["document_id"] == str(
            document_id(holder.case_id, RECEIPT, receipt_edition(payments.claim_id, 2))
        )
        assert holder.neighbours.receipts[-1] == "2"
        found = await holder.get(
            f"/cases/{holder.case_id}/claims/{payments.claim_id}/receipts/2", holder.clerk
        )
        assert found.json()["number"] == issued["number"]

    async def test_of_a_part_by_transfer_is_not_made(self, holder: Holder, payments: Teller) -> None:
        payments.tells("part_received", method="bank_transfer", stream_version=2)
        payments.settles("card", 3)
        await payments.leads_later_to(lambda: receipts(holder, 1))

    async def test_is_one_for_each_instalment(self, holder: Holder, payments: Teller) -> None:
        payments.settles("card", 4)
        payments.settles("card", 5, instalment=2)
        found = await payments.leads_later_to(lambda: receipts(holder, 2))
        editions = (None, receipt_edition(payments.claim_id, 5))
        wanted = {str(document_id(holder.case_id, RECEIPT, edition)) for edition in editions}
        assert {one["document_id"] for one in found} == wanted

    async def test_of_a_refund_stands_beside_the_first(self, holder: Holder, payments: Teller) -> None:
        payments.settles("card", 4)
        [first] = await payments.leads_later_to(lambda: receipts(holder, 1))
        assert first["document_id"] == str(document_id(holder.case_id, RECEIPT))
        payments.tells("refund_settled", stream_version=7)
        payments.tells("money_task_settled", how="kept_by_agreement", stream_version=8)
        payments.tells("money_task_settled", how="returned_by_transfer", stream_version=9)
        found = await payments.leads_later_to(lambda: receipts(holder, 3))
        editions = [None, *(receipt_edition(payments.claim_id, version) for version in (7, 9))]
        wanted = {str(document_id(holder.case_id, RECEIPT, edition)) for edition in editions}
        assert {one["document_id"] for one in found} == wanted
        assert {one["status"] for one in found} == {"valid"}
        assert [one for one in found if one["document_id"] == first["document_id"]] == [first]

    async def test_of_what_the_provider_gave_by_itself_stands_beside_the_first(
        self, holder: Holder, payments: Teller
    ) -> None:
        payments.settles("paypal", 4)
        parts = [(6, 0, 0), (7, 1000, 0), (9, 0, 2060)]
        for version, given_up, returned in parts:  # of the first nothing is the city's refund
            payments.tells(
                "refunded_elsewhere", stream_version=version, given_up_cents=given_up,
                returned_cents=returned, owed_cents=0, reclaimable_cents=500,
            )  # fmt: skip
        found = await payments.leads_later_to(lambda: receipts(holder, 3))
        editions = [None, *(receipt_edition(payments.claim_id, version) for version in (7, 9))]
        wanted = {str(document_id(holder.case_id, RECEIPT, edition)) for edition in editions}
        assert {one["document_id"] for one in found} == wanted

    async def test_is_made_when_less_is_owed_and_that_is_paid(self, holder: Holder, payments: Teller) -> None:
        payments.tells("claim_reduced", state="open", stream_version=7)
        payments.tells("claim_reduced", state="settled", stream_version=9)
        [issued] = await payments.leads_later_to(lambda: receipts(holder, 1))
        edition = receipt_edition(payments.claim_id, 9)
        assert issued["document_id"] == str(document_id(holder.case_id, RECEIPT, edition))

    async def test_is_made_anew_when_a_claim_is_paid_again(self, holder: Holder, payments: Teller) -> None:
        payments.settles("card", 4)
        await payments.leads_later_to(lambda: receipts(holder, 1))
        payments.settles("bank_transfer", 9)
        await payments.leads_later_to(lambda: receipts(holder, 2))


class TestMistake:
    async def test_takes_the_receipt_back(self, holder: Holder, payments: Teller) -> None:
        payments.settles("cash", 2)
        await payments.leads_to(lambda: receipts(holder, 1))
        payments.tells("cash_entry_voided", surplus=True, booked_version=2)
        payments.tells("cash_entry_voided", surplus=False, booked_version=2)

        async def revoked() -> Any:
            [one] = await receipts(holder, 1)
            return one if one["status"] == "revoked" else None

        assert (await payments.leads_later_to(revoked))["revocation_reason"] == "entry_voided"

    @pytest.mark.parametrize("method", ["cash", "card"])
    async def test_takes_later_receipts_back_that_name_it(
        self, holder: Holder, payments: Teller, method: str
    ) -> None:
        payments.tells("part_received", method="cash", stream_version=2)
        payments.settles(method, 5, amount_cents=2060, claim_cents=3060)
        await payments.leads_later_to(lambda: receipts(holder, 2))
        payments.tells("cash_entry_voided", surplus=False, booked_version=2, stream_version=6)
        await payments.leads_later_to(lambda: receipts(holder, 3))
        assert await conditions(holder, payments, 2, 5, 6) == ["revoked", "revoked", "valid"]
        assert holder.neighbours.receipts[-1] == "6"

    async def test_of_all_that_was_paid_orders_nothing(self, holder: Holder, payments: Teller) -> None:
        payments.tells("part_received", method="cash", stream_version=2)
        payments.settles("cash", 3, amount_cents=2060, claim_cents=3060)
        await payments.leads_to(lambda: receipts(holder, 2))
        holder.neighbours.paid = False
        payments.tells("cash_entry_voided", surplus=False, booked_version=2, stream_version=4)
        pool = holder.documents.runtime.pool

        async def done() -> Any:
            asked = holder.neighbours.receipts[-1] == "4"
            left = "SELECT count(*) FROM task WHERE kind = 'render_document' AND done_at IS NULL"
            return asked and await pool.fetchval(left) == 0

        await payments.leads_later_to(done)
        assert await conditions(holder, payments, 2, 3) == ["revoked", "revoked"]

    async def test_leaves_earlier_receipts(self, holder: Holder, payments: Teller) -> None:
        payments.tells("part_received", method="cash", stream_version=2)
        payments.settles("cash", 3, amount_cents=2060, claim_cents=3060)
        await payments.leads_to(lambda: receipts(holder, 2))
        payments.tells("cash_entry_voided", surplus=False, booked_version=3, stream_version=4)

        async def revoked() -> bool:
            return await conditions(holder, payments, 2, 3) == ["valid", "revoked"]

        await payments.leads_later_to(revoked)
        assert await receipts(holder, 2)

    async def test_alone_takes_a_receipt_back(self, holder: Holder, payments: Teller) -> None:
        payments.settles("cash", 2)
        [issued] = await payments.leads_to(lambda: receipts(holder, 1))
        answer = await holder.documents.http.post(
            f"/documents/{issued['document_id']}/revocation", json={"reason": "lost"},
            headers={**holder.clerk, "Idempotency-Key": "k"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["type"]) == (
            409, "urn:portal:problem:document_not_revocable",
        )  # fmt: skip


class TestTreasurer:
    async def test_reads_receipts_and_nothing_else(
        self, holder: Holder, documents: Running, payments: Teller
    ) -> None:
        payments.settles("cash", 2)
        [issued] = await payments.leads_to(lambda: receipts(holder, 1))
        treasurer = documents.mint.account(new_id(), "documents", "treasurer")
        path = f"/documents/{issued['document_id']}/content"
        assert (await holder.get(path, treasurer)).status_code == 200
        await holder.orders()
        await until(lambda: holder.get(f"/documents/{holder.document_id}"))
        assert (await holder.get(f"/documents/{holder.document_id}/content", treasurer)).status_code == 404

    async def test_finds_none_that_is_not_issued(self, holder: Holder, payments: Teller) -> None:
        answer = await holder.get(
            f"/cases/{holder.case_id}/claims/{payments.claim_id}/receipts/2", holder.clerk
        )
        assert answer.status_code == 404
        assert (
            await holder.get(f"/cases/{holder.case_id}/claims/{payments.claim_id}/receipts/2")
        ).status_code == 403
