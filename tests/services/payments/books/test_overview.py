"""The treasurer's sums and lists."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.mandate import Kind, Mandate
from services.payments.domain.money_tasks import Settled
from shared.ids import new_id
from shared.testing import Running
from tests.services.payments.books.office import (
    FEE,
    PROBLEM,
    PROVIDER,
    Office,
    is_taken_back,
    owes,
    paid,
    pays,
)

pytestmark = pytest.mark.integration
ZERO = {
    "open_count": 0, "open_cents": 0, "overdue_cents": 0, "paid_count": 0, "paid_cents": 0,
    "surplus_cents": 0, "refunded_cents": 0, "returned_cents": 0, "fees_cents": 0,
}  # fmt: skip


@pytest.fixture
def office(payments: Running) -> Office:
    return Office(payments)


async def summary(office: Office, by: str, **said: Any) -> dict[str, dict[str, int]]:
    found = await office.get("/treasury/summary", by=by, **said)
    return {row.pop("key"): row for row in found["rows"]}


async def busy(payments: Running) -> dict[str, Claim]:
    """One open and overdue, one paid with a fee, one taken back with charges, one paid and then cancelled."""
    unit = payments.runtime.unit()
    overdue = await owes(payments, 1000, service="market-stall")
    await payments.runtime.pool.execute(
        "UPDATE claim SET pay_by = $1 WHERE claim_id = $2", unit.now.date() - timedelta(days=3), overdue.id
    )
    held = await paid(payments, "a", FEE, fee=47)
    back = await paid(payments, "b", 2000)
    await is_taken_back(payments, back.id, charges=350)
    owed_back = await paid(payments, "c", 500)
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, owed_back.id)
    claim.withdraw_claim("withdrawn", now=unit.now)
    claim.settle_money_task(claim.version, Settled.RETURNED_BY_PROVIDER, 500, "AA-1", now=unit.now)
    await unit.save(claim)
    await unit.commit()
    return {"overdue": overdue, "held": held, "back": back, "owed_back": owed_back}


async def today_of(office: Office) -> date:
    return date.fromisoformat((await office.get("/treasury/summary"))["to"])


async def began(payments: Running, claim: Claim, day: date, pay_by: date | None) -> None:
    """The claim was made at noon of a day gone by."""
    at = datetime.combine(day, time(12), UTC)
    pool = payments.runtime.pool
    await pool.execute(
        "UPDATE claim SET requested_at = $1, pay_by = $2 WHERE claim_id = $3", at, pay_by, claim.id
    )
    await pool.execute(
        "UPDATE ledger_line SET booked_at = $1 WHERE claim_id = $2 AND version = 1", at, claim.id
    )


class TestSummary:
    async def test_adds_up_by_each_key(self, payments: Running, office: Office) -> None:
        await busy(payments)
        moved = {
            "paid_count": 3, "paid_cents": FEE + 2500, "refunded_cents": 500, "returned_cents": 2000,
            "fees_cents": 47 + 350,
        }  # fmt: skip
        parking = {**ZERO, **moved, "open_count": 1, "open_cents": 2000}
        stall = {**ZERO, "open_count": 1, "open_cents": 1000, "overdue_cents": 1000}
        both = {**parking, "open_count": 2, "open_cents": 3000, "overdue_cents": 1000}
        owed = {name: both[name] for name in ("open_count", "open_cents", "overdue_cents")}
        assert await summary(office, "service") == {"resident-parking-permit": parking, "market-stall": stall}
        assert await summary(office, "cost_object") == {"541000": both}
        assert await summary(office, "provider") == {"": {**ZERO, **owed}, PROVIDER: {**ZERO, **moved}}
        by_method = await summary(office, "method")
        assert by_method["card"]["returned_cents"] == 2000
        assert by_method["card"]["fees_cents"] == 397
        assert {name: sum(row[name] for row in by_method.values()) for name in ZERO} == both
        today = (await office.get("/treasury/summary"))["to"]
        assert await summary(office, "day") == {today: both}

    async def test_has_what_is_open_from_before_the_period(self, payments: Running, office: Office) -> None:
        claim, today = await owes(payments, 1000), await today_of(office)
        await began(payments, claim, today - timedelta(days=60), pay_by=today - timedelta(days=30))
        for by in ("service", "cost_object", "method", "provider", "day"):
            [row] = (await summary(office, by, **{"from": str(today)})).values()
            assert (row["open_count"], row["open_cents"], row["overdue_cents"]) == (1, 1000, 1000)

    async def test_has_what_was_open_on_a_day_gone_by(self, payments: Running, office: Office) -> None:
        claim, today = await owes(payments, 1000), await today_of(office)
        await began(payments, claim, today - timedelta(days=60), pay_by=today - timedelta(days=1))
        await pays(payments, claim.id, "a")
        later = await owes(payments, 500)
        await began(payments, later, today, pay_by=None)
        for days, overdue in ((1, 1000), (2, 0)):
            [row] = (await summary(office, "service", to=str(today - timedelta(days=days)))).values()
            assert (row["open_count"], row["open_cents"], row["overdue_cents"]) == (1, 1000, overdue)
            assert row["paid_count"] == 0
        [row] = (await summary(office, "service")).values()
        assert (row["open_count"], row["open_cents"], row["paid_cents"]) == (1, 500, 1000)
        before = str(today - timedelta(days=61))
        assert await summary(office, "service", **{"from": before, "to": before}) == {}

    async def test_is_the_ledger(self, payments: Running, office: Office) -> None:
        await busy(payments)
        books = await office.get("/ledger/trial-balance")
        held = {row["account"]: row["cents"] for row in books["accounts"]}
        row = (await summary(office, "provider"))[PROVIDER]
        came = row["paid_cents"] + row["surplus_cents"]
        went = row["refunded_cents"] + row["returned_cents"] + row["fees_cents"]
        assert came - went == held[f"provider:{PROVIDER}"]
        assert (
            sum(row["open_cents"] for row in (await summary(office, "service")).values())
            == held["receivable"]
        )

    async def test_adds_no_currency_to_another(self, payments: Running, office: Office) -> None:
        await busy(payments)
        assert await summary(office, "service", currency="CHF") == {}

    async def test_is_of_the_days_asked_for(self, payments: Running, office: Office) -> None:
        await busy(payments)
        assert await summary(office, "service", **{"from": "2020-01-01", "to": "2020-12-31"}) == {}

    @pytest.mark.parametrize(
        "days", [("2026-02-01", "2026-01-01"), ("1999-01-01", "2000-01-01"), ("2000-01-01", "2020-01-01")]
    )
    async def test_of_no_period_is_refused(self, office: Office, days: tuple[str, str]) -> None:
        answer = await office.http.get(
            "/treasury/summary", headers=office.headers, params={"from": days[0], "to": days[1]}
        )
        assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "period_impossible")


class TestLists:
    async def test_of_open_items_come_in_pages(self, payments: Running, office: Office) -> None:
        claims = [str((await owes(payments, 100 + n)).id) for n in range(3)]
        seen: list[tuple[str, int]] = []
        after: dict[str, str] = {}
        for left in (2, 1, 0):
            page = await office.get("/treasury/open-items", limit=1, **after)
            seen += [(item["claim_id"], item["owed_cents"]) for item in page["open_items"]]
            assert (page["next"] is None) == (left == 0)
            after = {"after": page["next"]}
        assert seen == [(claim, 100 + n) for n, claim in enumerate(claims)]

    async def test_of_open_items_know_service_and_what_is_overdue(
        self, payments: Running, office: Office
    ) -> None:
        claims = await busy(payments)
        (late,) = (await office.get("/treasury/open-items", overdue=True))["open_items"]
        assert (late["claim_id"], late["overdue"]) == (str(claims["overdue"].id), True)
        (stall,) = (await office.get("/treasury/open-items", service="market-stall"))["open_items"]
        assert stall == late

    async def test_of_payments_and_returns_are_the_newest_first(
        self, payments: Running, office: Office
    ) -> None:
        claims = await busy(payments)
        first = await office.get("/treasury/payments", limit=2)
        rest = await office.get("/treasury/payments", limit=2, after=first["next"])
        assert [one["reference"] for one in first["payments"] + rest["payments"]] == ["c", "b", "a"]
        assert rest["next"] is None
        assert (await office.get("/treasury/payments", provider="paypal"))["payments"] == []
        (back,) = (await office.get("/treasury/returns"))["returns"]
        assert (back["claim_id"], back["amount_cents"], back["charges_cents"], back["method"]) == (
            str(claims["back"].id), 2000, 350, "card",
        )  # fmt: skip

    async def test_of_mandates_show_neither_account_nor_holder(
        self, payments: Running, office: Office
    ) -> None:
        unit = payments.runtime.unit()
        mandate = Mandate.propose(
            id=new_id(), now=unit.now, account_id=new_id(), reference="M-1", kind=Kind.RECURRING,
            iban="DE89370400440532013000", holder="Ada Lovelace",
        )  # fmt: skip
        mandate.activate(date(2026, 11, 26), "online", now=unit.now)
        await unit.save(mandate, subject=new_id())
        await unit.commit()
        (told,) = (await office.get("/treasury/mandates", state="active"))["mandates"]
        assert told["mandate_id"] == str(mandate.id)
        assert not {"iban", "holder"} & told.keys()
        assert (await office.get("/treasury/mandates", state="lapsed"))["mandates"] == []

    async def test_of_refunds(self, payments: Running, office: Office) -> None:
        claim = await paid(payments, "a")
        answer = await office.http.post(
            f"/claims/{claim.id}/refunds", json={"amount_cents": 60, "reason": "goodwill"},
            headers={**office.headers, "Idempotency-Key": "r"},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        (told,) = (await office.get("/treasury/refunds"))["refunds"]
        assert (told["claim_id"], told["amount_cents"]) == (str(claim.id), 60)

    @pytest.mark.parametrize("path", ["summary", "open-items", "payments", "returns", "refunds", "mandates"])
    async def test_are_the_treasurers(self, office: Office, path: str) -> None:
        office.headers = office.payments.mint.account(new_id(), "payments", "clerk")
        answer = await office.http.get(f"/treasury/{path}", headers=office.headers)
        assert (answer.status_code, answer.json()["type"]) == (403, PROBLEM + "wrong_role")

    async def test_refuse_a_row_that_is_none(self, office: Office) -> None:
        for after in ("x", "-" * 36 + ":1"):
            answer = await office.http.get(
                "/treasury/payments", headers=office.headers, params={"after": after}
            )
            assert answer.status_code == 422
