"""A fee that the provider's word and its statement tell, in either order: it is booked once."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.payments.attempts import Attempts
from services.payments.books.reconciling import Reconciling
from services.payments.books.statement_rows import read_rows
from services.payments.books.told_fees import without_stated_fee
from services.payments.domain.claim import Claim
from services.payments.domain.money import Recorded, Word
from services.payments.providers.port import Outcome, State
from shared.ids import new_id
from shared.log import ReservationTaken
from shared.testing import Running
from tests.services.payments.books.office import (
    FEE,
    PROVIDER,
    Office,
    comes_again,
    is_taken_back,
    owes,
    saved,
)
from tests.services.payments.books.test_reconciling import metric, statement, today_of, told

pytestmark = pytest.mark.integration
KEPT = 47
HELD = (f"fees:{PROVIDER}", f"provider:{PROVIDER}")


@pytest.fixture
def office(payments: Running) -> Office:
    return Office(payments)


async def tries(payments: Running, claim_id: UUID, times: int = 1) -> list[UUID]:
    """Attempts by card that nobody has decided."""
    unit = payments.runtime.unit()
    claim = await unit.load(Claim, claim_id)
    found = [new_id() for _ in range(times)]
    for attempt in found:
        claim.open_attempt(attempt, "card", "http://portal.test/", now=unit.now)
    await saved(unit, claim)
    return found


async def says(
    payments: Running, claim_id: UUID, attempt: UUID, reference: str, backend: str = ""
) -> Recorded:
    """The provider's word that an attempt succeeded, with its fee."""
    outcome = Outcome(
        State.SUCCEEDED, "4000", reference, attempt.hex, FEE, "EUR", backend or None, fee_cents=KEPT
    )
    nobody: Any = None
    provider: Any = SimpleNamespace(name=PROVIDER)
    attempts = Attempts(payments.runtime, nobody, nobody, {})
    return await attempts.take(claim_id, attempt, outcome, provider)


async def held(office: Office) -> tuple[int, int]:
    """Fees, and what the provider holds."""
    books = await office.get("/ledger/trial-balance")
    assert books["sum_cents"] == 0
    found = {row["account"]: row["cents"] for row in books["accounts"]}
    return found.get(HELD[0], 0), found.get(HELD[1], 0)


async def is_even(office: Office) -> None:
    days = (await office.get("/reconciliation", provider=PROVIDER))["days"]
    assert [day["difference_cents"] for day in days] == [0] * len(days)
    assert not any(day[side] for day in days for side in ("unknown_here", "unknown_there", "differing"))


class TestAFee:
    async def test_of_a_payment_that_came_twice_is_booked_once_each(
        self, payments: Running, office: Office
    ) -> None:
        claim = await owes(payments)
        first, second = await tries(payments, claim.id, 2)
        assert await says(payments, claim.id, first, "a") is Recorded.SETTLED
        assert await says(payments, claim.id, second, "b") is Recorded.SURPLUS
        today = await today_of(office)
        rows = (("payment", "a", FEE, KEPT), ("payment", "b", FEE, KEPT))
        assert (await told(office, statement(today, *rows)))["fees_cents"] == 0
        assert await held(office) == (2 * KEPT, 2 * FEE - 2 * KEPT)
        await is_even(office)

    @pytest.mark.parametrize("named", ["reference", "backend"])
    async def test_that_the_statement_told_first_is_not_booked_by_a_late_word(
        self, payments: Running, office: Office, named: str
    ) -> None:
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        today = await today_of(office)
        await told(office, statement(today, ("payment", named, FEE, KEPT)))
        assert await held(office) == (KEPT, -KEPT)
        await says(payments, claim.id, attempt, "reference", "backend")
        assert await held(office) == (KEPT, FEE - KEPT)
        await is_even(office)

    async def test_is_the_statements_where_the_word_told_another(
        self, payments: Running, office: Office
    ) -> None:
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        await says(payments, claim.id, attempt, "a", "backend")
        today = await today_of(office)
        taken = await told(office, statement(today, ("payment", "backend", FEE, KEPT - 7)))
        assert (taken["fees_cents"], await held(office)) == (-7, (KEPT - 7, FEE - KEPT + 7))
        await is_even(office)

    async def test_of_a_reversal_is_not_booked_beside_its_charges(
        self, payments: Running, office: Office
    ) -> None:
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        await says(payments, claim.id, attempt, "a")
        await is_taken_back(payments, claim.id, charges=350)
        today = await today_of(office)
        back = ("reversal", f"back-{attempt}", -FEE, 350)
        assert (await told(office, statement(today, ("payment", "a", FEE, KEPT), back)))["fees_cents"] == 0
        assert await held(office) == (KEPT, -KEPT - 350)
        await is_even(office)

    @pytest.mark.parametrize("named", ["a", "backend"])
    async def test_is_not_that_of_money_that_came_again(
        self, payments: Running, office: Office, named: str
    ) -> None:
        """A dispute was won: the same payment, told under a name of its own and without a fee."""
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        await says(payments, claim.id, attempt, "a", "backend")
        await is_taken_back(payments, claim.id)
        await comes_again(payments, claim.id, "dispute")
        today = await today_of(office)
        rows = (("payment", named, FEE, KEPT), ("reversal", f"back-{attempt}", -FEE, 0))
        again = ("payment", "dispute", FEE, 0)
        assert (await told(office, statement(today, again, *rows)))["fees_cents"] == 0
        assert await held(office) == (KEPT, FEE - KEPT)
        await is_even(office)

    @pytest.mark.parametrize("first", ["statement", "word"])
    async def test_is_booked_once_where_both_come_at_once(
        self, payments: Running, office: Office, first: str
    ) -> None:
        """Both are decided before either is committed: the second one is refused, and decides anew."""
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        today, rows = await today_of(office), [("payment", "a", FEE, KEPT)]
        pool, word_unit, unit = payments.runtime.pool, payments.runtime.unit(), payments.runtime.unit()
        told_word = Word("succeeded", "4000", PROVIDER, "a", FEE, "EUR", fee_cents=KEPT)
        known = await word_unit.load(Claim, claim.id)
        word = await without_stated_fee(pool, word_unit, told_word, claim.id, hold=True)
        known.record_word(attempt, word, now=word_unit.now)
        await word_unit.save(known)
        content = statement(today, *rows)
        currency, read = read_rows(content)
        await Reconciling(pool, ZoneInfo("Europe/Berlin")).take(PROVIDER, currency, read, content, unit)
        winner, loser = (unit, word_unit) if first == "statement" else (word_unit, unit)
        await winner.commit()
        with pytest.raises(ReservationTaken):
            await loser.commit()
        if first == "statement":
            await says(payments, claim.id, attempt, "a")
        else:
            await told(office, content)
        assert await held(office) == (KEPT, FEE - KEPT)
        await is_even(office)


class TestADifferenceInFees:
    async def test_is_seen_on_its_day(self, payments: Running, office: Office) -> None:
        """What a word of an earlier release had booked beside the statement's."""
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        await says(payments, claim.id, attempt, "a")
        today = await today_of(office)
        await told(office, statement(today, ("payment", "a", FEE, KEPT)))
        await payments.runtime.pool.execute("UPDATE provider_row SET booked_cents = $1", KEPT)
        [day] = (await office.get("/reconciliation", provider=PROVIDER))["days"]
        assert day["difference_cents"] == KEPT
        [one] = day["differing"]
        assert (one["kind"], one["reference"], one["claim_id"]) == ("fee_of_payment", "a", str(claim.id))
        assert (one["ours_cents"], one["theirs_cents"]) == (-2 * KEPT, -KEPT)
        await office.get("/reconciliation")

    async def test_is_one_where_nobody_stated_the_payment(self, payments: Running, office: Office) -> None:
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        await says(payments, claim.id, attempt, "a")
        today = await today_of(office)
        await told(office, statement(today, ("payment", "other", 100, 0)))
        [day] = (await office.get("/reconciliation", provider=PROVIDER))["days"]
        assert {(one["kind"], one["amount_cents"]) for one in day["unknown_there"]} == {
            ("payment", FEE), ("fee_of_payment", -KEPT),
        }  # fmt: skip
        assert metric() == f"{abs(100 - FEE + KEPT)}.0"

    async def test_is_none_where_an_old_statement_kept_the_sum_alone(
        self, payments: Running, office: Office
    ) -> None:
        claim = await owes(payments)
        [attempt] = await tries(payments, claim.id)
        await says(payments, claim.id, attempt, "a")
        today = await today_of(office)
        rows = (("payment", "a", FEE, KEPT), ("fee", "month", 0, 500))
        await told(office, statement(today, *rows))
        await payments.runtime.pool.execute("UPDATE provider_row SET booked_cents = NULL")
        await is_even(office)
        yesterday = today - timedelta(days=1)
        assert (await office.get("/reconciliation", to=str(yesterday)))["days"] == []
