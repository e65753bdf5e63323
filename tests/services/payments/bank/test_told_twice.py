"""A debit's money told by two entries: booked once, and never taken for a transfer."""

from typing import Any

import pytest

from shared.observe.metrics import REGISTRY
from tests.services.payments.bank.test_booking import batch, say
from tests.services.payments.bank.town import FEE, Town
from tests.services.payments.sepa.messages import Line, Tx, credit, returned

pytestmark = pytest.mark.integration
SUM = 2 * FEE + 1
SECOND: dict[str, Any] = {"name": "b.xml", "sequence": 2, "identifier": "2"}


def details(*debits: Any, day: str = "2026-11-26") -> Line:
    """The sum with its debits, and no reference of the bank's: another key than the bare sum has."""
    inner = [Tx(debit.amount_cents, debit.reference) for debit in debits]
    return Line(sum(one.cents for one in inner), inner, day=day, code="PMNT/IDDT/ESDD", count=len(inner))


async def outcomes(town: Town) -> list[tuple[int, str]]:
    return sorted((item["cents"], item["outcome"]) for item in await town.items())


def alarms() -> float:
    return REGISTRY.get_sample_value("portal_bank_alarms_total", {"kind": "debit_told_twice"}) or 0.0


async def nobody_paid_twice(town: Town, *debits: Any) -> None:
    for debit in debits:
        claim = await town.claim(debit.claim_id)
        assert list(claim.payments) == [debit.id]
        assert claim.money_tasks == {}


class TestTheCredit:
    async def test_told_by_a_notification_behind_the_statement_is_known(self, town: Town) -> None:
        debits = await town.filed(2)
        before = alarms()
        await say(town, batch(town, SUM, 2))
        await say(town, details(*debits), name="b.xml", kind="054")
        await nobody_paid_twice(town, *debits)
        assert await outcomes(town) == [(FEE, "known"), (FEE + 1, "known"), (SUM, "debit")]
        assert await town.balances() == {"bank": SUM, "revenue:541000": -SUM}
        assert alarms() == before

    async def test_told_by_the_statement_behind_a_notification_is_known(self, town: Town) -> None:
        debits = await town.filed(2)
        await say(town, details(*debits), kind="054")
        await say(town, batch(town, SUM, 2), name="b.xml")
        await nobody_paid_twice(town, *debits)
        assert await outcomes(town) == [(FEE, "debit"), (FEE + 1, "debit"), (SUM, "known")]
        assert (await town.balances())["bank"] == SUM

    @pytest.mark.parametrize("second", [{"opening": SUM}, {"kind": "054", "day": "2026-11-27"}])
    async def test_that_may_have_come_twice_is_for_a_person(self, town: Town, second: dict[str, Any]) -> None:
        """Two statements tell two movements of the account; and so do two days."""
        debits, told = await town.filed(2), dict(second)
        before = alarms()
        await say(town, batch(town, SUM, 2))
        await say(town, details(*debits, day=told.pop("day", "2026-11-26")), **SECOND, **told)
        await nobody_paid_twice(town, *debits)
        assert await outcomes(town) == [(FEE, "repeated"), (FEE + 1, "repeated"), (SUM, "debit")]
        assert await town.balances() == {"bank": 2 * SUM, "unallocated": -SUM, "revenue:541000": -SUM}
        assert alarms() == before + 2

    async def test_as_a_sum_that_may_have_come_twice_is_for_a_person(self, town: Town) -> None:
        debits = await town.filed(2)
        await say(town, details(*debits))
        await say(town, batch(town, SUM, 2), **SECOND, opening=SUM)
        await nobody_paid_twice(town, *debits)
        assert (SUM, "repeated") in await outcomes(town)

    async def test_behind_its_return_is_told_once(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, returned(FEE, debit.reference, "MS03"))
        await say(town, details(debit), **SECOND, opening=-FEE)
        assert await outcomes(town) == [(-FEE, "return"), (FEE, "debit")]
        await say(town, batch(town, FEE), name="c.xml", kind="054")
        assert await outcomes(town) == [(-FEE, "return"), (FEE, "debit"), (FEE, "known")]
        assert await town.balances() == {"receivable": FEE, "revenue:541000": -FEE}

    async def test_of_another_amount_is_no_debit(self, town: Town) -> None:
        """What somebody sends under the debit's reference counts as what it is."""
        (debit,) = await town.filed()
        await say(town, batch(town, FEE))
        await say(town, credit(500, end_to_end=debit.reference, reference="R5"), **SECOND, opening=FEE)
        assert await outcomes(town) == [(500, "allocated"), (FEE, "debit")]


class TestTheReturn:
    async def test_told_by_both_is_known(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, batch(town, FEE))
        await say(town, returned(FEE, debit.reference, "MD06", 325), name="b.xml", kind="054")
        again = returned(FEE, debit.reference, "MD06", 325, reference="")
        await say(town, again, name="c.xml", sequence=2, identifier="2", opening=FEE)
        assert await outcomes(town) == [(-FEE - 325, "known"), (-FEE - 325, "return"), (FEE, "debit")]
        assert (await town.balances())["bank"] == -325

    async def test_told_twice_by_statements_is_for_a_person(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, batch(town, FEE))
        await say(town, returned(FEE, debit.reference, "MD06"), **SECOND, opening=FEE)
        again = returned(FEE, debit.reference, "MD06", reference="")
        await say(town, again, name="c.xml", sequence=3, identifier="3")
        assert await outcomes(town) == [(-FEE, "repeated"), (-FEE, "return"), (FEE, "debit")]
