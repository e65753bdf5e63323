"""How the fee of a permit is paid, or is not. Each way knows in which state its case has to end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from random import Random
from typing import Final

from tests.journeys.year.city import City
from tests.journeys.year.office import CashOffice
from tests.journeys.year.people import Citizen, People

FEE: Final = 3060
Step = Callable[[], Awaitable[object]]


class Calendar:
    """What people will do on a day to come."""

    def __init__(self) -> None:
        self._later: dict[date, list[Step]] = {}

    def on(self, day: date, step: Step) -> None:
        self._later.setdefault(day, []).append(step)

    def of(self, day: date) -> list[Step]:
        return self._later.pop(day, [])

    @property
    def is_empty(self) -> bool:
        return not self._later


class Ways:
    """`ends` is how each case has to end, by its citizen's number."""

    def __init__(self, city: City, people: People, office: CashOffice, random: Random) -> None:
        self.city, self.people, self.office, self.random = city, people, office, random
        self.calendar = Calendar()
        self.ends: dict[int, str] = {}

    def all(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.card, self.second_card, self.paypal, self.platform, self.exactly, self.in_parts,
            self.too_much, self.twice, self.twice_by_card, self.late, self.never, self.cash, self.cash_voided,
        ]  # fmt: skip

    async def applicant(self, end: str = "completed") -> Citizen:
        citizen = await self.people.permit()
        self.ends[citizen.number] = end
        return citizen

    async def card(self) -> None:
        await self.people.by_card(await self.applicant())

    async def second_card(self) -> None:
        citizen = await self.applicant()
        await self.people.by_card(citizen, self.random.choice(("fail", "cancel")))
        await self.people.by_card(citizen)

    async def paypal(self) -> None:
        await self.people.by_paypal(await self.applicant())

    async def platform(self) -> None:
        await self.people.by_platform(await self.applicant())

    async def exactly(self) -> None:
        citizen = await self.applicant()
        await self.people.will_transfer(citizen)
        await self.people.transfers(citizen)

    async def in_parts(self) -> None:
        """The rest within the time that the part gives."""
        citizen = await self.applicant()
        await self.people.transfers(citizen, self.random.randrange(1, FEE))
        self.in_days(self.random.randrange(2, 6), lambda: self.people.transfers(citizen))

    async def too_much(self) -> None:
        await self.people.transfers(await self.applicant(), FEE + self.random.randrange(1, 4000))

    async def twice(self) -> None:
        """By card, and by a transfer that was on its way."""
        citizen = await self.applicant()
        await self.people.transfers(citizen)
        await self.people.by_card(citizen)

    async def twice_by_card(self) -> None:
        """At two windows; the second success is refunded by itself."""
        citizen = await self.applicant()
        places = [await self.people.goes_to(citizen, "card") for _ in range(2)]
        for place in places:
            seen = len(self.city.shop.queries)
            reference = place.rstrip("/").rpartition("/")[2].partition("?")[0]
            await asyncio.to_thread(self.city.giro.decide, reference)
            query = (await asyncio.to_thread(self.city.shop.wait, seen + 1))[-1]
            await self.city.payments.http.get(f"/callbacks/girocheckout/notify?{query.decode()}")
            await self.city.rests()

    async def late(self) -> None:
        """The case has expired meanwhile: the money goes back."""
        citizen = await self.applicant("expired")
        await self.people.will_transfer(citizen)
        self.in_days(15, lambda: self.people.transfers(citizen, FEE))

    async def never(self) -> None:
        await self.applicant("expired")

    async def cash(self) -> None:
        citizen = await self.applicant()
        taken = await self.office.takes_cash(citizen, 5000)
        assert (taken["booked_cents"], taken["change_cents"]) == (FEE, 5000 - FEE)

    async def cash_voided(self) -> None:
        """Too little was typed in: undone by a colleague, and typed again."""
        citizen = await self.applicant()
        await self.office.voids_cash(citizen, await self.office.takes_cash(citizen, 306))
        await self.office.takes_cash(citizen, FEE)

    def in_days(self, days: int, step: Step) -> None:
        self.calendar.on(self.city.today + timedelta(days=days), step)

    async def of_the_day(self) -> None:
        """What had been put off until today."""
        for step in self.calendar.of(self.city.today):
            await step()
