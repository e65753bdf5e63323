"""The account's statements one behind the other, and the bank's balance beside the books."""

from typing import Any

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.money import Receipt
from shared.bus.handlers import Permanent
from tests.services.payments.bank.test_booking import say
from tests.services.payments.bank.town import CITY, FEE, Town
from tests.services.payments.sepa.messages import Line, Tx, camt, credit

pytestmark = pytest.mark.integration
NEXT: dict[str, Any] = {"name": "b.xml", "identifier": "2"}


async def gaps(town: Town) -> list[tuple[int, int]]:
    return [(one["missing"], one["gap_cents"]) for one in await town.bank.chain.gaps()]


async def kept(town: Town) -> list[tuple[int, int]]:
    """What each statement said of the gap before it, when it came."""
    rows = await town.rows("SELECT missing, gap_cents FROM statement ORDER BY year, sequence, page")
    return [(row["missing"], row["gap_cents"]) for row in rows]


def on(day: str, reference: str = "R2") -> Line:
    return Line(1, [Tx(1)], reference, day=day)


class TestStatements:
    async def test_of_a_new_year_begin_at_one(self, town: Town) -> None:
        await say(town, on("2026-12-30"), sequence=250)
        await say(town, on("2027-01-05"), sequence=3, opening=1, **NEXT)
        assert await kept(town) == [(0, 0), (2, 0)]
        assert await gaps(town) == [(2, 0)]

    async def test_that_open_with_another_balance_are_taken_and_told(self, town: Town) -> None:
        await say(town, on("2026-11-26"), sequence=3, opening=99)
        await say(town, on("2026-11-27"), sequence=4, opening=999_900, **NEXT)
        assert await kept(town) == [(0, 0), (0, 999_800)]
        assert await gaps(town) == [(0, 999_800)]
        assert len(await town.items()) == 2

    async def test_that_come_late_close_the_gap(self, town: Town) -> None:
        await say(town, credit(1, "a"), sequence=1)
        await say(town, credit(2, "b", "R2"), sequence=3, opening=6, **NEXT)
        assert await gaps(town) == [(1, 5)]
        await say(town, credit(5, "c", "R3"), name="c.xml", identifier="3", sequence=2, opening=1)
        assert await gaps(town) == []
        assert await kept(town) == [(0, 0), (0, 0), (1, 5)]

    async def test_of_one_file_follow_each_other(self, town: Town) -> None:
        one = camt([credit(1, "a")], account=CITY.iban)
        two = camt([credit(2, "b", "R2")], sequence=2, identifier="2", opening=1, account=CITY.iban)
        inner = two[two.index(b"<Stmt>") : two.index(b"</Stmt>") + 7]
        await town.takes("ab.xml", one.replace(b"</Stmt>", b"</Stmt>" + inner))
        assert await kept(town) == [(0, 0), (0, 0)]

    async def test_without_balances_book_nothing(self, town: Town) -> None:
        with pytest.raises(Permanent, match="statement_without_balances"):
            await say(town, credit(1, "a"), balances=None)
        assert await town.items() == []

    async def test_of_another_currency_have_a_chain_of_their_own(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        await say(town, Line(5, (), "R2", currency="USD"), currency="USD", opening=700, **NEXT)
        assert await gaps(town) == []


class TestPages:
    async def test_of_one_statement_are_each_taken(self, town: Town) -> None:
        claims = [await town.owed() for _ in range(3)]
        lines = [credit(FEE, claim.kassenzeichen, f"R{n}") for n, claim in enumerate(claims)]
        first, last = ("OPBD", "ITBD"), ("ITBD", "CLBD")
        await say(town, lines[0], page=1, last=False, balances=first)
        await say(town, lines[1], page=2, last=False, balances=("ITBD", "ITBD"), opening=FEE, name="b.xml")
        await say(town, lines[2], page=3, balances=last, opening=2 * FEE, name="c.xml")
        assert [(await town.claim(claim.id)).condition for claim in claims] == ["settled"] * 3
        assert await kept(town) == [(0, 0)] * 3
        await say(town, lines[1], page=2, last=False, balances=("ITBD", "ITBD"), opening=FEE, name="d.xml")
        assert len(await town.items()) == 3

    async def test_that_are_missing_are_told(self, town: Town) -> None:
        await say(town, credit(1, "a"), page=1, last=False, balances=("OPBD", "ITBD"))
        await say(town, credit(1, "b", "R2"), page=3, balances=("ITBD", "CLBD"), opening=7, name="b.xml")
        assert await gaps(town) == [(1, 6)]

    async def test_with_another_word_under_the_same_number_are_refused(self, town: Town) -> None:
        await say(town, credit(1, "a"), page=2, balances=("ITBD", "CLBD"))
        with pytest.raises(Permanent, match="statement_identifier_reused"):
            await say(town, credit(2, "b", "R2"), page=2, balances=("ITBD", "CLBD"), name="b.xml")

    async def test_that_do_not_add_up_book_nothing(self, town: Town) -> None:
        with pytest.raises(Permanent, match="statement_does_not_add_up"):
            await say(town, credit(1, "a"), page=2, balances=("ITBD", "ITBD"), closing=2)

    async def test_hold_like_entries_without_a_reference_apart(self, town: Town) -> None:
        claim = await town.owed()
        like = credit(1000, claim.kassenzeichen, "")
        await say(town, like, page=1, last=False, balances=("OPBD", "ITBD"))
        await say(town, like, page=2, balances=("ITBD", "CLBD"), opening=1000, name="b.xml")
        assert (await town.claim(claim.id)).owed_cents == FEE - 2000


class TestTheBanksBalance:
    async def test_is_the_books(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, claim.kassenzeichen), opening=5000)
        (found,) = await town.bank.chain.balances()
        assert (found.closing_cents, found.bank_cents, found.books_cents) == (5000 + FEE, FEE, FEE)
        assert found.difference_cents == 0

    async def test_tells_what_no_entry_has_told(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        await say(town, credit(2, "b", "R2"), sequence=3, opening=501, **NEXT)
        (found,) = await town.bank.chain.balances()
        assert (found.difference_cents, found.unseen_cents, found.ahead_cents) == (500, 500, 0)

    async def test_tells_what_the_books_have_and_the_bank_has_not(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(1, "a"))
        unit = town.unit()
        loaded = await unit.load(Claim, claim.id)
        loaded.record_receipt(Receipt("bank", "bank_transfer", "by-hand-1", 70, "EUR"), now=unit.now)
        await unit.save(loaded)
        await unit.commit()
        (found,) = await town.bank.chain.balances()
        assert (found.difference_cents, found.unseen_cents, found.ahead_cents) == (-70, 0, 70)

    async def test_leaves_out_what_a_notification_told_of_a_later_day(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        await say(town, on("2026-11-27"), kind="054", name="n.xml")
        (found,) = await town.bank.chain.balances()
        assert (found.later_cents, found.difference_cents) == (1, 0)

    async def test_is_of_each_currency(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        await say(town, Line(5, (), "R2", currency="USD"), currency="USD", opening=700, **NEXT)
        found = {one.currency: one for one in await town.bank.chain.balances()}
        assert (found["USD"].bank_cents, found["USD"].difference_cents) == (5, 0)
        assert (found["EUR"].bank_cents, found["EUR"].difference_cents) == (1, 0)
