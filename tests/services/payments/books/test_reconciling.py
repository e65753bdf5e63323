"""Our books beside a provider's statements, over HTTP."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.payments.books.reconciling import Reconciling
from services.payments.domain.claim import Claim
from services.payments.domain.money import Reversal
from services.payments.domain.money_tasks import Settled
from shared.ids import new_id
from shared.observe.metrics import exposition
from shared.testing import Running
from tests.services.payments.books.office import FEE, PROBLEM, PROVIDER, Office, is_taken_back, paid

pytestmark = pytest.mark.integration
HEAD = "date;kind;reference;amount;fee;currency\n"


@pytest.fixture
def office(payments: Running) -> Office:
    return Office(payments)


def euro(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02}"


def statement(today: date, *rows: tuple[str, str, int, int]) -> bytes:
    lines = [f"{today};{kind};{name};{euro(cents)};{euro(fee)};EUR\n" for kind, name, cents, fee in rows]
    return (HEAD + "".join(lines)).encode()


async def today_of(office: Office) -> date:
    return date.fromisoformat((await office.get("/treasury/summary"))["to"])


async def told(office: Office, content: bytes, provider: str = PROVIDER) -> dict[str, Any]:
    answer = await office.post(f"/statements/{provider}", content=content)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def metric() -> str:
    name = f'portal_reconciliation_difference_cents{{provider="{PROVIDER}"}} '
    (line,) = [line for line in exposition().decode().splitlines() if line.startswith(name)]
    return line.removeprefix(name)


class TestReconciliation:
    async def test_finds_a_cent(self, payments: Running, office: Office) -> None:
        claim, other = await paid(payments, "a"), await paid(payments, "b")
        await is_taken_back(payments, other.id, charges=350)
        (payment_id,) = (await payments.runtime.unit().load(type(other), other.id)).payments
        today = await today_of(office)
        back = ("reversal", f"back-{payment_id}", -FEE, 0)
        await told(office, statement(today, ("payment", "a", FEE + 1, 0), ("payment", "b", FEE, 0), back))
        (day,) = (await office.get("/reconciliation"))["days"]
        assert (day["provider"], day["told"], day["difference_cents"]) == (PROVIDER, True, 1)
        assert (day["ours_cents"], day["theirs_cents"]) == (FEE, FEE + 1)
        assert day["differing"] == [
            {
                "reference": "a", "kind": "payment", "claim_id": str(claim.id),
                "kassenzeichen": "47112600000122", "ours_cents": FEE, "theirs_cents": FEE + 1,
            }
        ]  # fmt: skip
        assert (day["unknown_here"], day["unknown_there"]) == ([], [])
        assert metric() == "1.0"

    async def test_knows_what_was_found_out_a_month_later(self, payments: Running, office: Office) -> None:
        """The provider left it undecided: the day is the provider's, asked for by itself."""
        await paid(payments, "a")
        day = await today_of(office) - timedelta(days=40)
        await told(office, statement(day, ("payment", "a", FEE, 0)))
        (found,) = (await office.get("/reconciliation", **{"from": str(day), "to": str(day)}))["days"]
        assert (found["difference_cents"], found["unknown_here"]) == (0, [])

    async def test_knows_what_a_person_gave_back_at_the_provider(
        self, payments: Running, office: Office
    ) -> None:
        """With a voucher; the provider's own name comes with its word, the day with its statement."""
        claim = await paid(payments, "a")
        unit = payments.runtime.unit()
        claim = await unit.load(Claim, claim.id)
        claim.withdraw_claim("withdrawn", now=unit.now)
        (task,), (payment_id,) = claim.money_tasks.values(), claim.payments
        claim.settle_money_task(task.version, Settled.RETURNED_BY_PROVIDER, FEE, "AA-1", now=unit.now)
        claim.record_refund_elsewhere(payment_id, Reversal("REFUND", "R9", FEE), now=unit.now)
        await unit.save(claim)
        await unit.commit()
        yesterday = await today_of(office) - timedelta(days=1)
        await told(office, statement(yesterday, ("payment", "a", FEE, 0), ("refund", "R9", -FEE, 0)))
        since = {"from": str(yesterday), "to": str(yesterday + timedelta(days=1))}
        for day in (await office.get("/reconciliation", **since))["days"]:
            assert (day["difference_cents"], day["unknown_here"], day["unknown_there"]) == (0, [], [])

    async def test_lists_what_one_side_does_not_know(self, payments: Running, office: Office) -> None:
        claim = await paid(payments, "ours")
        today = await today_of(office)
        await told(office, statement(today, ("payment", "theirs", 100, 0)))
        (day,) = (await office.get("/reconciliation", provider=PROVIDER))["days"]
        assert day["difference_cents"] == 100 - FEE
        assert day["unknown_here"] == [{"reference": "theirs", "kind": "payment", "amount_cents": 100}]
        (lost,) = day["unknown_there"]
        assert (lost["claim_id"], lost["reference"], lost["amount_cents"]) == (str(claim.id), "ours", FEE)
        assert (await office.get("/reconciliation", provider="bank"))["days"] == []

    async def test_waits_for_what_is_not_told_yet(self, payments: Running, office: Office) -> None:
        await paid(payments, "a")
        today = await today_of(office)
        yesterday = today - timedelta(days=1)
        await told(office, statement(yesterday, ("fee", "month", 0, 500)))
        before, day = (await office.get("/reconciliation"))["days"]
        assert (before["day"], before["ours_cents"], before["difference_cents"]) == (str(yesterday), -500, 0)
        assert (day["day"], day["told"], day["difference_cents"]) == (str(today), False, None)
        assert metric() == "0.0"

    async def test_is_seen_by_the_clock_too(self, payments: Running, office: Office) -> None:
        today = await today_of(office)
        await told(office, statement(today, ("payment", "a", FEE, 0)))
        assert metric() == f"{FEE}.0"
        await paid(payments, "a")
        await Reconciling(payments.runtime.pool, ZoneInfo("Europe/Berlin")).measure(today)
        assert metric() == "0.0"


class TestStatement:
    async def test_books_fees_that_are_not_booked_yet(self, payments: Running, office: Office) -> None:
        await paid(payments, "a", fee=47)
        await paid(payments, "b")
        today = await today_of(office)
        content = statement(today, ("payment", "a", FEE, 47), ("payment", "b", FEE, 50), ("fee", "m", 0, 500))
        taken = await told(office, content)
        assert taken == {"rows": 3, "new": 3, "known": 0, "fees_cents": 550, "told_until": str(today)}
        books = await office.get("/ledger/trial-balance")
        held = {row["account"]: row["cents"] for row in books["accounts"]}
        assert books["sum_cents"] == 0
        assert (held[f"fees:{PROVIDER}"], held[f"provider:{PROVIDER}"]) == (597, 2 * FEE - 597)
        assert await office.closes()
        assert "Entgelte laut Abrechnung" in (await office.file(1)).decode("cp1252")

    async def test_told_again_books_nothing(self, payments: Running, office: Office) -> None:
        today = await today_of(office)
        first = statement(today, ("payment", "a", FEE, 47))
        await told(office, first)
        before = await payments.runtime.pool.fetchval("SELECT count(*) FROM event")
        again = await told(office, first)
        assert (again["new"], again["known"], again["fees_cents"]) == (0, 1, 0)
        assert await payments.runtime.pool.fetchval("SELECT count(*) FROM event") == before
        more = await told(office, statement(today, ("payment", "a", FEE, 47), ("payment", "b", FEE, 3)))
        assert (more["new"], more["known"], more["fees_cents"]) == (1, 1, 3)

    async def test_that_contradicts_is_refused_whole(self, payments: Running, office: Office) -> None:
        today = await today_of(office)
        await told(office, statement(today, ("payment", "a", FEE, 47)))
        rows = (("payment", "new", 5, 0), ("payment", "a", FEE + 1, 47))
        answer = await office.post(f"/statements/{PROVIDER}", content=statement(today, *rows))
        assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "statement_contradicts")
        assert await payments.runtime.pool.fetchval("SELECT count(*) FROM provider_row") == 1

    async def test_that_is_none_is_refused_with_its_line(self, payments: Running, office: Office) -> None:
        answer = await office.post(f"/statements/{PROVIDER}", content=(HEAD + "gestern;;;;;").encode())
        assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "statement_unreadable")
        assert answer.json()["line"] == 2
        assert await payments.runtime.pool.fetchval("SELECT count(*) FROM event") == 0

    async def test_of_nobody_is_refused(self, office: Office) -> None:
        answer = await office.post("/statements/nobody", content=HEAD.encode())
        assert (answer.status_code, answer.json()["type"]) == (404, PROBLEM + "provider_unknown")

    async def test_is_the_treasurers(self, office: Office) -> None:
        office.headers = office.payments.mint.account(new_id(), "payments", "clerk")
        answer = await office.post(f"/statements/{PROVIDER}", content=HEAD.encode())
        assert answer.status_code == 403
        assert (await office.http.get("/reconciliation", headers=office.headers)).status_code == 403
