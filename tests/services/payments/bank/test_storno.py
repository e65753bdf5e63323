"""What the bank takes back of what it had booked: the claim is owed again."""

import pytest

from tests.services.payments.bank.test_bank_reconciliation import days
from tests.services.payments.bank.test_booking import say
from tests.services.payments.bank.town import FEE, Town
from tests.services.payments.sepa.messages import Line, Tx, credit

pytestmark = pytest.mark.integration


def storno(cents: int = FEE, reference: str = "R1", text: str = "", **said: object) -> Line:
    return Line(-cents, [Tx(-cents, text=text)], reference, reversal=True, **said)  # type: ignore[arg-type]


class TestAnEntryTakenBack:
    async def test_of_the_same_reference_makes_the_claim_owed_again(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen))
        await say(town, storno(), name="b.xml", sequence=2, identifier="2", opening=FEE)
        found = await town.claim(claim.id)
        assert (found.condition, found.owed_cents) == ("open", FEE)
        (payment,) = found.payments.values()
        assert payment.taken_back_cents == FEE
        assert await town.balances() == {"receivable": FEE, "revenue:541000": -FEE}
        assert [item["outcome"] for item in await town.items()] == ["return", "allocated"]
        assert [
            row["code"] for row in await town.rows("SELECT code FROM movement WHERE kind = 'reversal'")
        ] == ["STORNO"]
        assert [day.difference_cents for day in await days(town)] == [0]

    async def test_in_the_same_statement_too(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen), storno())
        assert (await town.claim(claim.id)).owed_cents == FEE

    async def test_twice_is_taken_back_once(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen), storno(), storno())
        assert (await town.claim(claim.id)).owed_cents == FEE
        assert (await town.balances())["unallocated"] == FEE

    @pytest.mark.parametrize("line", [storno(reference="R7"), storno(reference="")])
    async def test_of_another_reference_is_a_proposal(self, town: Town, line: Line) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen), line)
        assert (await town.claim(claim.id)).condition == "settled"
        assert [(one["outcome"], one["proposals"]) for one in await town.items()] == [
            ("proposed", str(claim.id)), ("allocated", ""),
        ]  # fmt: skip

    async def test_of_which_two_payments_may_be_meant_is_a_proposal(self, town: Town) -> None:
        one, two = await town.owed(), await town.owed()
        await say(town, credit(FEE, one.kassenzeichen), credit(FEE, two.kassenzeichen), storno())
        assert (await town.items())[0]["outcome"] == "proposed"

    async def test_that_names_another_claim_is_none_of_this_one(self, town: Town) -> None:
        claim, other = await town.owed(), await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen), storno(text=other.kassenzeichen))
        assert (await town.claim(claim.id)).condition == "settled"
        assert (await town.items())[0]["outcome"] == "unallocated"

    async def test_of_another_amount_is_a_persons(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen), storno(FEE - 1))
        assert (await town.items())[0]["outcome"] == "unallocated"

    async def test_that_brings_money_is_no_payment(self, town: Town) -> None:
        claim = await town.owed()
        back = Line(FEE, [Tx(FEE, text=claim.kassenzeichen)], "R1", reversal=True)
        await say(town, back)
        assert (await town.claim(claim.id)).condition == "open"
        assert [item["outcome"] for item in await town.items()] == ["unallocated"]
