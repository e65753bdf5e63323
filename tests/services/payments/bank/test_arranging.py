"""Instalments under a recurring mandate: announced ahead of their day by themselves, or given back."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.mandate import Kind, Mandate
from services.payments.domain.money import BANK, Receipt, Word
from services.payments.sepa.iban import read_iban
from shared.tasks import Later
from tests.services.payments.bank.town import PAYER, QUARTER, QUARTERS, Town

pytestmark = pytest.mark.integration
AHEAD = timedelta(days=21)
UNKNOWN = Word("unknown", "4999", "girocheckout", "r", QUARTER, "EUR")


async def agreed(town: Town, kind: Kind = Kind.RECURRING) -> list[Claim]:
    """The first quarter by a new mandate; what follows is arranged under it, where it is for that."""
    claims = await town.in_quarters()
    work = Work(town.unit())
    debit = await town.bank.paying.by_debit(work, claims[0].id, read_iban(PAYER), "Ada Lovelace", kind)
    later = await town.bank.lookups.later_instalments(claims[0].id)
    await town.bank.paying.arrange(work, debit.mandate_id, later)
    await work.commit()
    return [await town.claim(claim.id) for claim in claims]


async def debits(town: Town) -> list[tuple[date, str]]:
    rows = await town.rows("SELECT due, state FROM debit ORDER BY due")
    return [(row["due"], row["state"]) for row in rows]


async def runs(town: Town, day: date) -> int:
    town.go_to(day)
    return await town.bank.arranging.run(day)


async def change(town: Town, mandate_id: UUID, what: str) -> None:
    unit = town.unit()
    mandate = await unit.load(Mandate, mandate_id)
    mandate.suspend("AC04", now=unit.now) if what == "suspended" else mandate.revoke("MD01", now=unit.now)
    await unit.save(mandate)
    await unit.commit()


class TestAgreeing:
    async def test_to_a_recurring_mandate_arranges_what_follows(self, town: Town) -> None:
        claims = await agreed(town)
        assert await debits(town) == [(QUARTERS[0], "announced")]
        assert [claim.waits_for_its_day for claim in claims] == [False, True, True, True]

    async def test_to_one_debit_arranges_nothing(self, town: Town) -> None:
        claims = await agreed(town, Kind.ONE_OFF)
        assert [claim.arranged for claim in claims] == [None] * 4


class TestTheRun:
    async def test_announces_three_weeks_ahead_and_not_before(self, town: Town) -> None:
        await agreed(town)
        assert await runs(town, QUARTERS[1] - AHEAD - timedelta(days=1)) == 0
        assert await runs(town, QUARTERS[1] - AHEAD) == 1
        assert (await debits(town))[1] == (date(2027, 5, 17), "announced"), "15 May is a Saturday"
        assert await runs(town, QUARTERS[1] - AHEAD) == 0

    async def test_leaves_out_what_is_paid_already(self, town: Town) -> None:
        claims = await agreed(town)
        unit = town.unit()
        second = await unit.load(Claim, claims[1].id)
        second.record_receipt(Receipt(BANK, "bank_transfer", "early", QUARTER, "EUR"), now=unit.now)
        await unit.save(second)
        await unit.commit()
        assert await runs(town, QUARTERS[1]) == 0

    async def test_debits_nothing_by_itself_a_second_time(self, town: Town) -> None:
        claims = await agreed(town)
        await runs(town, QUARTERS[1] - AHEAD)
        work = Work(town.unit())
        debit_id = next(iter((await work.load(Claim, claims[1].id)).attempts))
        await town.bank.debiting.reject(work, debit_id, "AM04")
        await work.commit()
        assert await runs(town, QUARTERS[1]) == 0
        assert (await town.claim(claims[1].id)).condition == "open"

    async def test_waits_while_a_payment_is_checked(self, town: Town) -> None:
        claims = await agreed(town)
        unit = town.unit()
        second = await unit.load(Claim, claims[1].id)
        second.open_attempt(claims[1].id, "card", "", now=unit.now)
        second.record_start(claims[1].id, "girocheckout", "r", now=unit.now)
        second.record_word(claims[1].id, UNKNOWN, now=unit.now)
        await unit.save(second)
        await unit.commit()
        assert await runs(town, QUARTERS[1] - AHEAD) == 0

    @pytest.mark.parametrize("ending", ["revoked", "suspended"])
    async def test_gives_claims_back_when_the_mandate_ended(self, town: Town, ending: str) -> None:
        claims = await agreed(town)
        mandate_id = claims[1].arranged
        assert mandate_id is not None
        await change(town, mandate_id, ending)
        given_back = await runs(town, QUARTERS[1] - AHEAD)
        left = [(await town.claim(claim.id)).arranged for claim in claims[1:]]
        if ending == "revoked":
            assert (given_back, left) == (3, [None, None, None])
        else:
            assert (given_back, left) == (1, [None, mandate_id, mandate_id]), "amended, it serves again"
        told = await town.rows("SELECT 1 FROM event WHERE name = 'payments.debit_arrangement_ended'")
        assert len(told) == given_back

    async def test_comes_again(self, town: Town) -> None:
        with pytest.raises(Later):
            await town.bank.arranging.look({}, town.unit())
