"""A sum for a group of debits that comes before the bank's word on what it refused."""

import json
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank import groups
from services.payments.domain.bank_item import BankItem, GroupDiffers, ItemDone, NoGroup
from services.payments.domain.debit import Debit
from tests.services.payments.bank.test_booking import batch, say
from tests.services.payments.bank.town import FEE, Town
from tests.services.payments.sepa.messages import camt, credit, pain_002

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
