"""The reminder's task, on real servers with a clock of the test's."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.money import BANK, Receipt
from services.payments.reminding import REMIND, remind_in_time, reminder
from shared.ids import new_id
from shared.log import Unit
from shared.tasks import Later
from shared.testing import Running
from tests.services.payments.paying import FEE

pytestmark = pytest.mark.integration
CITY = ZoneInfo("Europe/Berlin")
PAST, FUTURE = date(2026, 1, 5), date(9000, 1, 5)


async def owed(payments: Running, pay_by: date | None) -> UUID:
    unit, claim_id = payments.runtime.unit(), new_id()
    claim = Claim.request(
        id=claim_id, now=unit.now, case_id=new_id(), case_number="HST-2026-000001", account_id=new_id(),
        service="dog-tax", cost_object="541000", kassenzeichen=claim_id.hex[:20], amount_cents=FEE,
        currency="EUR", pay_by=pay_by, language="de",
    )  # fmt: skip
    await unit.save(claim)
    await unit.commit()
    return claim_id


async def reminds(payments: Running, claim_id: UUID) -> tuple[str, ...]:
    """Runs the task once; what the claim knows of reminders then."""
    unit: Unit = payments.runtime.unit()
    await reminder(CITY)({"claim_id": str(claim_id)}, unit)
    await unit.commit()
    return (await payments.runtime.unit().load(Claim, claim_id)).reminded


class TestTheTask:
    async def test_reminds_once(self, payments: Running) -> None:
        claim_id = await owed(payments, PAST)
        assert await reminds(payments, claim_id) == ("reminder",)
        assert await reminds(payments, claim_id) == ("reminder",)

    async def test_looks_again_where_it_is_not_time(self, payments: Running) -> None:
        with pytest.raises(Later):
            await reminds(payments, await owed(payments, FUTURE))

    async def test_ends_with_the_money(self, payments: Running) -> None:
        claim_id = await owed(payments, PAST)
        unit = payments.runtime.unit()
        claim = await unit.load(Claim, claim_id)
        claim.record_receipt(Receipt(BANK, "bank_transfer", "1", FEE, "EUR"), now=unit.now)
        await unit.save(claim)
        await unit.commit()
        assert await reminds(payments, claim_id) == ()

    async def test_is_set_for_the_morning_a_week_after(self, payments: Running) -> None:
        unit, pool = payments.runtime.unit(), payments.runtime.pool
        claim = await unit.load(Claim, await owed(payments, FUTURE))
        await unit.save(claim)
        remind_in_time(claim, CITY, unit)
        await unit.commit()
        asked = "SELECT due_at FROM task WHERE kind = $1 AND dedupe = $2"
        due = await pool.fetchval(asked, REMIND, str(claim.id))
        assert due == datetime(9000, 1, 12, 8, tzinfo=UTC)
