"""A claim of which less is owed, as the citizen, the cash office and the bookings for it see it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.testing import Running
from tests.services.payments.books.office import Office
from tests.services.payments.paying import FEE, Citizen
from tests.services.payments.test_money_tasks import CashOffice
from tests.services.payments.test_policies import HALF, happens, revoked
from tests.services.payments.test_refunding import post

pytestmark = pytest.mark.integration
LEFT = FEE // 2
CHARGES = 300


@pytest.fixture
def kim(payments: Running) -> CashOffice:
    return CashOffice(payments, "treasurer")


@pytest.fixture
async def owing(citizen: Citizen, kim: CashOffice) -> Citizen:
    """A citizen whose bank took the money back."""
    came = (await receives(kim, citizen, FEE, "E-1")).json()
    told = {"code": "MD06", "reference": "R-1", "amount_cents": FEE, "charges_cents": CHARGES}
    path = f"/claims/{citizen.claim_id}/payments/{came['payment_id']}/reversal"
    assert (await post(kim, path, told, "back")).json()["state"] == "open"
    return citizen


async def receives(kim: CashOffice, citizen: Citizen, cents: int, reference: str) -> Any:
    said = {"source": "bank", "reference": reference, "amount_cents": cents}
    return await post(kim, f"/claims/{citizen.claim_id}/receipts", said, reference)


async def gives_up(citizen: Citizen) -> None:
    told = revoked(citizen.case_id, "none") | {"pro_rata": HALF}
    now = datetime.now(UTC)
    await happens(citizen.payments, "approval_revoked", now, 10_000, **told)


async def share_of(citizen: Citizen) -> tuple[int, int]:
    path = f"/claims/{citizen.claim_id}/refunds/share"
    answer = await citizen.payments.http.get(path, params=HALF, headers=citizen.headers)
    return answer.json()["reduced_cents"], answer.json()["share_cents"]


class TestThePayer:
    async def test_is_told_beforehand_what_need_not_be_paid(self, owing: Citizen, kim: CashOffice) -> None:
        assert await share_of(owing) == (LEFT, 0)
        await receives(kim, owing, 2500, "E-2")
        assert await share_of(owing) == (560, 970)
        assert (await owing.claim())["owed_cents"] == 560, "nothing was asked for"

    async def test_owes_less(self, owing: Citizen) -> None:
        await gives_up(owing)
        claim = await owing.claim()
        told = {name: claim[name] for name in ("state", "amount_cents", "reduced_cents", "owed_cents")}
        assert told == {"state": "open", "amount_cents": FEE, "reduced_cents": LEFT, "owed_cents": LEFT}
        assert await share_of(owing) == (0, 0)

    async def test_is_given_a_receipt_over_what_was_claimed_in_the_end(
        self, owing: Citizen, kim: CashOffice
    ) -> None:
        await gives_up(owing)
        await receives(kim, owing, LEFT, "E-2")
        path = f"/claims/{owing.claim_id}/receipt"
        receipt = (await owing.payments.http.get(path, headers=owing.headers)).json()
        assert (receipt["amount_cents"], receipt["owed_cents"]) == (LEFT, 0)
        assert [one["amount_cents"] for one in receipt["payments"]] == [LEFT]

    async def test_who_had_paid_more_has_the_rest_of_the_share_back(
        self, owing: Citizen, kim: CashOffice
    ) -> None:
        await receives(kim, owing, 2500, "E-2")
        await gives_up(owing)
        path = f"/claims/{owing.claim_id}/receipt"
        receipt = (await owing.payments.http.get(path, headers=owing.headers)).json()
        assert (receipt["amount_cents"], receipt["pending_cents"]) == (2500, 970)
        assert (await owing.claim())["state"] == "settled"


class TestTheCashOffice:
    async def test_reads_it_in_the_money_of_the_claim(self, owing: Citizen, kim: CashOffice) -> None:
        await gives_up(owing)
        [*_, last] = (await kim.get(f"/claims/{owing.claim_id}/money"))["events"]
        assert (last["event"], last["says"]["reason"]) == ("payments.claim_reduced", "given_up_early")
        assert last["says"]["owed_cents"] == LEFT
        lines = {line["account"]: line["cents"] for line in last["lines"]}
        assert lines == {"revenue:541000": LEFT, "receivable": -LEFT}
        books = await kim.balances()
        assert (books["receivable"], books["revenue:541000"], books["charges"]) == (LEFT, -LEFT, CHARGES)

    async def test_has_it_in_one_batch_as_a_negative_booking(self, owing: Citizen) -> None:
        office = Office(owing.payments)
        assert await office.closes()
        await gives_up(owing)
        await gives_up(owing)  # heard twice
        batch = await office.closes()
        assert batch is not None
        assert (batch["entries"], batch["lines"]) == (1, 2)
        assert batch["sums"] == [{"currency": "EUR", "debit_cents": -LEFT, "credit_cents": -LEFT}]
        lines = [(line[10], line[9], line[7]) for line in await office.lines(2)]
        assert lines == [("revenue:541000", "H", "-15,30"), ("receivable", "S", "-15,30")]
        assert await office.closes() is None

    async def test_sees_the_old_sum_that_comes_late_as_overpaid(
        self, owing: Citizen, kim: CashOffice
    ) -> None:
        await gives_up(owing)
        assert (await receives(kim, owing, FEE, "E-2")).json()["recorded"] == "settled"
        [task] = (await kim.get("/money-tasks"))["tasks"]
        assert (task["kind"], task["amount_cents"]) == ("overpaid", FEE - LEFT)


class TestADebtor:
    async def test_is_told_to_identity_alone(self, owing: Citizen, kim: CashOffice) -> None:
        path, payments = f"/accounts/{owing.account_id}/debts", owing.payments
        await gives_up(owing)
        identity = payments.mint.service("identity", "payments")
        told = await payments.http.get(path, headers=identity)
        assert told.json() == {"cases": [str(owing.case_id)]}
        for caller in (owing.headers, kim.headers, payments.mint.service("documents", "payments")):
            assert (await payments.http.get(path, headers=caller)).status_code == 403
        await receives(kim, owing, LEFT, "E-2")
        assert (await payments.http.get(path, headers=identity)).json() == {"cases": []}
