"""A transfer told by a statement and by a notification under other keys: booked once, or for a person."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank.retelling import Transfer, Transfers
from services.payments.domain.bank_item import Outcome
from shared.ids import new_id
from shared.observe.metrics import REGISTRY
from tests.services.payments.bank.test_booking import say
from tests.services.payments.bank.test_told_twice import SECOND, outcomes
from tests.services.payments.bank.town import FEE, NOW, PAYER, Town
from tests.services.payments.sepa.messages import Line, Tx, credit

FILE, OTHER = new_id(), new_id()


def told(kind: str = "notification", file_id: UUID = OTHER, **more: Any) -> Transfer:
    plain: dict[str, Any] = {
        "booked_on": NOW.date(), "cents": FEE, "currency": "EUR", "claim_id": None, "name": "Ada Lovelace",
        "iban": PAYER, "text": "Parken 4711",
    }  # fmt: skip
    return Transfer(kind, file_id, **{**plain, **more})


def place(now: Transfer, *before: Transfer, count: int = 1) -> Outcome | None:
    return Transfers(now.kind, now.file_id, before).place(now, count)


def statement(**more: Any) -> Transfer:
    return told("statement", FILE, **more)


def storno(kind: str = "notification", file_id: UUID = OTHER, **more: Any) -> Transfer:
    return told(kind, file_id, **{"cents": -FEE, "reversal": True, **more})


def taken_back(text: str, reference: str, of: str) -> Line:
    """The bank's storno, with a reference of its own and that of what it takes back."""
    return Line(-FEE, [Tx(-FEE, text=text, bank_reference=of)], reference, reversal=True)


def paid_out(reference: str) -> Line:
    return Line(-2500, [Tx(-2500, text="Miete")], reference, code="PMNT/ICDT/ESCT")


def alarms() -> float:
    return REGISTRY.get_sample_value("portal_bank_alarms_total", {"kind": "transfer_told_twice"}) or 0.0


BARE: dict[str, Any] = {"name": "", "iban": "", "text": ""}


class TestATransfer:
    def test_that_the_other_kind_told_is_known(self) -> None:
        assert place(statement(), told()) is Outcome.KNOWN
        assert place(told(), statement()) is Outcome.KNOWN

    def test_is_known_however_a_message_breaks_its_text(self) -> None:
        assert place(statement(text="PARKEN\n4711"), told(text="Parken 47 11")) is Outcome.KNOWN

    @pytest.mark.parametrize(
        "other",
        [
            {"booked_on": None},
            {"cents": FEE + 1},
            {"currency": "CHF"},
            {"iban": "X"},
            {"text": "Parken 4712"},
        ],
    )
    def test_that_differs_is_new(self, other: dict[str, Any]) -> None:
        assert place(statement(**other), told()) is None

    def test_that_named_another_claim_is_new(self) -> None:
        assert place(statement(claim_id=new_id()), told(claim_id=new_id())) is None
        assert place(statement(claim_id=new_id()), told()) is Outcome.KNOWN

    def test_stands_for_one_of_the_other_kind(self) -> None:
        transfers = Transfers("statement", FILE, [told(), told(), statement()])
        assert [transfers.place(statement(), 1) for _ in range(2)] == [Outcome.KNOWN, None]

    def test_told_by_two_notifications_is_for_a_person(self) -> None:
        assert place(told(file_id=FILE), told()) is Outcome.REPEATED
        assert place(told(), told()) is None, "one notification tells each once"

    def test_told_by_two_statements_came_twice(self) -> None:
        assert place(statement(), told("statement", OTHER)) is None

    def test_out_of_the_account_that_the_other_kind_told_is_known(self) -> None:
        assert place(statement(cents=-2500), told(cents=-2500)) is Outcome.KNOWN
        assert place(statement(cents=-2500), told(cents=2500)) is None
        assert place(statement(cents=-2500, iban="X"), told(cents=-2500)) is None


class TestAStorno:
    def test_that_the_other_kind_told_is_known(self) -> None:
        assert place(storno("statement", FILE), storno()) is Outcome.KNOWN
        assert place(storno(), storno("statement", FILE)) is Outcome.KNOWN

    def test_is_known_once(self) -> None:
        transfers = Transfers("statement", FILE, [storno()])
        assert [transfers.place(storno("statement", FILE), 1) for _ in range(2)] == [Outcome.KNOWN, None]

    @pytest.mark.parametrize("other", [{"text": "Storno"}, {"iban": "X"}, BARE])
    def test_in_other_words_is_for_a_person(self, other: dict[str, Any]) -> None:
        before = alarms()
        assert place(storno("statement", FILE, **other), storno()) is Outcome.REPEATED
        assert place(storno("statement", FILE), storno(**other)) is Outcome.REPEATED
        assert alarms() == before + 2

    @pytest.mark.parametrize("other", [{"booked_on": None}, {"cents": -FEE - 1}, {"currency": "CHF"}])
    def test_that_differs_is_new(self, other: dict[str, Any]) -> None:
        assert place(storno("statement", FILE, **other), storno()) is None

    def test_of_another_claim_is_new(self) -> None:
        other = storno("statement", FILE, claim_id=new_id(), text="a")
        assert place(other, storno(claim_id=new_id())) is None

    def test_is_no_transfer(self) -> None:
        assert place(statement(), storno(cents=FEE)) is None
        assert place(statement(**BARE), storno(cents=FEE)) is None
        assert place(storno("statement", FILE), told(cents=-FEE)) is None


class TestABareAmount:
    def test_like_one_that_was_told_is_for_a_person(self) -> None:
        assert place(statement(**BARE), told()) is Outcome.REPEATED
        assert place(statement(**BARE), told(cents=1)) is None

    def test_told_before_the_details_is_for_a_person(self) -> None:
        assert place(statement(), told(**BARE)) is Outcome.REPEATED
        assert place(statement(**BARE), told(**BARE)) is Outcome.REPEATED
        assert place(statement(cents=-450), told(cents=-450, **BARE)) is Outcome.REPEATED
        assert place(statement(), told(cents=1, **BARE)) is None

    def test_like_one_that_a_statement_stands_for_is_new(self) -> None:
        assert place(statement(**BARE), told(), statement()) is None

    @pytest.mark.parametrize(("count", "outcome"), [(2, Outcome.KNOWN), (3, None), (1, None)])
    def test_of_several_is_known_by_their_number_and_sum(self, count: int, outcome: Outcome | None) -> None:
        both = told(cents=1000), told(cents=2060)
        assert place(statement(**BARE), *both, count=count) is outcome

    def test_of_several_is_known_beside_what_went_out(self) -> None:
        several = told(cents=1000), told(cents=2060), told(cents=-500), storno(cents=-1000)
        assert place(statement(**BARE), *several, count=2) is Outcome.KNOWN

    def test_of_several_is_known_once(self) -> None:
        transfers = Transfers("statement", FILE, [told(cents=1000), told(cents=2060)])
        assert [transfers.place(statement(**BARE), 2) for _ in range(2)] == [Outcome.KNOWN, None]


@pytest.mark.integration
class TestInTheBooks:
    @pytest.mark.parametrize(("first", "second"), [("053", "054"), ("054", "053")])
    async def test_a_storno_is_there_once(self, town: Town, first: str, second: str) -> None:
        claim = await town.owed()
        text = f"Parken {claim.kassenzeichen}"
        await say(town, credit(FEE, text, "n1"), taken_back(text, "n2", of="n1"), kind=first)
        assert (await town.claim(claim.id)).owed_cents == FEE
        await say(town, credit(FEE, text, "s1"), taken_back(text, "s2", of="s1"), **SECOND, kind=second)
        found = [(-FEE, "known"), (-FEE, "return"), (FEE, "allocated"), (FEE, "known")]
        assert await outcomes(town) == found
        assert await town.balances() == {"receivable": FEE, "revenue:541000": -FEE}

    @pytest.mark.parametrize(("first", "second"), [("053", "054"), ("054", "053")])
    async def test_money_that_goes_out_is_there_once(self, town: Town, first: str, second: str) -> None:
        await say(town, paid_out("n1"), kind=first)
        await say(town, paid_out("s1"), **SECOND, kind=second)
        assert await outcomes(town) == [(-2500, "known"), (-2500, "unallocated")]
        assert await town.balances() == {"bank": -2500, "unallocated": 2500}

    async def test_a_storno_that_brings_money_is_no_payment_that_came(self, town: Town) -> None:
        claim = await town.owed()
        text = f"Parken {claim.kassenzeichen}"
        await say(town, Line(FEE, [Tx(FEE, text=text)], "n1", reversal=True), kind="054")
        await say(town, credit(FEE, text, "s1"), **SECOND)
        assert await outcomes(town) == [(FEE, "allocated"), (FEE, "unallocated")]

    @pytest.mark.parametrize("first", ["053", "054"])
    async def test_is_there_once_whoever_tells_it_first(self, town: Town, first: str) -> None:
        claim = await town.owed()
        second = "054" if first == "053" else "053"
        await say(town, credit(FEE, f"Parken {claim.kassenzeichen}", "R1"), kind=first)
        again = credit(FEE, f"PARKEN\n{claim.kassenzeichen}", "R2")
        await say(town, again, **SECOND, kind=second)
        assert await outcomes(town) == [(FEE, "allocated"), (FEE, "known")]
        assert (await town.claim(claim.id)).money_tasks == {}
        assert await town.balances() == {"bank": FEE, "revenue:541000": -FEE}

    async def test_that_came_twice_is_there_twice(self, town: Town) -> None:
        claim = await town.owed()
        text = f"Parken {claim.kassenzeichen}"
        await say(town, credit(FEE, text, "R1"), credit(FEE, text, "R2"), kind="054")
        await say(town, credit(FEE, text, "R3"), credit(FEE, text, "R4"), credit(FEE, text, "R5"), **SECOND)
        found = [outcome for _, outcome in await outcomes(town)]
        assert sorted(found) == ["allocated"] * 3 + ["known"] * 2
        assert (await town.balances())["bank"] == 3 * FEE

    async def test_without_details_waits_for_a_person(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, f"Parken {claim.kassenzeichen}", "R1"), kind="054")
        await say(town, Line(FEE, (), "R2"), **SECOND)
        assert await outcomes(town) == [(FEE, "allocated"), (FEE, "repeated")]
        assert (await town.balances())["unallocated"] == -FEE

    async def test_of_a_sum_is_known_by_its_details(self, town: Town) -> None:
        claims = [await town.owed(), await town.owed(FEE + 1)]
        inner = [Tx(claim.amount_cents, text=claim.kassenzeichen) for claim in claims]
        await say(town, Line(2 * FEE + 1, inner, count=2), kind="054")
        await say(town, Line(2 * FEE + 1, (), "R2", count=2), **SECOND)
        assert [outcome for _, outcome in await outcomes(town)] == ["allocated", "allocated", "known"]
        assert (await town.balances())["bank"] == 2 * FEE + 1
