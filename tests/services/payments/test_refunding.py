"""Refunds on real parts: asked for over HTTP, carried out at the sandbox bank, or left to a person."""

import asyncio
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import httpx
import pytest

from services.payments.domain import refunds
from services.payments.domain.claim import Claim
from services.payments.providers import registry
from services.payments.refunding import REFUND, Refunding
from shared.ids import new_id
from shared.testing import Running
from tests.deploy.sandbox.serving import Sandbox, Shop
from tests.services.payments.paying import FEE, Citizen, decide, notify, paid
from tests.services.payments.test_money_tasks import PROBLEM, CashOffice

pytestmark = pytest.mark.integration
PART = {"amount_cents": 1000, "reason": "given_up_early"}


@pytest.fixture
async def settled(payments: Running, citizen: Citizen, bank: Sandbox, shop: Shop) -> Citizen:
    """A citizen who has paid at the bank."""
    answer = await notify(payments, await paid(citizen, bank, shop))
    assert answer.json()["Recorded"] == "settled"
    return citizen


@pytest.fixture
def kim(payments: Running) -> CashOffice:
    return CashOffice(payments, "treasurer")


@pytest.fixture
def sam(payments: Running) -> CashOffice:
    return CashOffice(payments, "clerk")


async def post(who: CashOffice, path: str, said: dict[str, Any] | None = None, key: str = "once") -> Any:
    headers = {**who.headers, "Idempotency-Key": key}
    return await who.http.post(path, json=said, headers=headers)


async def refund_in(citizen: Citizen, kim: CashOffice, *states: str) -> dict[str, Any]:
    """The claim's one refund, once it is in one of these states."""
    async with asyncio.timeout(20):
        while True:
            found = (await kim.get(f"/claims/{citizen.claim_id}/refunds"))["refunds"]
            if found and found[0]["state"] in states:
                refund: dict[str, Any] = found[0]
                return refund
            await asyncio.sleep(0.05)


class TestARefund:
    async def test_of_part_is_carried_out_by_the_provider(
        self, settled: Citizen, kim: CashOffice, bank: Sandbox
    ) -> None:
        answer = await post(kim, f"/claims/{settled.claim_id}/refunds", PART)
        assert (answer.status_code, answer.json()["via"]) == (201, "provider")
        await refund_in(settled, kim, "settled")
        books = await kim.balances()
        assert (books["provider:girocheckout"], books["refundable"]) == (FEE - 1000, 0)
        assert (await kim.get("/money-tasks"))["tasks"] == []
        assert (await settled.claim())["state"] == "settled"
        events = (await kim.get(f"/claims/{settled.claim_id}/money"))["events"]
        assert [e["event"] for e in events][-3:] == [
            "payments.refund_requested", "payments.refund_ordered", "payments.refund_settled",
        ]  # fmt: skip
        assert sum(line["cents"] for event in events for line in event["lines"]) == 0
        assert "account_id" not in events[0]["says"]
        assert events[-3]["actor"] == f"account:{events[-3]['says']['requested_by']}"

    async def test_that_fell_due_goes_back_by_itself(
        self, payments: Running, settled: Citizen, kim: CashOffice
    ) -> None:
        await withdrawn(payments, settled)
        await refund_in(settled, kim, "settled")
        assert (await settled.claim())["state"] == "refunded"
        row = "SELECT state FROM claim WHERE claim_id = $1"
        assert await payments.runtime.pool.fetchval(row, settled.claim_id) == "refunded"
        assert (await kim.balances())["provider:girocheckout"] == 0

    async def test_of_what_was_paid_twice_goes_back_by_itself_and_is_told(
        self, payments: Running, citizen: Citizen, kim: CashOffice, bank: Sandbox, shop: Shop
    ) -> None:
        windows = [(await citizen.begins(key)).json()["redirect_url"] for key in ("k1", "k2")]
        recorded: list[str] = []
        for url in windows:
            await decide(bank, url, "pay")
            queries = await asyncio.to_thread(shop.wait, len(recorded) + 1)
            recorded.append((await notify(payments, queries[-1])).json()["Recorded"])
        assert recorded == ["settled", "surplus"]
        await refund_in(citizen, kim, "settled")
        claim = await citizen.claim()
        [back] = claim["given_back"]
        assert (claim["state"], claim["owed_cents"]) == ("settled", 0)
        assert (back["kind"], back["amount_cents"], back["how"]) == (
            "second_payment", FEE, "returned_by_provider",
        )  # fmt: skip
        assert back["settled_at"]
        books = await kim.balances()
        assert (books["provider:girocheckout"], books["surplus"]) == (FEE, 0)

    async def test_above_the_limit_is_a_persons_task(
        self, payments: Running, settled: Citizen, kim: CashOffice
    ) -> None:
        await withdrawn(payments, settled, limit=FEE - 1)
        [task] = (await kim.get("/money-tasks"))["tasks"]
        assert (task["kind"], (await settled.claim())["state"]) == ("refund_due", "refund_due")

    async def test_without_an_answer_is_unclear_and_never_repeated(
        self, settled: Citizen, kim: CashOffice, bank: Sandbox
    ) -> None:
        await asyncio.to_thread(bank.tell, "reply_lost", call="refund")
        await post(kim, f"/claims/{settled.claim_id}/refunds", PART)
        await refund_in(settled, kim, "unclear")
        [task] = (await kim.get("/money-tasks"))["tasks"]  # a person looks: the money did go
        said = await kim.settle(settled, task["version"], how="returned_by_provider", amount_cents=1000)
        assert said.status_code == 201
        await refund_in(settled, kim, "settled")
        assert (await kim.balances())["provider:girocheckout"] == FEE - 1000

    async def test_that_the_provider_refuses_is_a_persons_task(
        self, settled: Citizen, kim: CashOffice, bank: Sandbox
    ) -> None:
        await asyncio.to_thread(bank.tell, "refuse", call="refund", code=5086)
        await post(kim, f"/claims/{settled.claim_id}/refunds", PART)
        await refund_in(settled, kim, "failed")
        [task] = (await kim.get("/money-tasks"))["tasks"]
        assert (task["kind"], task["amount_cents"]) == ("refund_part", 1000)

    async def test_interrupted_after_its_order_is_unclear(
        self, payments: Running, settled: Citizen, kim: CashOffice
    ) -> None:
        claim_id, refund_id = await ordered(payments, settled)
        ids = {"claim_id": str(claim_id), "refund_id": str(refund_id)}
        unit = payments.runtime.unit()
        unit.task(REFUND, ids, key="again")
        await unit.commit()
        await refund_in(settled, kim, "unclear")

    async def test_pro_rata_is_reckoned_here(self, settled: Citizen, kim: CashOffice) -> None:
        period = {"valid_from": "2026-01-01", "valid_until": "2026-12-31", "given_up_on": "2026-07-15"}
        answer = await post(
            kim, f"/claims/{settled.claim_id}/refunds", {"pro_rata": period, "reason": "given_up_early"}
        )
        assert answer.json()["amount_cents"] == FEE * 5 // 12
        assert date.fromisoformat(period["given_up_on"]).month == 7


class TestTheShare:
    PERIOD: ClassVar = {
        "valid_from": "2026-01-01", "valid_until": "2026-12-31", "given_up_on": "2026-03-10",
    }  # fmt: skip

    async def test_is_told_to_its_citizen_before_anything_is_asked_for(self, settled: Citizen) -> None:
        path = f"/claims/{settled.claim_id}/refunds/share"
        answer = await settled.payments.http.get(path, params=self.PERIOD, headers=settled.headers)
        found = answer.json()
        assert (found["share_cents"], found["left_cents"]) == (FEE * 9 // 12, FEE)
        assert await settled.payments.runtime.pool.fetchval("SELECT count(*) FROM refund") == 0

    async def test_is_all_of_what_has_not_begun(self, settled: Citizen, kim: CashOffice) -> None:
        early = self.PERIOD | {"given_up_on": "2025-12-31"}
        found = await kim.get(f"/claims/{settled.claim_id}/refunds/share", **early)
        assert found["share_cents"] == FEE

    @pytest.mark.parametrize(("given", "left"), [(1000, FEE * 9 // 12 - 1000), (FEE - 100, 0)])
    async def test_is_less_what_was_given_back(
        self, settled: Citizen, kim: CashOffice, given: int, left: int
    ) -> None:
        path = f"/claims/{settled.claim_id}/refunds"
        await post(kim, path, {"amount_cents": given, "reason": "goodwill"})
        assert (await kim.get(f"{path}/share", **self.PERIOD))["share_cents"] == left

    @pytest.mark.parametrize("days", [{"valid_until": "2026-12-30"}, {"valid_until": "2025-12-31"}])
    async def test_is_refused_of_what_is_no_period(self, settled: Citizen, days: dict[str, str]) -> None:
        answer = await settled.payments.http.get(
            f"/claims/{settled.claim_id}/refunds/share", params=self.PERIOD | days, headers=settled.headers
        )
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:portal:problem:period_impossible")

    async def test_is_no_matter_of_another_citizen(self, settled: Citizen) -> None:
        other = settled.payments.mint.account(new_id(), "payments")
        path = f"/claims/{settled.claim_id}/refunds/share"
        answer = await settled.payments.http.get(path, params=self.PERIOD, headers=other)
        assert answer.status_code == 404


async def withdrawn(payments: Running, citizen: Citizen, limit: int = 10_000) -> None:
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, citizen.claim_id)
    claim.withdraw_claim("withdrawn", now=unit.now)
    async with httpx.AsyncClient(trust_env=False) as http:
        providers = registry.from_settings(payments.runtime.settings, http)
        Refunding(payments.runtime, providers, limit).order_what_is_due(claim, unit)
    await unit.save(claim)
    await unit.commit()


async def ordered(payments: Running, citizen: Citizen) -> tuple[UUID, UUID]:
    """A refund whose process died after it was ordered."""
    unit, refund_id = payments.runtime.unit(), new_id()
    claim = await unit.load(Claim, citizen.claim_id)
    refunds.request(claim, refunds.Wish(refund_id, 1000, "x", "kim", "provider", 9999), now=unit.now)
    refunds.order(claim, refund_id, now=unit.now)
    await unit.save(claim)
    await unit.commit()
    return claim.id, refund_id


@pytest.mark.parametrize("payments", [{"refund_limit_cents": 2000}], indirect=True)
class TestFourEyes:
    BIG = {"amount_cents": FEE, "reason": "goodwill"}  # noqa: RUF012

    async def test_are_needed_above_the_limit(
        self, kim: CashOffice, sam: CashOffice, settled: Citizen
    ) -> None:
        asked = await post(kim, f"/claims/{settled.claim_id}/refunds", self.BIG)
        assert (asked.status_code, asked.json()["state"]) == (201, "requested")
        [waiting] = (await sam.get("/refunds"))["refunds"]
        path = f"/claims/{settled.claim_id}/refunds/{waiting['refund_id']}"
        own = await post(kim, f"{path}/approval")
        assert (own.status_code, own.json()["type"]) == (403, PROBLEM + "second_person_needed")
        agreed = await post(sam, f"{path}/approval")
        assert (agreed.status_code, agreed.json()["state"]) == (201, "approved")
        await refund_in(settled, kim, "settled")
        late = await post(sam, f"{path}/refusal")
        assert (late.status_code, late.json()["type"]) == (409, PROBLEM + "refund_decided")

    async def test_may_decline(self, kim: CashOffice, sam: CashOffice, settled: Citizen) -> None:
        asked = await post(kim, f"/claims/{settled.claim_id}/refunds", self.BIG)
        path = f"/claims/{settled.claim_id}/refunds/{asked.json()['refund_id']}"
        assert (await post(sam, f"{path}/refusal")).json()["state"] == "declined"
        assert (await kim.balances())["revenue:541000"] == -FEE


class TestARefusal:
    @pytest.mark.parametrize(
        ("said", "status", "slug"),
        [
            ({"amount_cents": FEE + 1}, 409, "refund_too_high"),
            ({"amount_cents": 0}, 422, "invalid"),
            ({"amount_cents": None}, 422, "invalid"),
            ({"reason": "an Kim Muster"}, 422, "invalid"),
            ({"task_version": 99}, 404, "money_task_unknown"),
            ({"payment_id": str(UUID(int=7))}, 404, "payment_unknown"),
        ],
    )
    async def test_names_what_is_wrong(
        self, settled: Citizen, kim: CashOffice, said: dict[str, Any], status: int, slug: str
    ) -> None:
        before = await settled.log_length()
        answer = await post(kim, f"/claims/{settled.claim_id}/refunds", {**PART, **said})
        assert (answer.status_code, answer.json()["type"]) == (status, PROBLEM + slug)
        assert await settled.log_length() == before

    @pytest.mark.parametrize("role", ["citizen", "operator"])
    async def test_of_another_role(self, payments: Running, settled: Citizen, role: str) -> None:
        somebody = CashOffice(payments, role)
        answer = await post(somebody, f"/claims/{settled.claim_id}/refunds", PART)
        assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "wrong_role")

    async def test_of_ones_own_money(self, payments: Running, settled: Citizen) -> None:
        own = CashOffice(payments, "treasurer")
        own.headers = payments.mint.account(settled.account_id, "payments", "citizen", "treasurer")
        answer = await post(own, f"/claims/{settled.claim_id}/refunds", PART)
        assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "own_case")


class TestReceipts:
    ENTRY = {"source": "bank", "reference": "2026-11-22/7", "amount_cents": 1000}  # noqa: RUF012

    async def test_count_once_each(self, citizen: Citizen, kim: CashOffice) -> None:
        path = f"/claims/{citizen.claim_id}/receipts"
        first = await post(kim, path, self.ENTRY)
        again = await post(kim, path, self.ENTRY, key="twice")
        assert (first.json()["recorded"], again.json()["recorded"]) == ("part", "duplicate")
        assert (await citizen.claim())["owed_cents"] == FEE - 1000
        rest = {"source": "cash", "reference": "K-1", "amount_cents": FEE - 1000}
        assert (await post(kim, path, rest, key="rest")).json()["state"] == "settled"
        books = await kim.balances()
        assert (books["bank"], books["cash"], books["receivable"]) == (1000, FEE - 1000, 0)
        receipt = await citizen.payments.http.get(
            f"/claims/{citizen.claim_id}/receipt", headers=citizen.headers
        )
        assert receipt.json()["method"] == "cash"

    async def test_can_be_taken_back(self, citizen: Citizen, kim: CashOffice) -> None:
        whole = {**self.ENTRY, "amount_cents": FEE}
        came = (await post(kim, f"/claims/{citizen.claim_id}/receipts", whole)).json()
        path = f"/claims/{citizen.claim_id}/payments/{came['payment_id']}/reversal"
        told = {"code": "MD06", "reference": "R-1", "amount_cents": FEE, "charges_cents": 300}
        answer = await post(kim, path, told)
        assert (answer.json()["recorded"], answer.json()["state"]) == ("reversed", "open")
        books = await kim.balances()
        assert (books["bank"], books["charges"], books["receivable"]) == (-300, 300, FEE)
        foreign = f"/claims/{citizen.claim_id}/payments/{new_id()}/reversal"
        assert (await post(kim, foreign, told)).json()["type"] == PROBLEM + "payment_unknown"
