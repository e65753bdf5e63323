"""A sum for a group of debits that comes before the bank's word on what it refused."""

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.payments.bank import groups
from services.payments.books import comparing
from services.payments.domain.bank_item import BankItem, GroupDiffers, GroupToldTwice, ItemDone, NoGroup
from services.payments.domain.debit import Debit
from shared.observe.metrics import REGISTRY
from tests.services.payments.bank.test_booking import batch, say
from tests.services.payments.bank.test_told_twice import SECOND, SUM, details, outcomes
from tests.services.payments.bank.town import FEE, NOW, Town
from tests.services.payments.sepa.messages import Line, camt, credit, pain_002

pytestmark = pytest.mark.integration
FILE = "SDD20261208"


async def early(town: Town) -> list[Debit]:
    """Three debits, and the sum of the first two on the account."""
    debits = await town.filed(3)
    await say(town, batch(town, 2 * FEE + 1, 2))
    return debits


async def refused(town: Town, debit: Debit, name: str = "p.xml") -> None:
    await town.takes(name, pain_002(FILE, [(debit.reference, "AC04")]))


async def matched(town: Town) -> int:
    """Does what was asked for; how often it was."""
    rows = await town.rows("SELECT payload FROM task WHERE kind = 'match_bank_item' ORDER BY task_id")
    for row in rows:
        unit = town.unit()
        await town.bank.groups.match(_payload(row["payload"]), unit)
        await unit.commit()
    return len(rows)


def alarms(kind: str) -> float:
    return REGISTRY.get_sample_value("portal_bank_alarms_total", {"kind": kind}) or 0.0


def _payload(found: Any) -> Any:
    return json.loads(found) if isinstance(found, str | bytes) else found


async def item_of(town: Town) -> UUID:
    (row,) = await town.rows("SELECT item_id FROM bank_item")
    found: UUID = row["item_id"]
    return found


async def states(town: Town, debits: list[Debit]) -> list[str]:
    return [(await town.debit(debit.id)).condition for debit in debits]


class TestASumThatWaits:
    async def test_is_booked_once_the_rest_is_refused(self, town: Town) -> None:
        debits = await early(town)
        assert await states(town, debits) == ["filed"] * 3
        await refused(town, debits[2])
        await matched(town)
        assert await states(town, debits) == ["booked", "booked", "rejected"]
        assert [item["outcome"] for item in await town.items()] == ["debit"]
        assert await town.balances() == {
            "bank": 2 * FEE + 1, "receivable": FEE + 2, "revenue:541000": -3 * FEE - 3,
        }  # fmt: skip
        claim = await town.claim(debits[0].claim_id)
        assert (claim.condition, claim.payments[debits[0].id].provisional_until is not None) == (
            "settled",
            True,
        )

    async def test_waits_on_while_it_is_not_what_is_left(self, town: Town) -> None:
        debits = await town.filed(4)
        await say(town, batch(town, 2 * FEE + 1, 2))
        await refused(town, debits[3])
        assert await matched(town) == 1
        assert await states(town, debits) == ["filed"] * 3 + ["rejected"]
        assert (await town.balances())["unallocated"] == -2 * FEE - 1
        await refused(town, debits[2], "q.xml")
        await matched(town)
        assert await states(town, debits) == ["booked"] * 2 + ["rejected"] * 2

    async def test_is_matched_once_however_often_it_is_asked_for(self, town: Town) -> None:
        debits = await early(town)
        await refused(town, debits[2])
        await matched(town)
        await matched(town)
        assert (await town.balances())["bank"] == 2 * FEE + 1

    async def test_is_gone_on_with_after_a_fall(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        debits = await early(town)
        await refused(town, debits[2])
        monkeypatch.setattr(groups, "CHUNK", 1)
        real = groups.Groups._match
        done: list[int] = []

        async def falls(self: Any, *said: Any) -> None:
            if done:
                raise ConnectionError
            done.append(1)
            await real(self, *said)

        monkeypatch.setattr(groups.Groups, "_match", falls)
        with pytest.raises(ConnectionError):
            await matched(town)
        half = await town.balances()
        assert (half["bank"], half["unallocated"] in (-FEE, -FEE - 1)) == (2 * FEE + 1, True)
        monkeypatch.setattr(groups.Groups, "_match", real)
        await matched(town)
        assert await states(town, debits) == ["booked", "booked", "rejected"]
        assert "unallocated" not in await town.balances()

    async def test_is_not_booked_where_a_clerk_was_quicker(self, town: Town) -> None:
        debits = await early(town)
        unit = town.unit()
        item = await unit.load(BankItem, await item_of(town))
        item.send_back("B-1", now=unit.now)
        await unit.save(item)
        await unit.commit()
        await refused(town, debits[2])
        await matched(town)
        assert await states(town, debits) == ["filed", "filed", "rejected"]
        with pytest.raises(ItemDone):
            await town.bank.groups.match_again(item.id)

    async def test_agrees_with_the_banks_balance(self, town: Town) -> None:
        debits = await early(town)
        for step in (lambda: refused(town, debits[2]), lambda: matched(town)):
            await step()
            (balance,) = await town.bank.chain.balances()
            assert balance.difference_cents == 0


async def agrees(town: Town) -> None:
    """The books, the entries and the bank's own balance say the same."""
    (balance,) = await town.bank.chain.balances()
    assert (balance.difference_cents, balance.unseen_cents, balance.ahead_cents) == (0, 0, 0)
    days = (NOW.date(), date(2026, 12, 31))
    zone = ZoneInfo("Europe/Berlin")
    pool = town.payments.runtime.pool
    ours = {one.reference: one.cents for one in await comparing.ours(pool, "bank", days, "EUR", zone)}
    theirs = {one.reference: one.cents for one in await comparing.theirs(pool, "bank", days)}
    assert {reference: cents for reference, cents in ours.items() if cents} == theirs


async def asked(town: Town, item_id: UUID) -> int:
    unit = town.unit()
    return await town.bank.groups.ask(await unit.load(BankItem, item_id), unit)


async def waiting(town: Town) -> list[UUID]:
    rows = await town.rows(
        "SELECT item_id FROM bank_item WHERE outcome IN ('unallocated', 'repeated') ORDER BY since"
    )
    return [row["item_id"] for row in rows]


def again(town: Town, cents: int) -> Line:
    """The sum under another reference of the bank's."""
    return replace(batch(town, cents, 2), reference="B2")


class TestASumThatWaitsAndIsToldAgain:
    @pytest.mark.parametrize("first", ["054", "053"])
    async def test_by_the_other_kind_of_message_is_known(self, town: Town, first: str) -> None:
        debits = await town.filed(3)
        await say(town, batch(town, SUM, 2), kind=first)
        await say(town, again(town, SUM), name="b.xml", kind="053" if first == "054" else "054")
        assert await outcomes(town) == [(SUM, "known"), (SUM, "unallocated")]
        assert (await town.balances())["bank"] == SUM
        await refused(town, debits[2])
        await matched(town)
        assert await outcomes(town) == [(SUM, "debit"), (SUM, "known")]
        assert "unallocated" not in await town.balances()
        await agrees(town)

    async def test_by_the_same_kind_is_for_a_person(self, town: Town) -> None:
        debits = await town.filed(3)
        before = alarms("group_told_twice")
        await say(town, batch(town, SUM, 2))
        await say(town, again(town, SUM), **SECOND, opening=SUM)
        assert await outcomes(town) == [(SUM, "repeated"), (SUM, "unallocated")]
        assert alarms("group_told_twice") == before + 1
        await refused(town, debits[2])
        await matched(town)
        assert (await town.balances())["unallocated"] == -SUM
        (left,) = await waiting(town)
        with pytest.raises(GroupToldTwice):
            await asked(town, left)
        await agrees(town)

    async def test_stands_for_one_of_the_other_kind(self, town: Town) -> None:
        await town.filed(3)
        await say(town, batch(town, SUM, 2), kind="054")
        await say(town, again(town, SUM), name="b.xml")
        await say(town, replace(again(town, SUM), reference="B3"), **{**SECOND, "name": "c.xml"}, opening=SUM)
        assert await outcomes(town) == [(SUM, "known"), (SUM, "repeated"), (SUM, "unallocated")]

    async def test_twice_behind_its_debits_is_for_a_person(self, town: Town) -> None:
        debits = await town.filed(2)
        await say(town, details(*debits), kind="054")
        await say(town, batch(town, SUM, 2), name="b.xml")
        await say(town, again(town, SUM), **{**SECOND, "name": "c.xml"}, opening=SUM)
        assert await outcomes(town) == [(FEE, "debit"), (FEE + 1, "debit"), (SUM, "known"), (SUM, "repeated")]

    @pytest.mark.parametrize(("cents", "day"), [(SUM, "2026-11-27"), (SUM - 1, "2026-11-26")])
    async def test_of_another_day_or_amount_is_new(self, town: Town, cents: int, day: str) -> None:
        await town.filed(3)
        await say(town, batch(town, SUM, 2), kind="054")
        await say(town, replace(again(town, cents), day=day), name="b.xml")
        assert {outcome for _, outcome in await outcomes(town)} == {"unallocated"}


class TestASumWhoseDebitsAreToldOneByOne:
    async def test_is_known(self, town: Town) -> None:
        debits = await early(town)
        await say(town, details(*debits[:2]), name="b.xml", kind="054")
        assert (await town.balances())["bank"] == 2 * SUM
        await refused(town, debits[2])
        await matched(town)
        assert await outcomes(town) == [(FEE, "debit"), (FEE + 1, "debit"), (SUM, "known")]
        assert await town.balances() == {"bank": SUM, "receivable": FEE + 2, "revenue:541000": -3 * FEE - 3}
        await agrees(town)

    async def test_has_only_what_it_alone_told(self, town: Town) -> None:
        debits = await early(town)
        await say(town, details(debits[0]), name="b.xml", kind="054")
        await refused(town, debits[2])
        await matched(town)
        await matched(town)
        told, own = debits[0].amount_cents, debits[1].amount_cents
        assert await outcomes(town) == sorted([(told, "debit"), (own, "debit")])
        assert (await town.balances())["bank"] == SUM
        await agrees(town)

    async def test_by_the_same_kind_is_for_a_person(self, town: Town) -> None:
        debits = await early(town)
        await say(town, details(*debits[:2]), **SECOND, opening=SUM)
        await refused(town, debits[2])
        await matched(town)
        (left,) = await waiting(town)
        assert (await town.balances())["unallocated"] == -SUM
        with pytest.raises(GroupToldTwice):
            await asked(town, left)

    async def test_is_known_once_where_it_was_told_twice(self, town: Town) -> None:
        """The statement tells two movements, and the notification one."""
        debits = await early(town)
        await say(town, again(town, SUM), **SECOND, opening=SUM)
        await say(town, details(*debits[:2]), name="c.xml", kind="054")
        await refused(town, debits[2])
        await matched(town)
        assert {("known", SUM), ("repeated", SUM)} <= {(what, cents) for cents, what in await outcomes(town)}
        (left,) = await waiting(town)
        with pytest.raises(GroupToldTwice):
            await asked(town, left)
        await agrees(town)

    async def test_before_it_came_has_what_it_alone_told(self, town: Town) -> None:
        debits = await town.filed(2)
        await say(town, details(debits[0]), kind="054")
        await say(town, batch(town, SUM, 2), name="b.xml")
        assert (await town.balances())["bank"] == SUM
        await agrees(town)


class TestAClerk:
    async def test_asks_for_it(self, town: Town) -> None:
        debits = await town.filed(2)
        await say(town, batch(town, FEE))
        item_id = await item_of(town)
        unit = town.unit()
        with pytest.raises(GroupDiffers):
            await town.bank.groups.ask(await unit.load(BankItem, item_id), unit)
        await refused(town, debits[1])
        unit = town.unit()
        assert await town.bank.groups.ask(await unit.load(BankItem, item_id), unit) == 1

    async def test_cannot_where_it_is_no_sum(self, town: Town) -> None:
        await town.takes("a.xml", camt([credit(777, "Danke")], account=town.bank.paying.creditor.iban))
        unit = town.unit()
        with pytest.raises(NoGroup):
            await town.bank.groups.ask(await unit.load(BankItem, await item_of(town)), unit)
