"""Mandates that nobody uses for 36 months are void; those in use are not."""

from datetime import date

import pytest

from services.payments.domain.mandate import Mandate
from shared.tasks import Later
from tests.services.payments.bank.town import Town

pytestmark = pytest.mark.integration


async def condition(town: Town, mandate: Mandate) -> str:
    return (await town.unit().load(Mandate, mandate.id)).condition


class TestLapsing:
    async def test_ends_what_was_never_used(self, town: Town) -> None:
        mandate = await town.mandate(await town.owed())
        town.go_to(date(2029, 11, 26))
        assert await town.bank.lapsing.run(date(2029, 11, 26)) == 0
        assert await condition(town, mandate) == "active"
        assert await town.bank.lapsing.run(date(2029, 11, 27)) == 1
        assert await condition(town, mandate) == "lapsed"
        assert await town.bank.lapsing.run(date(2029, 11, 27)) == 0

    async def test_counts_from_the_last_debit(self, town: Town) -> None:
        (debit,) = await town.filed()
        assert await town.bank.lapsing.run(date(2029, 11, 27)) == 0
        assert (await town.mandate_of(debit)).condition == "active"
        assert await town.bank.lapsing.run(date(2029, 12, 30)) == 1
        assert (await town.mandate_of(debit)).condition == "lapsed"

    async def test_comes_again(self, town: Town) -> None:
        with pytest.raises(Later):
            await town.bank.lapsing.look({}, town.unit())
