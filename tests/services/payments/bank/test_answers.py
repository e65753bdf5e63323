"""What the bank's answer to a file of debits refuses: single ones, a group of them, or all."""

import pytest

from services.payments.domain.mandate import Mandate
from tests.services.payments.bank.town import Town
from tests.services.payments.sepa.messages import pain_002

pytestmark = pytest.mark.integration
FILE, GROUP = "SDD20261208", "SDD20261208-1"


async def ends(town: Town, answer: bytes, count: int = 3) -> list[tuple[str, str]]:
    """Condition and code of each of so many debits, once the bank has answered about the first of them."""
    debits = await town.filed(count)
    first = debits[0].reference
    await town.takes("p.xml", answer.replace(b"FIRST", first.encode()))
    found = [await town.debit(debit.id) for debit in debits]
    return [(debit.condition, debit.code) for debit in found]


def refusing_group(status: str, group: str, group_status: str) -> bytes:
    return pain_002(
        FILE, [("FIRST", "AC04")], status=status, group=group, group_status=group_status, group_code="FF01"
    )


class TestTheWholeFile:
    async def test_is_refused_also_where_one_debit_is_named(self, town: Town) -> None:
        answer = pain_002(FILE, [("FIRST", "AC04")], status="RJCT", code="FF01")
        assert await ends(town, answer) == [("rejected", "AC04"), ("rejected", "FF01"), ("rejected", "FF01")]

    async def test_leaves_no_claim_being_checked(self, town: Town) -> None:
        await ends(town, pain_002(FILE, [("FIRST", "AC04")], status="RJCT", code="FF01"))
        rows = await town.rows("SELECT state FROM attempt")
        assert [row["state"] for row in rows] == ["failed"] * 3

    @pytest.mark.parametrize("code", ["", "AC04", "XX99"])
    async def test_says_nothing_against_the_mandates_of_those_it_does_not_name(
        self, town: Town, code: str
    ) -> None:
        found = await ends(town, pain_002(FILE, [("FIRST", "MD07")], status="RJCT", code=code))
        assert found == [("rejected", "MD07"), ("rejected", "RJCT"), ("rejected", "RJCT")]
        rows = await town.rows("SELECT mandate_id FROM debit ORDER BY amount_cents")
        states = [(await town.unit().load(Mandate, row["mandate_id"])).condition for row in rows]
        assert states == ["suspended", "active", "active"]


class TestAGroup:
    async def test_is_refused_also_where_one_debit_is_named(self, town: Town) -> None:
        answer = refusing_group("", GROUP, "RJCT")
        assert await ends(town, answer) == [("rejected", "AC04"), ("rejected", "FF01"), ("rejected", "FF01")]

    async def test_of_another_name_refuses_the_named_alone(self, town: Town) -> None:
        answer = refusing_group("PART", f"{FILE}-9", "RJCT")
        assert await ends(town, answer) == [("rejected", "AC04"), ("filed", ""), ("filed", "")]


class TestAPart:
    async def test_refuses_the_named_alone(self, town: Town) -> None:
        answer = refusing_group("PART", GROUP, "PART")
        assert await ends(town, answer) == [("rejected", "AC04"), ("filed", ""), ("filed", "")]
