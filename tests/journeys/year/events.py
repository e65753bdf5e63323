"""What happens once in the year: a provider fails, money goes back, somebody moves away."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.journeys.year.city import City
from tests.journeys.year.office import CashOffice
from tests.journeys.year.people import Citizen, People
from tests.journeys.year.ways import FEE, Ways


class Events:
    def __init__(self, city: City, people: People, office: CashOffice, ways: Ways) -> None:
        self.city, self.people, self.office, self.ways = city, people, office, ways

    async def outage(self) -> None:
        """After two payers the provider is not offered; after a pause it is tried again."""
        citizen = await self.ways.applicant()
        for _ in range(2):
            await asyncio.to_thread(self.city.giro.tell, "unavailable")
            assert (await self.people.begins(citizen, "card")).status_code == 503
        answer = await self.people.begins(citizen, "card")
        assert (answer.status_code, answer.json()["out"]) == (503, "provider_failing")
        assert "card" not in (await self.office.get("/methods"))["methods"]
        await self.people.by_paypal(citizen)
        self.city.clock.advance(timedelta(seconds=61))
        await self.ways.card()

    async def gap(self) -> None:
        """A statement is left out, and comes behind the next one."""
        await asyncio.to_thread(self.city.bank.tell, "late", days=2)
        await self.people.transfers(await self.ways.applicant())
        other = await self.ways.applicant()
        self.ways.in_days(1, lambda: self.people.transfers(other))

    async def switched_off(self) -> None:
        """PayPal is taken out by the operator while a payer is there: what was begun goes on."""
        citizen, other = await self.ways.applicant(), await self.ways.applicant()
        place = await self.people.goes_to(citizen, "paypal")
        await self._switch(False)
        assert (await self.people.begins(other, "paypal")).status_code == 409
        await self.people.agrees_at_paypal(place)
        await self._switch(True)
        await self.people.by_paypal(other)

    async def _switch(self, on: bool) -> None:
        headers = self.city.payments.mint.account(self.office.ada, "payments", "operator")
        said = {"on": on, "reason": "disturbed"}
        answer = await self.city.payments.http.put("/providers/paypal", json=said, headers=headers)
        assert answer.status_code == 200, answer.text

    async def chargeback(self) -> None:
        """Of a card, by letter; the permit rests from the reminder on, until a transfer comes."""
        citizen = await self.ways.applicant()
        reference = await self.people.by_card(citizen)
        taken = await asyncio.to_thread(self.city.giro.disputes, reference, "charge-back")
        await self.office.books_on(citizen, "reversal", "CHARGEBACK", taken, FEE)
        await self._will_be_suspended(citizen, 10, lambda: self.people.transfers(citizen))

    async def dispute(self) -> None:
        """Of PayPal, by webhook; it is won, and the money comes again."""
        citizen = await self.ways.applicant()
        capture = await self.people.by_paypal(citizen)
        seen = len(self.city.listener.heard)
        dispute = await asyncio.to_thread(self.city.paypal.change, capture, "dispute")
        for count in (1, 2):  # that there is a dispute, and that the money is gone
            await self.people.hears(seen + count)

        async def won() -> None:
            await self.city.books_are_of_today()
            heard = len(self.city.listener.heard)
            await asyncio.to_thread(self.city.paypal.resolve, dispute["id"])
            await self.people.hears(heard + 1)

        await self._will_be_suspended(citizen, 12, won)

    async def _will_be_suspended(self, citizen: Citizen, days: int, then: Any) -> None:
        assert (await self.city.claim(citizen.claim_id)).owed_cents == FEE

        async def look() -> None:
            assert await self.people.condition(citizen) == "suspended"
            await then()

        self.ways.in_days(days, look)

    async def refunds(self) -> None:
        """In full and in part, by card and PayPal; above the limit by two persons."""
        for pay in (self.people.by_card, self.people.by_paypal):
            for cents in (FEE, 1275):
                citizen = await self.ways.applicant()
                await pay(citizen)
                assert (await self.office.refunds(citizen, amount_cents=cents))["state"] in (
                    "approved",
                    "ordered",
                )
        citizen = await self.people.permit(months=24)
        self.ways.ends[citizen.number] = "completed"
        await self.people.by_card(citizen)
        asked = await self.office.refunds(citizen, amount_cents=2 * FEE)
        assert asked["state"] == "requested"
        await self.office.agrees(citizen, asked)

    async def refund_elsewhere(self) -> None:
        """A colleague gives back at PayPal's own pages; the webhook says so."""
        citizen = await self.ways.applicant()
        capture = await self.people.by_paypal(citizen)
        seen = len(self.city.listener.heard)
        await asyncio.to_thread(self.city.paypal.gives_back, capture, 1000)
        await self.people.hears(seen + 1)

    async def rejected(self) -> None:
        """By a clerk, after the fee was paid: it goes back, by the provider or by transfer."""
        citizens = []
        for pay in (self.people.by_card, self.people.transfers):
            citizens.append(await self.people.permit(remark="Bitte beachten Sie den Umzug."))
            self.ways.ends[citizens[-1].number] = "rejected"
            await pay(citizens[-1])

        async def reject() -> None:
            await self.city.books_are_of_today()
            for citizen in citizens:
                await self.office.decides(citizen, "reject")

        self.ways.in_days(3, reject)

    async def movers(self) -> None:
        """Three give their permits up half a year later: one who paid by card, one by transfer, and one
        whose money was taken back, who then owes what was used."""
        by_card, by_transfer, unpaid = [await self.ways.applicant("revoked") for _ in range(3)]
        await self.people.by_card(by_card)
        await self.people.transfers(by_transfer)
        reference = await self.people.by_card(unpaid)

        async def taken_back() -> None:
            await self.city.books_are_of_today()
            taken = await asyncio.to_thread(self.city.giro.disputes, reference, "charge-back")
            await self.office.books_on(unpaid, "reversal", "CHARGEBACK", taken, FEE)

        async def give_up() -> None:
            await self.city.books_are_of_today()
            for citizen in (by_card, by_transfer, unpaid):
                await self.city.documents.takes_back(self.city.applications, citizen.case_id, "moved_away")
                await self.city.rests()
            assert 0 < (await self.city.claim(unpaid.claim_id)).owed_cents < FEE
            await self.people.transfers(unpaid)

        self.ways.in_days(180, taken_back)
        self.ways.in_days(184, give_up)

    async def nobodys(self) -> None:
        """Money that names nothing: a clerk finds the claim of the one, and sends the other back."""
        citizen = await self.ways.applicant()
        await self.people.transfers_nameless(FEE)
        await self.people.transfers_nameless(777)

        async def allocate() -> None:
            items = {
                item["cents"]: item["item_id"] for item in (await self.office.get("/bank-items"))["items"]
            }
            path = f"/bank-items/{items[FEE]}/allocation"
            said = await self.office.done(path, {"claim_id": str(citizen.claim_id)})
            assert said["recorded"] == "settled"

        self.ways.in_days(1, allocate)

    async def undecided(self) -> None:
        """The provider took the money and never says so: after a month two persons do."""
        await asyncio.to_thread(self.city.giro.tell, "unknown_first", answers=10**6)
        citizen = await self.ways.applicant()
        reference = await self.people.by_card(citizen)
        self.office.undecided.add(reference)

        async def decide() -> None:
            [attempt] = (await self.office.get("/undecided-attempts"))["attempts"]
            path = f"/claims/{citizen.claim_id}/attempts/{attempt['attempt_id']}/finding"
            await self.office.done(path, {"found": "paid", "voucher": self.office.voucher()})
            own = await self.office.post(f"{path}/approval", {"found": "paid"})
            assert own.status_code == 403
            said = await self.office.done(f"{path}/approval", {"found": "paid"}, self.office.berta)
            assert said["state"] == "settled"
            self.office.undecided.remove(reference)

        self.ways.in_days(32, decide)
