"""Who applies to the city, and how they pay what that costs."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from services.applications.domain.case import Case
from services.payments import queries
from shared.ids import new_id
from tests.journeys.year.city import City
from tests.services.applications.plain import DOG, PERMIT
from tests.services.payments.bank.town import iban_of

PORTAL: Final = "http://portal.test"
PERMITS, DOGS = "bewohnerparkausweis", "hundesteuer-anmeldung"


@dataclass
class Citizen:
    """One case of one citizen; `claims` are its fee, or its instalments in their order. `bank_account` is
    the number of their account at the sandbox bank."""

    number: int
    bank_account: int
    account_id: UUID = field(default_factory=new_id)
    case_id: UUID = field(default_factory=new_id)
    claims: list[UUID] = field(default_factory=list)
    mandate_id: str = ""

    @property
    def claim_id(self) -> UUID:
        return self.claims[0]

    @property
    def iban(self) -> str:
        return iban_of(self.bank_account)


class People:
    """Citizens at the doors of both services; the last digits of an account say how the bank sees it."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.all: list[Citizen] = []
        self._keys = 0

    # calls

    async def post(self, citizen: Citizen, path: str, said: Any = None, of: str = "payments") -> Any:
        self._keys += 1
        service = self.city.payments if of == "payments" else self.city.applications
        headers = {**service.mint.account(citizen.account_id, of), "Idempotency-Key": f"people-{self._keys}"}
        return await service.http.post(path, json=said, headers=headers)

    async def done(self, citizen: Citizen, path: str, said: Any = None, of: str = "payments") -> Any:
        """The answer of what has to succeed."""
        answer = await self.post(citizen, path, said, of)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json()

    # cases

    async def applies(self, service: str, bank_account: int = 0, **answers: Any) -> Citizen:
        """A new citizen with a new case."""
        number = len(self.all) + 1
        citizen = Citizen(number, bank_account or 500_000 + number * 100 + 99)
        plain = {**(DOG if service == DOGS else PERMIT), **answers}
        plain["birth_date"] = str(date(1950, 1, 1) + timedelta(days=number * 7))
        given = {"service": service, "service_version": 1, "answers": plain}
        said = await self.done(citizen, "/applications", given, "applications")
        citizen.case_id = UUID(said["case_id"])
        self.all.append(citizen)
        await self.city.rests()
        return citizen

    async def permit(self, months: int = 12, **answers: Any) -> Citizen:
        """Applied for today; its fee is owed."""
        plate = f"LIN-AB {len(self.all) + 100}"
        start = self.city.today.isoformat()
        citizen = await self.applies(PERMITS, plate=plate, start=start, months=months, **answers)
        await self.owes(citizen)
        return citizen

    async def dog(self, bank_account: int) -> Citizen:
        return await self.applies(DOGS, bank_account, kept_since=self.city.today.isoformat())

    async def owes(self, citizen: Citizen) -> None:
        """What the case costs is claimed by now."""
        pool = self.city.payments.runtime.pool
        citizen.claims = await queries.claims_of_case(pool, citizen.case_id)
        assert citizen.claims, "the case has no claim"

    async def condition(self, citizen: Citizen) -> str:
        """Of the case."""
        return (await self.city.applications.runtime.unit().load(Case, citizen.case_id)).condition.value

    # providers

    async def begins(self, citizen: Citizen, method: str) -> Any:
        wanted = {"method": method, "return_url": f"{PORTAL}/back"}
        return await self.post(citizen, f"/claims/{citizen.claim_id}/attempts", wanted)

    async def goes_to(self, citizen: Citizen, method: str) -> str:
        """Where the provider awaits the payer."""
        begun = await self.begins(citizen, method)
        assert begun.status_code == 201, begun.text
        return str(begun.json()["redirect_url"])

    async def by_card(self, citizen: Citizen, outcome: str = "pay") -> str:
        """The provider's reference."""
        place = await self.goes_to(citizen, "card")
        reference = place.rstrip("/").rpartition("/")[2].partition("?")[0]
        seen = len(self.city.shop.queries)
        await asyncio.to_thread(self.city.giro.decide, reference, outcome)
        query = (await asyncio.to_thread(self.city.shop.wait, seen + 1))[-1]
        path = f"/callbacks/girocheckout/notify?{query.decode()}"
        answer = await self.city.payments.http.get(path)
        assert answer.status_code == 200, answer.text
        await self.city.rests()
        return reference

    async def by_paypal(self, citizen: Citizen) -> str:
        """The capture's id."""
        return await self.agrees_at_paypal(await self.goes_to(citizen, "paypal"))

    async def agrees_at_paypal(self, place: str) -> str:
        """The capture's id."""
        order = parse_qs(urlsplit(place).query)["token"][0]
        seen = len(self.city.listener.heard)
        await asyncio.to_thread(self.city.paypal.decide, order)
        await self.hears(seen + 1)
        await self.hears(seen + 2)
        return str(self.city.paypal.order(order)["captures"][0]["id"])

    async def hears(self, count: int) -> None:
        """PayPal's webhook of this number is handed on."""
        headers, body = (await asyncio.to_thread(self.city.listener.wait, count))[count - 1]
        own = {n: v for n, v in headers.items() if n.startswith("paypal-") or n == "content-type"}
        answer = await self.city.payments.http.post("/callbacks/paypal/notify", content=body, headers=own)
        assert answer.status_code == 200, answer.text
        await self.city.rests()

    async def by_platform(self, citizen: Citizen) -> None:
        """It never calls: who comes back is asked about."""
        place = await self.goes_to(citizen, "payment_page")
        await asyncio.to_thread(self.city.platform.decide, place.rstrip("/").rpartition("/")[2])
        await self.done(citizen, f"/claims/{citizen.claim_id}/look")
        await self.city.rests()

    # bank

    async def will_transfer(self, citizen: Citizen, instalment: int = 1) -> None:
        await self.done(citizen, f"/claims/{citizen.claims[instalment - 1]}/transfer")
        await self.city.rests()

    async def transfers(self, citizen: Citizen, cents: int | None = None, instalment: int = 1) -> None:
        """With the Kassenzeichen; all that is owed where no amount is said."""
        claim = await self.city.claim(citizen.claims[instalment - 1])
        paid, text = cents or claim.owed_cents, f"KZ {claim.kassenzeichen}"
        await asyncio.to_thread(self.city.bank.transfer, "Erika Mustermann", citizen.iban, paid, text)

    async def transfers_nameless(self, cents: int) -> None:
        await asyncio.to_thread(self.city.bank.transfer, "Erika Mustermann", iban_of(4711), cents, "Danke")

    async def agrees_to_debits(self, citizen: Citizen) -> None:
        """A recurring mandate, online: the first instalment is announced, the others are arranged."""
        agreed = {"iban": citizen.iban, "holder": "Erika Mustermann", "agreed": True, "kind": "recurring"}
        said = await self.done(citizen, f"/claims/{citizen.claim_id}/debits", agreed)
        assert said["later"] == len(citizen.claims) - 1
        citizen.mandate_id = said["mandate_id"]
        await self.city.rests()
