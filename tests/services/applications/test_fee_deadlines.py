"""The day to pay by, as the days go by: what payments tells puts the end off, and nothing is lost by it."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.applications import fee_deadlines
from services.applications.domain.conditions import Condition
from services.applications.fee_deadlines import EXPIRE_UNPAID, REMIND_UNPAID
from shared.tasks import Later
from tests.services.applications.domain import cases
from tests.services.applications.domain.cases import ATTEMPT, CASE, FEE, NOW
from tests.services.applications.test_fee_policies import FACTS, Town, office

PAY_BY, AGAIN = date(2026, 11, 29), date(2026, 12, 15)
DEBITED = date(2026, 12, 7)
POLICIES = {
    EXPIRE_UNPAID: fee_deadlines.expire_case_when_it_stays_unpaid,
    REMIND_UNPAID: fee_deadlines.remind_when_fee_stays_unpaid,
}


class Calendar(Town):
    """The town, and the days that go by: what falls due is done in its order."""

    async def apply(self) -> None:
        """Paid first, and the register has answered."""
        unit, case = self.service.unit(NOW), cases.answered(facts=FACTS)
        fee_deadlines.expire_when_unpaid(case, self.office, unit)
        unit.reserve("permit_per_plate", "LIN-AB 123", CASE)
        await unit.save(case, subject=cases.ACCOUNT)
        await unit.commit()
        self.later: dict[UUID, datetime] = {}

    async def goes_to(self, day: date, hour: int = 12) -> None:
        until = self.office.begin_of(day) + timedelta(hours=hour)
        while due := sorted(found for found in self._due() if found[0] <= until):
            self.now, task_id = max(due[0][0], self.now), due[0][1]
            await self._do(task_id)
        self.now = until

    def _due(self) -> list[tuple[datetime, UUID]]:
        tasks = self.service.log.tasks.items()
        return [
            (self.later.get(task_id, stored.task.due_at or NOW), task_id)
            for task_id, stored in tasks
            if stored.task.kind in POLICIES and not stored.done
        ]

    async def _do(self, task_id: UUID) -> None:
        stored = self.service.log.tasks[task_id]
        try:
            await self.does(json.loads(stored.task.payload), POLICIES[stored.task.kind])
        except Later as later:
            self.later[task_id] = self.now + later.delay
        else:
            stored.done = True

    async def hears_of(self, event: str, attempt_id: UUID = ATTEMPT, **data: Any) -> None:
        await self.hears(f"payments.{event}.v1", attempt_id=str(attempt_id), **data)

    async def hears_of_debit(self) -> None:
        await self.hears_of("payment_started", method="direct_debit", debited_on=DEBITED.isoformat())

    async def condition(self) -> Condition:
        return (await self.case()).condition


@pytest.fixture
async def town(tmp_path: Path) -> Calendar:
    """A citizen has applied for a permit that is paid first, by 29 November."""
    found = Calendar(office(tmp_path))
    await found.apply()
    return found


class TestAnUnpaidCase:
    async def test_expires_behind_its_day_and_is_reminded_of_it_once(self, town: Calendar) -> None:
        await town.goes_to(date(2026, 11, 27))
        assert await town.told() == ["application_submitted"]
        await town.goes_to(PAY_BY, hour=24)
        assert await town.told() == ["application_submitted", "fee_reminded"]
        assert await town.condition() is Condition.AWAITING_PAYMENT
        await town.goes_to(date(2026, 11, 30))
        assert await town.told() == ["application_submitted", "fee_reminded", "application_expired"]
        assert town.service.log.reservations == {}

    async def test_may_still_be_paid_an_hour_after_midnight(self, town: Calendar) -> None:
        await town.goes_to(date(2026, 11, 30), hour=0)
        await town.hears_of_money()
        await town.goes_to(date(2026, 12, 1))
        assert await town.condition() is Condition.APPROVED

    async def test_is_not_reminded_where_the_city_wants_none(self, tmp_path: Path) -> None:
        town = Calendar(replace(office(tmp_path), remind_before=timedelta(0)))
        await town.apply()
        await town.goes_to(date(2026, 11, 30))
        assert await town.told() == ["application_submitted", "application_expired"]


class TestADebitOfTheCitys:
    async def test_is_waited_for_beyond_the_day_to_pay_by(self, town: Calendar) -> None:
        await town.hears_of_debit()
        await town.goes_to(DEBITED)
        assert await town.condition() is Condition.AWAITING_PAYMENT
        assert await town.told() == ["application_submitted"]
        await town.hears_of("payment_approved")
        await town.hears_of("payment_settled", amount_cents=FEE)
        assert await town.condition() is Condition.APPROVED
        assert (await town.case()).waits == {}
        await town.goes_to(date(2027, 1, 1))
        assert await town.condition() is Condition.APPROVED

    async def test_that_fails_leaves_a_week_with_a_reminder_and_then_the_case_expires(
        self, town: Calendar
    ) -> None:
        await town.hears_of_debit()
        await town.goes_to(date(2026, 12, 8))
        await town.hears_of("payment_failed", outcome="failed")
        assert (await town.case()).pay_by == AGAIN
        await town.goes_to(date(2026, 12, 13))
        assert (await town.told())[1:] == ["pay_by_moved"]
        await town.goes_to(AGAIN)
        assert (await town.told())[1:] == ["pay_by_moved", "fee_reminded"]
        await town.goes_to(date(2026, 12, 16))
        assert await town.condition() is Condition.EXPIRED

    async def test_that_fails_can_be_paid_otherwise(self, town: Calendar) -> None:
        await town.hears_of_debit()
        await town.goes_to(date(2026, 12, 8))
        await town.hears_of("payment_failed", outcome="failed")
        await town.goes_to(AGAIN)
        await town.hears_of("payment_settled", uuid4(), amount_cents=FEE)
        assert await town.condition() is Condition.APPROVED

    async def test_that_fails_early_takes_no_day_away(self, tmp_path: Path) -> None:
        town = Calendar(replace(office(tmp_path), pay_again=timedelta(days=1)))
        await town.apply()
        await town.hears_of_debit()
        await town.hears_of("payment_failed", outcome="cancelled")
        assert (await town.case()).pay_by == PAY_BY
        await town.goes_to(date(2026, 11, 30))
        assert await town.condition() is Condition.EXPIRED

    async def test_is_told_twice_and_counts_once(self, town: Calendar) -> None:
        for _ in range(2):
            await town.hears_of_debit()
        await town.goes_to(date(2026, 12, 8))
        for _ in range(2):
            await town.hears_of("payment_failed", outcome="failed")
        await town.hears_of_debit()
        assert (await town.told()).count("pay_by_moved") == 1
        await town.goes_to(date(2026, 12, 16))
        assert await town.condition() is Condition.EXPIRED

    async def test_that_came_in_part_leaves_time_for_the_rest(self, town: Calendar) -> None:
        await town.hears_of_debit()
        await town.goes_to(date(2026, 12, 8))
        await town.hears("payments.part_received.v1", payment_id=str(ATTEMPT), amount_cents=1000)
        assert (await town.case()).pay_by == AGAIN

    async def test_whose_money_nobody_wanted_is_not_waited_for(self, town: Calendar) -> None:
        await town.hears_of_debit()
        await town.goes_to(date(2026, 12, 8))
        await town.hears_of("surplus_received", amount_cents=FEE)
        assert (await town.case()).waits == {}

    async def test_is_none_of_a_case_that_is_decided(self, town: Calendar) -> None:
        await town.hears_of("payment_settled", amount_cents=FEE)
        before = list(town.service.log.order)
        await town.hears_of_debit()
        await town.hears_of("payment_failed", outcome="failed")
        assert town.service.log.order == before


class TestAPartByTransfer:
    """By no attempt that was awaited: a transfer is known by its own receipt."""

    async def comes(self, town: Calendar, payment_id: UUID | None = None) -> None:
        await town.hears("payments.part_received.v1", payment_id=str(payment_id or uuid4()), amount_cents=10)

    async def test_gives_a_week_for_the_rest_and_says_so(self, town: Calendar) -> None:
        await town.goes_to(PAY_BY)
        await self.comes(town)
        assert (await town.case()).pay_by == date(2026, 12, 6)
        assert (await town.told())[-2:] == ["rest_awaited", "pay_by_moved"]
        await town.goes_to(date(2026, 12, 6), hour=23)
        assert await town.condition() is Condition.AWAITING_PAYMENT
        assert (await town.told())[-1] == "fee_reminded"
        await town.goes_to(date(2026, 12, 7))
        assert await town.condition() is Condition.EXPIRED

    async def test_told_twice_gives_one(self, town: Calendar) -> None:
        part = uuid4()
        await town.goes_to(PAY_BY)
        await self.comes(town, part)
        await town.goes_to(date(2026, 12, 3))
        await self.comes(town, part)
        assert (await town.case()).pay_by == date(2026, 12, 6)
        assert (await town.told()).count("rest_awaited") == 1

    async def test_again_and_again_keeps_no_case_open(self, town: Calendar) -> None:
        for week in range(5):
            await town.goes_to(PAY_BY + timedelta(days=7 * week))
            await self.comes(town)
        assert (await town.case()).pay_by == PAY_BY + timedelta(days=28)
        await town.goes_to(date(2026, 12, 28))
        assert await town.condition() is Condition.EXPIRED

    async def test_is_nothing_new_to_a_case_that_is_decided(self, town: Calendar) -> None:
        await town.hears_of("payment_settled", amount_cents=FEE)
        before = list(town.service.log.order)
        await self.comes(town)
        assert town.service.log.order == before


class TestAPaymentThatItsProviderIsDeciding:
    @pytest.mark.parametrize("word", ["payment_approved", "payment_unclear"])
    async def test_is_waited_for(self, town: Calendar, word: str) -> None:
        await town.hears_of("payment_started", method="paypal")
        await town.goes_to(PAY_BY, hour=23)
        await town.hears_of(word)
        await town.goes_to(date(2026, 12, 4))
        assert await town.condition() is Condition.AWAITING_PAYMENT
        await town.hears_of("payment_settled", amount_cents=FEE)
        assert await town.condition() is Condition.APPROVED

    async def test_is_not_while_the_payer_has_only_begun(self, town: Calendar) -> None:
        await town.hears_of("payment_started", method="paypal")
        await town.goes_to(date(2026, 11, 30))
        assert await town.condition() is Condition.EXPIRED

    async def test_of_an_old_event_that_names_no_case_is_ignored(self, town: Calendar) -> None:
        before = list(town.service.log.order)
        await town.hears("payments.payment_approved.v1", attempt_id=str(ATTEMPT), case_id=None)
        assert town.service.log.order == before


class TestAChosenTransfer:
    async def test_sent_on_the_last_day_has_five_days_to_come(self, town: Calendar) -> None:
        await town.goes_to(PAY_BY, hour=23)
        await town.hears_of("payment_started", method="transfer")
        await town.goes_to(date(2026, 12, 4), hour=23)
        await town.hears_of("payment_settled", uuid4(), amount_cents=FEE)
        assert await town.condition() is Condition.APPROVED

    async def test_that_does_not_come_is_reminded_of_and_then_the_case_expires(self, town: Calendar) -> None:
        await town.hears_of("payment_started", method="transfer")
        await town.goes_to(date(2026, 12, 4), hour=24)
        assert (await town.told())[1:] == ["fee_reminded"]
        await town.goes_to(date(2026, 12, 5))
        assert (await town.told())[1:] == ["fee_reminded", "application_expired"]
        assert (await town.case()).pay_by == PAY_BY
