"""What the bank says, taken into the books: debits, returns, transfers, and what nobody has claimed."""

from datetime import timedelta
from typing import Any

import pytest

from services.payments.bank.collecting import collection_of
from services.payments.bank.debiting import END_TO_END
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.collection import Collection
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Kind, Mandate
from services.payments.sepa.reference import structured_reference
from shared.bus.handlers import Permanent
from shared.ids import new_id
from shared.log import ReservationTaken
from tests.services.payments.bank.town import CITY, FEE, PAYER, Town
from tests.services.payments.sepa.messages import Line, Tx, camt, credit, pain_002, returned

pytestmark = pytest.mark.integration


async def say(town: Town, *lines: Line, name: str = "a.xml", **said: Any) -> None:
    await town.takes(name, camt(lines, account=CITY.iban, **said))


def batch(town: Town, cents: int, count: int = 1) -> Line:
    return Line(cents, (), "B1", count=count, group="SDD20261208-1", code="PMNT/IDDT/ESDD")


class TestTransfer:
    async def test_settles_the_claim_that_it_names(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE, f"Parken {claim.kassenzeichen[:6]} {claim.kassenzeichen[6:]}"))
        assert (await town.claim(claim.id)).condition == "settled"
        assert await town.balances() == {"bank": FEE, "revenue:541000": -FEE}
        assert [item["outcome"] for item in await town.items()] == ["allocated"]

    async def test_by_structured_reference_settles_too(self, town: Town) -> None:
        claim = await town.owed()
        line = Line(FEE, [Tx(FEE, reference=structured_reference(claim.kassenzeichen))], "R1")
        await say(town, line)
        assert (await town.claim(claim.id)).condition == "settled"

    async def test_in_part_counts_and_the_rest_stays_open(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(1000, claim.kassenzeichen))
        found = await town.claim(claim.id)
        assert (found.condition, found.owed_cents) == ("open", FEE - 1000)

    async def test_of_too_much_leaves_a_task(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(FEE + 500, claim.kassenzeichen))
        found = await town.claim(claim.id)
        assert found.condition == "settled"
        assert [task.amount_cents for task in found.money_tasks.values()] == [500]

    async def test_of_two_claims_is_for_a_person(self, town: Town) -> None:
        one, two = await town.owed(), await town.owed()
        await say(town, credit(2 * FEE, f"{one.kassenzeichen} {two.kassenzeichen}"))
        (item,) = await town.items()
        assert (item["outcome"], item["proposals"]) == ("proposed", f"{one.id},{two.id}")
        assert (await town.balances())["unallocated"] == -2 * FEE

    async def test_with_the_right_amount_and_name_is_proposed(self, town: Town) -> None:
        claim, _other = await town.owed(), await town.owed()
        await town.mandate(claim, name="Lovelace, Ada")
        await say(town, credit(FEE, "Parkausweis"))
        (item,) = await town.items()
        assert (item["outcome"], item["proposals"]) == ("proposed", str(claim.id))
        assert (await town.claim(claim.id)).condition == "open"

    async def test_that_says_nothing_is_nobodys(self, town: Town) -> None:
        await say(town, credit(777, "Danke"))
        assert [item["outcome"] for item in await town.items()] == ["unallocated"]
        assert await town.balances() == {"bank": 777, "unallocated": -777}

    async def test_out_of_the_account_waits_for_a_person(self, town: Town) -> None:
        await say(town, Line(-450, [Tx(-450, text="Kontofuehrung")], "R7", code="PMNT/MDOP/CHRG"))
        assert await town.balances() == {"bank": -450, "unallocated": 450}

    async def test_keeps_who_paid_under_the_files_key(self, town: Town) -> None:
        await say(town, credit(777, "Danke", name="Grace Hopper"))
        for row in await town.rows("SELECT payload FROM event UNION ALL SELECT detail FROM bank_item"):
            assert b"Hopper" not in row["payload"]
            assert PAYER.encode() not in row["payload"]


class TestDebit:
    async def test_is_booked_by_its_group_and_provisional(self, town: Town) -> None:
        debits = await town.filed(3)
        await say(town, batch(town, 3 * FEE + 3, 3))
        for debit in debits:
            found = await town.claim(debit.claim_id)
            assert (found.condition, (await town.debit(debit.id)).condition) == ("settled", "booked")
            assert found.payments[debit.id].provisional_until is not None
        assert await town.balances() == {"bank": 3 * FEE + 3, "revenue:541000": -3 * FEE - 3}

    async def test_is_booked_one_by_one_too(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, credit(FEE, end_to_end=debit.reference))
        assert (await town.debit(debit.id)).condition == "booked"

    async def test_is_not_booked_by_a_sum_that_is_not_theirs(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, batch(town, FEE - 1))
        assert (await town.debit(debit.id)).condition == "filed"
        assert [item["outcome"] for item in await town.items()] == ["unallocated"]

    async def test_that_comes_back_is_owed_again_with_charges(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, batch(town, FEE))
        await say(town, returned(FEE, debit.reference, "MD06", 325), name="b.xml", sequence=2, identifier="2",
                  opening=FEE)  # fmt: skip
        assert (await town.debit(debit.id)).condition == "returned"
        assert (await town.claim(debit.claim_id)).owed_cents == FEE
        assert (await town.mandate_of(debit)).condition == "suspended"
        assert await town.balances() == {
            "bank": -325, "charges": 325, "receivable": FEE, "revenue:541000": -FEE,
        }  # fmt: skip

    async def test_that_comes_back_before_its_credit_is_told_ends_the_same(self, town: Town) -> None:
        (debit,) = await town.filed()
        await say(town, returned(FEE, debit.reference, "MS03"))
        await say(town, batch(town, FEE), name="b.xml", sequence=2, identifier="2", opening=-FEE)
        assert (await town.debit(debit.id)).condition == "returned"
        assert await town.balances() == {"receivable": FEE, "revenue:541000": -FEE}

    async def test_that_never_was_at_the_bank_is_no_return(self, town: Town) -> None:
        debit = await town.announced()
        await say(town, returned(FEE, debit.reference, "MS03"))
        assert (await town.debit(debit.id)).condition == "announced"
        assert [item["outcome"] for item in await town.items()] == ["unallocated"]

    @pytest.mark.parametrize(
        ("code", "mandate"),
        [("AC04", "suspended"), ("MD01", "revoked"), ("MS03", "active"), ("XX99", "suspended")],
    )
    async def test_does_to_the_mandate_what_the_code_says(self, town: Town, code: str, mandate: str) -> None:
        (debit,) = await town.filed()
        await town.takes("p.xml", pain_002("SDD20261208", [(debit.reference, code)]))
        assert (await town.debit(debit.id)).condition == "rejected"
        assert (await town.mandate_of(debit)).condition == mandate
        found = await town.claim(debit.claim_id)
        assert (found.condition, found.attempts[debit.id].state) == ("open", "failed")

    @pytest.mark.parametrize(("code", "mandate"), [("AC04", "active"), ("MD06", "suspended")])
    async def test_of_an_account_given_up_since_leaves_the_mandate(
        self, town: Town, code: str, mandate: str
    ) -> None:
        (debit,) = await town.filed()
        town.clock.advance(timedelta(hours=1))
        unit = town.unit()
        amended = await unit.load(Mandate, debit.mandate_id)
        amended.amend(CITY.iban, "Ada Lovelace", town.clock.now().date(), "online", now=unit.now)
        await unit.save(amended, subject=debit.account_id)
        await unit.commit()
        await town.takes("p.xml", pain_002("SDD20261208", [(debit.reference, code)]))
        assert (await town.debit(debit.id)).condition == "rejected"
        assert (await town.mandate_of(debit)).condition == mandate

    async def test_without_funds_is_presented_once_more_where_the_city_wants_it(self, town: Town) -> None:
        object.__setattr__(town.bank.debiting.rules, "present_again", True)
        claim_debit = await town.announced(kind=Kind.ONE_OFF)
        town.go_to(claim_debit.due - timedelta(days=2))
        await town.run()
        await town.takes("p.xml", pain_002("SDD20261208", [(claim_debit.reference, "AM04")]))
        (again,) = await town.rows("SELECT debit_id, due, reference FROM debit WHERE presentation = 2")
        assert again["reference"].endswith("-2")
        town.go_to(again["due"] - timedelta(days=1))
        await town.run()
        assert (await town.debit(again["debit_id"])).condition == "filed"
        await town.takes("q.xml", pain_002(f"SDD{town.clock.now():%Y%m%d}", [(again["reference"], "AM04")]))
        assert not await town.rows("SELECT 1 FROM debit WHERE state = 'announced'")

    async def test_tried_again_has_a_reference_that_no_earlier_debit_has(self, town: Town) -> None:
        object.__setattr__(town.bank.debiting.rules, "present_again", True)
        first = await town.announced()
        work = Work(town.unit())
        claim, debit = await work.load(Claim, first.claim_id), await work.load(Debit, first.id)
        town.bank.debiting.give_up(work, claim, debit, "mandate_revoked")
        second = town.bank.debiting.announce(work, claim, await work.load(Mandate, first.mandate_id))
        await work.commit()
        town.go_to(second.due - timedelta(days=2))
        await town.run()
        await town.takes("p.xml", pain_002("SDD20261208", [(second.reference, "MS03")]))
        rows = await town.rows("SELECT reference FROM debit ORDER BY reference")
        number = claim.kassenzeichen
        assert [row["reference"] for row in rows] == [f"{number}-1", f"{number}-2", f"{number}-3"]

    async def test_is_never_announced_under_the_reference_of_another(self, town: Town) -> None:
        one, unit = await town.announced(), town.unit()
        unit.reserve(END_TO_END, one.reference, new_id())
        with pytest.raises(ReservationTaken):
            await unit.commit()

    async def test_fails_with_its_whole_file(self, town: Town) -> None:
        debits = await town.filed(2)
        await town.takes("p.xml", pain_002("SDD20261208", [], status="RJCT", code="FF01"))
        for debit in debits:
            assert (await town.debit(debit.id)).condition == "rejected"
        collection = await town.unit().load(Collection, collection_of(debits[0].due - timedelta(days=2)))
        assert collection.status == "RJCT"


class TestStatement:
    async def test_told_twice_is_booked_once(self, town: Town) -> None:
        claim = await town.owed()
        line = credit(FEE, claim.kassenzeichen)
        await say(town, line)
        await say(town, line, name="again.xml")
        await say(town, line, name="other version.xml", version="02")
        assert len(await town.items()) == 1
        assert len(await town.rows("SELECT 1 FROM statement")) == 1
        assert (await town.balances())["bank"] == FEE

    async def test_an_entry_told_by_a_notification_first_is_booked_once(self, town: Town) -> None:
        claim = await town.owed()
        line = credit(FEE, claim.kassenzeichen)
        await say(town, line, kind="054")
        await say(town, line, name="b.xml")
        assert len(await town.items()) == 1

    async def test_that_does_not_add_up_books_nothing(self, town: Town) -> None:
        claim = await town.owed()
        with pytest.raises(Permanent):
            await say(town, credit(FEE, claim.kassenzeichen), closing=FEE + 1)
        assert await town.items() == []

    async def test_of_another_account_books_nothing(self, town: Town) -> None:
        with pytest.raises(Permanent):
            await town.takes("a.xml", camt([credit(FEE)], account=PAYER))
        assert await town.items() == []

    async def test_whose_name_was_used_before_is_for_a_person(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        with pytest.raises(Permanent):
            await say(town, credit(2, "b"), name="b.xml")
        assert len(await town.items()) == 1

    async def test_says_how_many_are_missing_before_it(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        await say(town, credit(2, "b", "R2"), name="b.xml", sequence=4, identifier="4", opening=1)
        rows = await town.rows("SELECT missing FROM statement ORDER BY sequence")
        assert [row["missing"] for row in rows] == [0, 2]

    async def test_books_two_entries_that_look_alike(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, credit(1000, claim.kassenzeichen, ""), credit(1000, claim.kassenzeichen, ""))
        assert (await town.claim(claim.id)).owed_cents == FEE - 2000

    async def test_leaves_out_what_is_only_pending(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, Line(FEE, [Tx(FEE, text=claim.kassenzeichen)], "R1", status="PDNG"))
        assert (await town.claim(claim.id)).condition == "open"

    async def test_books_an_entry_whole_where_its_parts_are_not_worth_it(self, town: Town) -> None:
        claim = await town.owed()
        await say(town, Line(5000, [Tx(FEE, text=claim.kassenzeichen), Tx(1)], "R1", count=2))
        assert [item["outcome"] for item in await town.items()] == ["unallocated"]
        assert (await town.balances())["unallocated"] == -5000

    async def test_goes_on_after_a_fall(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        claims = [await town.owed() for _ in range(3)]
        lines = [credit(FEE, claim.kassenzeichen, f"R{n}") for n, claim in enumerate(claims)]
        town.says("a.xml", camt(lines, account=CITY.iban))
        (file_id,) = await town.bank.intake.fetch_all()
        booking = town.bank.intake.booking
        real, fallen = booking._commit, []

        async def falls(new: Any, source: Any) -> None:
            await real(new[:1], source)
            fallen.append(1)
            raise ConnectionError

        monkeypatch.setattr(booking, "_commit", falls)
        with pytest.raises(ConnectionError):
            await town.take(file_id)
        monkeypatch.undo()
        await town.take(file_id)
        assert fallen == [1]
        assert (await town.balances())["bank"] == 3 * FEE
        assert len(await town.items()) == 3


class TestFile:
    async def test_that_is_no_xml_is_kept_and_for_a_person(self, town: Town) -> None:
        with pytest.raises(Permanent, match="line 1: not_xml"):
            await town.takes("x.xml", b"MT940?")
        assert [row["kind"] for row in await town.rows("SELECT kind FROM bank_file")] == ["unknown"]

    async def test_that_lies_there_again_is_the_same(self, town: Town) -> None:
        await say(town, credit(1, "a"))
        town.says("b.xml", camt([credit(1, "a")], account=CITY.iban))
        await town.bank.intake.fetch_all()
        assert len(await town.rows("SELECT 1 FROM bank_file")) == 1
        assert len(await town.rows("SELECT 1 FROM task WHERE kind = 'take_bank_file'")) == 1
        assert list((town.folder / "in").iterdir()) == []

    async def test_about_no_collection_of_ours_changes_nothing(self, town: Town) -> None:
        (debit,) = await town.filed()
        await town.takes("p.xml", pain_002("OTHER", [(debit.reference, "AC01")]))
        assert (await town.debit(debit.id)).condition == "filed"
