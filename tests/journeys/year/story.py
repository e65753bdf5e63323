"""What happens in 2027, month by month."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from random import Random
from typing import Any

from tests.journeys.year.city import City
from tests.journeys.year.dogs import Dogs
from tests.journeys.year.events import Events
from tests.journeys.year.office import CashOffice, month_before
from tests.journeys.year.people import People
from tests.journeys.year.ways import Ways

FIRST = date(2027, 1, 1)
BANK_FAULTS: Mapping[date, tuple[str, Mapping[str, Any]]] = {
    date(2027, 1, 5): ("twice", {}),
    date(2027, 3, 5): ("wrong_sum", {"days": 1}),
    date(2027, 4, 5): ("notified", {"days": 1}),
    date(2027, 5, 17): ("notified", {"days": 1}),  # the day of a collection, told one by one first
    date(2027, 6, 5): ("cut", {"days": 1}),
    date(2027, 7, 5): ("hostile", {"days": 1}),
    date(2027, 8, 16): ("notified", {"days": 0, "details": False}),  # of another, beside the statement
    date(2027, 9, 5): ("not_xml", {"days": 0}),
}
"""The night before which the bank is told to err, and how."""
ANSWER_FAULTS: Mapping[date, tuple[str, Mapping[str, Any]]] = {
    date(2027, 2, 8): ("twice", {"call": "answer"}),
    date(2027, 5, 8): ("late", {"call": "answer", "days": 1}),
}
SPOILT = 4
"""Files that nobody can read, or whose sum is wrong."""


class Story:
    def __init__(self, city: City, random: Random) -> None:
        self.city, self.random, self.people = city, random, People(city)
        self.office = CashOffice(city, self.people)
        self.ways = Ways(city, self.people, self.office, random)
        self.dogs = Dogs(city, self.people, self.office, self.ways)
        events = Events(city, self.people, self.office, self.ways)
        self.plan: Mapping[date, Callable[[], Awaitable[None]]] = {
            date(2027, 1, 7): self.dogs.are_registered,
            date(2027, 1, 20): events.movers,
            date(2027, 2, 17): events.outage,
            date(2027, 2, 24): events.gap,
            date(2027, 3, 8): self.dogs.one_claims_back,
            date(2027, 3, 15): events.chargeback,
            date(2027, 4, 14): events.dispute,
            date(2027, 5, 12): events.refunds,
            date(2027, 6, 15): self.dogs.mandates_are_mended,
            date(2027, 6, 16): events.refund_elsewhere,
            date(2027, 7, 14): events.rejected,
            date(2027, 8, 18): events.nobodys,
            date(2027, 9, 15): events.undecided,
            date(2027, 10, 13): events.switched_off,
        }

    async def of_the_day(self, today: date) -> None:
        """Who had put something off, who comes new, and the office's round."""
        for faults in (BANK_FAULTS, ANSWER_FAULTS):
            if today in faults:
                fault, more = faults[today]
                await asyncio.to_thread(self.city.bank.tell, fault, **more)
        if today.day == 1 and today > FIRST:
            await self.office.closes(*month_before(today))
        await self.ways.of_the_day()
        if today in self.plan or (today.day == 4 and today.year == FIRST.year):
            await self.city.books_are_of_today()
        if today.day == 4 and today.year == FIRST.year:
            for way in self.random.sample(self.ways.all(), 9):
                await way()
        if today in self.plan:
            await self.plan[today]()
        if today.day in (11, 21):
            await self.office.tidies()
        if today.day in (13, 23):
            await self.office.files_own_transfers()
