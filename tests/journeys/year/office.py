"""The cash office: who decides, who agrees, and what is closed at the end of each month."""

import asyncio
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from services.applications.domain.case import Case
from shared.ids import new_id
from tests.journeys.year.city import City
from tests.journeys.year.people import Citizen, People
from tests.services.payments.bank.town import iban_of
from tests.services.payments.books.office import Office

HEADING_ALONE: Final = 1
PAYERS: Final = {"girocheckout": "S-Public Services GmbH", "paypal": "PayPal Europe"}
"""Under which names providers pay out; PORTAL_PAYOUT_PAYERS knows them as it is."""
LAST_PAYOUT: Final = date(2027, 11, 30)


class CashOffice:
    """`ada` and `berta` are two treasurers; a clerk decides cases. `undecided` are references of payments
    that a provider has told in its statement, and of which it says to us that it does not know yet."""

    def __init__(self, city: City, people: People) -> None:
        self.city, self.people = city, people
        self.ada, self.berta, self.clerk = new_id(), new_id(), new_id()
        self.cash_cents = 0
        self.undecided: set[str] = set()
        self.payouts = self._keys = self._vouchers = 0

    # calls

    async def post(self, path: str, said: dict[str, Any], who: UUID | None = None) -> Any:
        self._keys += 1
        headers = self.city.payments.mint.account(who or self.ada, "payments", "treasurer")
        headers["Idempotency-Key"] = f"office-{self._keys}"
        return await self.city.payments.http.post(path, json=said, headers=headers)

    async def done(self, path: str, said: dict[str, Any], who: UUID | None = None) -> Any:
        answer = await self.post(path, said, who)
        assert answer.status_code == 201, (path, answer.text)
        await self.city.rests()
        return answer.json()

    async def get(self, path: str, **asked: Any) -> Any:
        headers = self.city.payments.mint.account(self.ada, "payments", "treasurer")
        answer = await self.city.payments.http.get(path, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def voucher(self) -> str:
        self._vouchers += 1
        return f"AA-2027-{self._vouchers:06}"

    # cases

    async def decides(self, citizen: Citizen, decision: str) -> None:
        case = await self.city.applications.runtime.unit().load(Case, citizen.case_id)
        said: dict[str, Any] = {"decision": decision, "version": case.version}
        if decision == "reject":
            said |= {"reason": "Die Hauptwohnung war nicht feststellbar.", "reason_code": "no_main_residence"}
        headers = self.city.applications.mint.account(self.clerk, "applications", "clerk")
        path = f"/applications/{citizen.case_id}/decision"
        answer = await self.city.applications.http.post(path, json=said, headers=headers)
        assert answer.status_code == 200, answer.text
        await self.city.rests()

    # money

    async def takes_cash(self, citizen: Citizen, given_cents: int) -> dict[str, Any]:
        taken: dict[str, Any] = await self.done(
            f"/claims/{citizen.claim_id}/cash", {"given_cents": given_cents, "keep_all": False}
        )
        self.cash_cents += taken["booked_cents"]
        return taken

    async def voids_cash(self, citizen: Citizen, taken: dict[str, Any]) -> None:
        path = f"/claims/{citizen.claim_id}/cash/{taken['payment_id']}/voiding"
        own = await self.post(path, {"reason": "amount_mistyped"})
        assert own.json()["type"].endswith("cash_of_ones_own")
        voided = await self.done(path, {"reason": "amount_mistyped"}, self.berta)
        self.cash_cents -= voided["voided_cents"]

    async def refunds(self, citizen: Citizen, **wanted: Any) -> dict[str, Any]:
        """The refund as it was asked for; PayPal tells of its own as well."""
        seen = len(self.city.listener.heard)
        asked: dict[str, Any] = await self.done(
            f"/claims/{citizen.claim_id}/refunds", {"reason": "goodwill", **wanted}
        )
        await self._hears_of_paypals(citizen, seen, asked)
        return asked

    async def agrees(self, citizen: Citizen, refund: dict[str, Any]) -> None:
        """The second person; the first may not."""
        path = f"/claims/{citizen.claim_id}/refunds/{refund['refund_id']}/approval"
        assert (await self.post(path, {})).status_code == 403
        await self.done(path, {}, self.berta)

    async def _hears_of_paypals(self, citizen: Citizen, seen: int, refund: dict[str, Any]) -> None:
        claim = await self.city.claim(citizen.claim_id)
        known = claim.refunds[UUID(refund["refund_id"])]
        if known.via == "paypal" and known.state == "settled":
            await self.people.hears(seen + 1)

    async def books_on(self, citizen: Citizen, what: str, code: str, reference: str, cents: int) -> Any:
        """What a provider's letter says of a payment: reversal, reversal-undoing, refund-elsewhere."""
        claim = await self.city.claim(citizen.claim_id)
        payment_id = next(reversed(claim.payments))
        said = {"code": code, "reference": reference, "amount_cents": cents}
        return await self.done(f"/claims/{claim.id}/payments/{payment_id}/{what}", said)

    async def tidies(self) -> None:
        """What waits for a person: money that goes back, money that nobody has named."""
        for task in (await self.get("/money-tasks"))["tasks"]:
            await self._gives_back(task)
        for item in (await self.get("/bank-items"))["items"]:
            await self._puts_away(item)

    async def files_own_transfers(self) -> None:
        """What the city sent has left its account; each bears its voucher."""
        for item in (await self.get("/bank-items"))["items"]:
            if item["cents"] < 0:
                await self._puts_away(item)

    async def _gives_back(self, task: dict[str, Any]) -> None:
        """By the city's own transfer; above the limit two persons settle it."""
        voucher, cents = self.voucher(), task["amount_cents"]
        path = f"/money-tasks/{task['claim_id']}/{task['version']}/settlement"
        said = {"how": "returned_by_transfer", "amount_cents": cents, "voucher": voucher}
        settled = await self.done(path, said)
        if settled["recorded"] == "waiting":
            await self.done(f"{path}/approval", said, self.berta)
        await self._pays_out(cents, voucher)

    async def _pays_out(self, cents: int, voucher: str) -> None:
        citizen = self.people.all[0]
        await asyncio.to_thread(self.city.bank.pay_out, "Erika Mustermann", citizen.iban, cents, voucher)

    async def _puts_away(self, item: dict[str, Any]) -> None:
        """What came and is nobody's goes back."""
        ours = item["cents"] < 0
        voucher = item["text"] if ours else self.voucher()
        path = f"/bank-items/{item['item_id']}/sending-back"
        sent = await self.done(path, {"voucher": voucher})
        if sent["outcome"] == "return_proposed":
            await self.done(f"{path}/approval", {"voucher": voucher, "cents": item["cents"]}, self.berta)
        if not ours:
            await self._pays_out(item["cents"], voucher)

    # the end of a month

    async def closes(self, first: date, last: date) -> None:
        """Statements in, batch out, and the books compared; what providers paid out is on its way then."""
        sent = await self._providers_pay_out(last) if last <= LAST_PAYOUT else {}
        await self._imports(first, last)
        await Office(self.city.payments).closes()
        balance = await self.get("/ledger/trial-balance")
        assert balance["sum_cents"] == 0, balance
        await self.differs_nowhere(first, last)
        for name, cents in sent.items():
            await asyncio.to_thread(self.city.bank.transfer, PAYERS[name], iban_of(4712), cents, "AUSZAHLUNG")
        self.payouts += len(sent)

    async def _providers_pay_out(self, day: date) -> dict[str, int]:
        """All that they hold on that day, by provider."""
        sent = {}
        for name in PAYERS:
            provider = self.city.providers[name]
            await asyncio.to_thread(provider.go_to, day)
            if cents := await asyncio.to_thread(provider.pays_out):
                sent[name] = cents
            await asyncio.to_thread(provider.go_to, self.city.today)
        return sent

    async def _imports(self, first: date, last: date) -> None:
        office = Office(self.city.payments)
        for name, provider in self.city.providers.items():
            told = await asyncio.to_thread(provider.statement, first, last)
            if len(told.splitlines()) == HEADING_ALONE:
                continue
            answer = await office.post(f"/statements/{name}", content=told)
            assert answer.status_code == 201, (name, answer.text)
            again = await office.post(f"/statements/{name}", content=told)
            assert (again.status_code, again.json()["new"]) == (201, 0)

    async def differs_nowhere(self, first: date, last: date) -> set[str]:
        """Each provider and the bank told of each day what our books say, but of `undecided` payments; who
        they are."""
        days = (await self.get("/reconciliation", **{"from": str(first), "to": str(last)}))["days"]
        for day in days:
            known = [one for one in day["unknown_here"] if one["reference"] in self.undecided]
            assert (day["unknown_here"], day["differing"]) == (known, []), day
            assert day["difference_cents"] == sum(one["amount_cents"] for one in known), day
            left = [one for one in day["unknown_there"] if one["amount_cents"]]
            assert left == [], day
        return {day["provider"] for day in days}


def month_before(day: date) -> tuple[date, date]:
    """Its first and last day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
