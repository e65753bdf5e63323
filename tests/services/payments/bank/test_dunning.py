"""The recurring look takes each overdue claim one step on, and says so to the others."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from services.payments.domain.dunning import STEPS, Step
from services.payments.dunning import Dunning
from shared.tasks import Later
from tests.services.payments.bank.town import CITY, FEE, Town
from tests.services.payments.sepa.messages import camt, credit, returned

pytestmark = pytest.mark.integration


@pytest.fixture
def dunning(town: Town) -> Dunning:
    return Dunning(town.payments.runtime.pool, ZoneInfo("Europe/Berlin"), STEPS, town.unit)


class TestDunning:
    async def test_takes_step_after_step(self, town: Town, dunning: Dunning) -> None:
        late, paid = await town.owed(pay_by=date(2026, 12, 1)), await town.owed(pay_by=date(2026, 12, 1))
        never = await town.owed()
        await town.takes("a.xml", camt([credit(FEE, paid.kassenzeichen)], account=CITY.iban))
        days = [date(2026, 12, 7), date(2026, 12, 8), date(2026, 12, 8), date(2026, 12, 22), date(2027, 6, 1)]
        assert [await dunning.run(day) for day in days] == [0, 1, 0, 1, 1]
        assert (await town.claim(late.id)).owed_cents == FEE + 500
        assert (await town.claim(never.id)).reminded == (await town.claim(paid.id)).reminded == ()

    async def test_begins_when_a_debit_comes_back(self, town: Town, dunning: Dunning) -> None:
        (debit,) = await town.filed()
        assert await dunning.run(date(2027, 6, 1)) == 0
        town.go_to(date(2026, 12, 14))
        await town.takes("r.xml", camt([returned(FEE, debit.reference, "MS03", 325)], account=CITY.iban))
        assert [await dunning.run(date(2026, 12, day)) for day in (20, 21)] == [0, 1]
        [row] = await town.rows("SELECT step, due_on FROM claim")
        assert row == {"step": "reminder", "due_on": date(2026, 12, 14)}

    async def test_goes_on_behind_a_step_that_has_another_name_now(
        self, town: Town, dunning: Dunning
    ) -> None:
        late = await town.owed(pay_by=date(2026, 12, 1))
        assert await dunning.run(date(2026, 12, 8)) == 1
        dunning.steps = (Step("first", 7), Step("second", 9))
        assert [await dunning.run(date(2026, 12, day)) for day in (9, 10, 11)] == [1, 1, 0]
        assert (await town.claim(late.id)).reminded == ("reminder", "first", "second")

    async def test_takes_none_where_there_are_none(self, town: Town, dunning: Dunning) -> None:
        await town.owed(pay_by=date(2026, 12, 1))
        dunning.steps = ()
        assert await dunning.run(date(2027, 6, 1)) == 0

    async def test_comes_again(self, town: Town, dunning: Dunning) -> None:
        with pytest.raises(Later):
            await dunning.look({}, town.unit())
