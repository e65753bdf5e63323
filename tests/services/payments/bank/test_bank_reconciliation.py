"""The city's account in the ledger beside the bank's statements."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from services.payments.books.reconciling import Reconciling
from services.payments.domain.claim import Claim
from services.payments.domain.money import Receipt
from services.payments.domain.reconciliation import Day
from tests.services.payments.bank.town import CITY, FEE, Town
from tests.services.payments.sepa.messages import Line, Tx, camt, credit, returned

pytestmark = pytest.mark.integration
YEAR = (date(2026, 1, 1), date(2027, 12, 31))


async def days(town: Town) -> list[Day]:
    found = await Reconciling(town.payments.runtime.pool, ZoneInfo("Europe/Berlin")).days(*YEAR)
    assert {name for name, _ in found} <= {"bank"}
    return [day for _, day in found]


async def busy(town: Town) -> Claim:
    """A debit that comes back with charges, transfers with and without a claim, one with too much."""
    (debit,) = await town.filed()
    exact, generous = await town.owed(), await town.owed()
    lines = [
        Line(debit.amount_cents, [Tx(debit.amount_cents, end_to_end=debit.reference)], "R1"),
        credit(FEE, exact.kassenzeichen, reference="R2"), credit(777, "Danke", reference="R3"),
        credit(FEE + 5, generous.kassenzeichen, reference="R4"),
        returned(debit.amount_cents, debit.reference, "MS03", charges=350),
    ]  # fmt: skip
    await town.takes("a.xml", camt(lines, account=CITY.iban))
    return exact


class TestBank:
    async def test_and_books_are_the_same(self, town: Town) -> None:
        await busy(town)
        found = await days(town)
        assert found
        assert all(day.told and day.difference_cents == 0 for day in found)
        assert not any(day.unknown_here or day.unknown_there or day.differing for day in found)
        assert sum(day.ours_cents for day in found) == (await town.balances())["bank"]

    @pytest.mark.parametrize("first", ["053", "054"])
    async def test_are_the_same_where_two_files_told_a_debit(self, town: Town, first: str) -> None:
        (debit,) = await town.filed()
        bare = Line(FEE, (), "B1", count=1, group="SDD20261208-1", code="PMNT/IDDT/ESDD")
        told = Line(FEE, [Tx(FEE, debit.reference)], code="PMNT/IDDT/ESDD")
        files = [camt([bare], account=CITY.iban), camt([told], kind="054", account=CITY.iban)]
        for n, file in enumerate(files if first == "053" else reversed(files)):
            await town.takes(f"{n}.xml", file)
        found = await days(town)
        assert [day.difference_cents for day in found] == [0] * len(found)
        assert sum(day.theirs_cents for day in found) == FEE

    async def test_leave_out_money_of_another_currency_that_waits_for_a_person(self, town: Town) -> None:
        claim = await busy(town)
        dollars = Line(
            2000, [Tx(2000, text=claim.kassenzeichen)], "R8", currency="USD"
        )  # fmt: skip
        await town.takes("b.xml", camt([dollars], sequence=2, identifier="2", account=CITY.iban))
        found = await town.rows("SELECT outcome, currency, cents FROM bank_item WHERE currency <> 'EUR'")
        assert found == [{"outcome": "allocated", "currency": "USD", "cents": 2000}]
        task = list((await town.claim(claim.id)).money_tasks.values())[-1]
        assert (task.amount_cents, task.currency) == (2000, "USD")
        rows = await town.rows(
            "SELECT account, sum(cents)::bigint AS cents FROM ledger_line WHERE currency = 'USD' GROUP BY 1"
        )
        assert {row["account"]: row["cents"] for row in rows} == {"bank": 2000, "surplus": -2000}
        compared = await days(town)
        assert all(day.difference_cents == 0 for day in compared)
        assert not any(day.unknown_here or day.unknown_there for day in compared)

    async def test_differ_by_a_cent_that_the_bank_does_not_know(self, town: Town) -> None:
        claim = await busy(town)
        unit = town.unit()
        loaded = await unit.load(Claim, claim.id)
        loaded.record_receipt(Receipt("bank", "bank_transfer", "by-hand-1", 1, "EUR"), now=unit.now)
        await unit.save(loaded)
        await unit.commit()
        found = await days(town)
        assert sum(day.theirs_cents - day.ours_cents for day in found) == -1
        (lost,) = [one for day in found for one in day.unknown_there]
        assert (lost.reference, lost.cents) == ("by-hand-1", 1)
