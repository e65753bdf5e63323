"""A dog's tax through a year at the sandbox bank: agreed to once, collected by itself, moved, returned."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from deploy.local.sandbox.bank.bank import Bank
from deploy.local.sandbox.bank.book import Book
from deploy.local.sandbox.bank.settings import Settings
from services.payments import queries
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.mandate import Kind
from services.payments.sepa.iban import read_iban
from shared.ids import new_id
from tests.services.payments.bank.town import CITY, PAYER, QUARTER, QUARTERS, Town, iban_of
from tests.services.payments.test_policies import happens

pytestmark = pytest.mark.integration
WITHOUT_FUNDS = iban_of(20003)


@pytest.fixture
def bank(town: Town) -> Iterator[Bank]:
    """Its days begin in January; who has an account that ends with 0003 has no funds."""
    settings = Settings(
        town.folder / "state", town.folder, CITY.iban, date(2027, 1, 4), rejects={}, returns={"0003": "MS03"}
    )  # fmt: skip
    book = Book(settings.state, settings.day)
    yield Bank(settings, book)
    book.close()


class Dog:
    """Registered and assessed; `until` lets the days of bank and town go by."""

    def __init__(self, town: Town, bank: Bank) -> None:
        self.town, self.bank, self.book = town, bank, bank._book
        self.case_id, self.account_id = new_id(), new_id()

    async def is_assessed(self) -> None:
        parts = [{"due_on": day.isoformat(), "cents": QUARTER} for day in QUARTERS]
        await happens(
            self.town.payments, "application_approved", self.town.clock.now(), case_id=str(self.case_id),
            case_number="HST-2026-000001", account_id=str(self.account_id), service="hundesteuer-anmeldung",
            fee_cents=QUARTER * 4, currency="EUR", fee_due="after_decision", cost_object="541000",
            instalments=parts,
        )  # fmt: skip

    async def claims(self) -> list[Claim]:
        ids = await queries.claims_of_case(self.town.payments.runtime.pool, self.case_id)
        return [await self.town.claim(claim_id) for claim_id in ids]

    async def agrees(self) -> UUID:
        first, work, paying = (await self.claims())[0], Work(self.town.unit()), self.town.bank.paying
        debit = await paying.by_debit(work, first.id, read_iban(PAYER), "Ada Lovelace", Kind.RECURRING)
        await paying.arrange(work, debit.mandate_id, await self.town.bank.lookups.later_instalments(first.id))
        await work.commit()
        return debit.mandate_id

    async def moves_to(self, iban: str, mandate_id: UUID) -> None:
        work = Work(self.town.unit())
        await self.town.bank.paying.amend(work, mandate_id, read_iban(iban), "Ada King")
        await work.commit()

    async def takes_back(self, mandate_id: UUID) -> None:
        work, lookups = Work(self.town.unit()), self.town.bank.lookups
        arranged = await lookups.arranged_under(mandate_id)
        await self.town.bank.paying.revoke(work, mandate_id, [], arranged)
        await work.commit()

    async def until(self, day: date) -> None:
        while self.book.day < day:
            self.bank.next_day()
            self.town.go_to(self.book.day)
            for file_id in await self.town.bank.intake.fetch_all():
                await self.town.take(file_id)
            await self.town.bank.arranging.run(self.book.day)
            await self.town.run()

    async def stand(self) -> list[str]:
        return [claim.condition for claim in await self.claims()]

    def at_the_bank(self) -> list[dict[str, Any]]:
        """What the files said of each debit, the oldest first."""
        found = []
        for path in sorted((self.town.folder / "out" / "taken").glob("*.xml")):
            text = path.read_text()
            found.append(
                {
                    "sequence": re.findall(r"<SeqTp>(\w+)</SeqTp>", text),
                    "account": re.findall(r"<DbtrAcct><Id><IBAN>(\w+)</IBAN>", text),
                    "amended": re.findall(
                        r"<AmdmntInd>true</AmdmntInd><AmdmntInfDtls>.*?<Id>(\w+)</Id>", text
                    ),
                }
            )
        return found


class TestADogsYear:
    async def test_is_collected_by_itself_until_something_happens(self, town: Town, bank: Bank) -> None:
        dog = Dog(town, bank)
        await dog.is_assessed()
        mandate_id = await dog.agrees()
        await dog.until(QUARTERS[0] + timedelta(days=3))
        assert await dog.stand() == ["settled", "open", "open", "open"]
        await dog.until(QUARTERS[1] + timedelta(days=5))
        assert await dog.stand() == ["settled", "settled", "open", "open"], "nobody did anything"

        await dog.moves_to(WITHOUT_FUNDS, mandate_id)
        await dog.until(QUARTERS[2] + timedelta(days=10))
        third = (await dog.claims())[2]
        assert (third.condition, third.owed_cents, third.waits_for_its_day) == ("open", QUARTER, False)
        same = {"sequence": ["RCUR"], "account": [PAYER], "amended": []}
        assert dog.at_the_bank() == [
            {**same, "sequence": ["FRST"]}, same, {**same, "account": [WITHOUT_FUNDS], "amended": ["SMNDA"]},
        ]  # fmt: skip

        await dog.takes_back(mandate_id)
        last = (await dog.claims())[3]
        assert (last.condition, last.arranged) == ("open", None)
        for claim in (third, last):
            bank.transfer("Ada Lovelace", PAYER, QUARTER, f"KZ {claim.kassenzeichen}")
        await dog.until(QUARTERS[3] + timedelta(days=1))
        assert await dog.stand() == ["settled"] * 4
        assert len(dog.at_the_bank()) == 3, "after the mandate's end nothing is debited"
        expected = {"bank": QUARTER * 4 - 325, "charges": 325, "revenue:541000": -QUARTER * 4}
        assert await town.balances() == expected
