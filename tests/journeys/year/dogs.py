"""The dogs and their keepers: assessed in January, taxed in quarters, by debit or by transfer."""

import asyncio
from datetime import date, timedelta
from typing import Final

from tests.journeys.year.city import City
from tests.journeys.year.office import CashOffice
from tests.journeys.year.people import Citizen, People
from tests.journeys.year.ways import Ways
from tests.services.payments.bank.town import QUARTERS

GOOD, NO_FUNDS, CLAIMS_BACK, UNKNOWN, CLOSED, BY_HAND, FORGETFUL = (
    600_1001, 600_2003, 600_3009, 600_4004, 600_5009, 600_6009, 600_7009,
)  # fmt: skip
"""Account numbers: …003 has no funds (MS03), …004 is refused as closed (AC04)."""
DEBITED: Final = (GOOD, NO_FUNDS, CLAIMS_BACK, UNKNOWN, CLOSED)
AFTER: Final = timedelta(days=35)


class Dogs:
    """Keepers by their account."""

    def __init__(self, city: City, people: People, office: CashOffice, ways: Ways) -> None:
        self.city, self.people, self.office, self.ways = city, people, office, ways
        self.keepers: dict[int, Citizen] = {}

    async def are_registered(self) -> None:
        """A clerk assesses each; five keepers sign a mandate online."""
        for account in (*DEBITED, BY_HAND, FORGETFUL):
            keeper = self.keepers[account] = await self.people.dog(account)
            await self.office.decides(keeper, "approve")
            await self.people.owes(keeper)
            self.ways.ends[keeper.number] = "completed"
            if account in DEBITED:
                await self.people.agrees_to_debits(keeper)
        await asyncio.to_thread(
            self.city.bank.tell, "returned", reference=self.keepers[CLOSED].iban, code="AC04", days=1,
            charges_cents=650,
        )  # fmt: skip
        for at, day in enumerate(QUARTERS, 1):
            self._plan(at, day)

    def _plan(self, instalment: int, day: date) -> None:
        calendar = self.ways.calendar
        calendar.on(day - timedelta(days=4), lambda: self.pay_by_hand(instalment))
        calendar.on(day + AFTER, lambda: self.pay_what_is_owed(instalment))

    async def pay_by_hand(self, instalment: int) -> None:
        """Who has no mandate that serves; one of them forgets."""
        for account, keeper in self.keepers.items():
            claim = await self.city.claim(keeper.claims[instalment - 1])
            if account != FORGETFUL and claim.owed_cents and not claim.arranged and not claim.attempts:
                await self.people.will_transfer(keeper, instalment)
                await self.people.transfers(keeper, instalment=instalment)

    async def pay_what_is_owed(self, instalment: int) -> None:
        """After a reminder and the second step, with what that costs; and what was returned."""
        for keeper in self.keepers.values():
            if (await self.city.claim(keeper.claims[instalment - 1])).owed_cents:
                await self.people.transfers(keeper, instalment=instalment)

    async def one_claims_back(self) -> None:
        """Weeks after the first debit; the mandate rests."""
        await asyncio.to_thread(self.city.bank.claim_back, self.keepers[CLAIMS_BACK].iban)

    async def mandates_are_mended(self) -> None:
        """Who had claimed back allows debits again, who had a closed account gives another one."""
        keeper = self.keepers[CLAIMS_BACK]
        await self.people.done(keeper, f"/mandates/{keeper.mandate_id}/resume")
        keeper = self.keepers[CLOSED]
        keeper.bank_account += 90
        other = {"iban": keeper.iban, "holder": "Erika Mustermann", "agreed": True}
        await self.people.done(keeper, f"/mandates/{keeper.mandate_id}/amendment", other)
        await self.city.rests()
