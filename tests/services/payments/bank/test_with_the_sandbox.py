"""The whole way with the sandbox bank on the other side of the folder."""

from datetime import date

import pytest

from deploy.local.sandbox.bank.bank import Bank
from deploy.local.sandbox.bank.book import Book
from deploy.local.sandbox.bank.settings import Settings
from tests.services.payments.bank.town import CITY, FEE, PAYER, Town

pytestmark = pytest.mark.integration


async def reads(town: Town) -> None:
    for file_id in await town.bank.intake.fetch_all():
        await town.take(file_id)


class TestTheWholeWay:
    async def test_from_the_notice_to_the_return_and_a_transfer(self, town: Town) -> None:
        settings = Settings(
            town.folder / "state",
            town.folder,
            CITY.iban,
            date(2026, 12, 8),
            rejects={},
            returns={"3000": "MS03"},
        )
        book = Book(settings.state, settings.day)
        bank = Bank(settings, book)
        (debit,) = await town.filed()
        assert PAYER.endswith("3000")
        bank.take_files()
        await reads(town)
        for _ in range(3):
            bank.next_day()
        await reads(town)
        assert (await town.claim(debit.claim_id)).condition == "settled"
        bank.next_day()
        bank.next_day()
        await reads(town)
        claim = await town.claim(debit.claim_id)
        assert (claim.condition, claim.owed_cents) == ("open", FEE)
        bank.transfer("Ada Lovelace", PAYER, FEE, f"KZ {claim.kassenzeichen}")
        bank.next_day()
        await reads(town)
        assert (await town.claim(debit.claim_id)).condition == "settled"
        assert await town.balances() == {"bank": FEE - 325, "charges": 325, "revenue:541000": -FEE}
        assert book.balance(date.max) == FEE - 325
        book.close()
