"""A year in the life of the cash office: every way to pay, what goes wrong on each, and the books at its end.

The clock is moved, the bank has a day of its own, and chance has a seed: the same year each time.
"""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.sandbox.bank.bank import Bank
from deploy.local.sandbox.bank.book import Book
from deploy.local.sandbox.bank.settings import Settings
from services.payments.domain.claim import Claim
from services.payments.domain.mandate import Mandate
from services.payments.refunding import REFUND
from services.payments.wiring import SERVICE
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.paypal_serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    WEBHOOK_ID,
    running_listener,
    running_paypal,
)
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS, Shop, running_sandbox
from tests.services.payments.bank.town import CITY, FEE, NOW, QUARTER, QUARTERS, Town, secrets_of
from tests.services.payments.year import PORTAL, Year
from tests.serving import serving

pytestmark = pytest.mark.integration
SEED = 2027
GOOD, NO_FUNDS, CLAIMED_BACK, CLOSED = 1001, 20003, 30006, 40004
"""Accounts; what happens to their debits goes by their last digits, as the bank is told."""


@pytest.fixture
async def year(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Year]:
    shop, clock, folder = Shop(), FixedClock(NOW), tmp_path / "bank"
    secrets = secrets_of(tmp_path / "secrets")
    credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    (secrets / "paypal_credentials.json").write_text(json.dumps(credentials))

    async def notified(request: Request) -> Response:
        shop.queries.append(request.scope["query_string"])
        return Response(status_code=200)

    bank = Settings(
        folder / "state", folder, CITY.iban, date(2026, 12, 31), rejects={"0004": "AC04"},
        returns={"0003": "MS03", "0006": "MD06"},
    )  # fmt: skip
    doors = Starlette(routes=[Route("/zahlung/girocheckout/notify", notified)])
    with (
        running_sandbox(tmp_path / "giro") as giro,
        running_paypal() as paypal,
        running_listener() as listener,
        serving(doors) as shop_url,
    ):
        paypal.send_to(listener.url)
        (tmp_path / "authorities.pem").write_text(paypal.authority.ca)
        async with running(
            SERVICE, postgres_url, amqp_url, secrets, mint=mint, clock=clock, public_url=PORTAL,
            payments_public_url=shop_url, girocheckout_base_url=giro.api,
            girocheckout_merchant_id=MERCHANT, girocheckout_projects=PROJECTS, paypal_base_url=paypal.url,
            paypal_webhook_id=WEBHOOK_ID, paypal_authorities=tmp_path / "authorities.pem",
            paypal_certificate_origin=paypal.url, payment_breaker_failures=2,
        ) as payments:  # fmt: skip
            town, book = Town(payments, clock, folder), Book(bank.state, bank.day)
            town.go_to(bank.day)
            yield Year(town, Bank(bank, book), book, giro, shop, paypal, listener)
            book.close()


class Story:
    """Who owes what this year, and how each of them pays."""

    def __init__(self, year: Year) -> None:
        self.year, self.town, self.random = year, year.town, Random(SEED)
        self.later: dict[date, list[tuple[Claim, int]]] = {}
        self.mandates: dict[int, Mandate] = {}
        self.taxed: dict[int, list[Claim]] = {}
        self.refused = 0

    async def permit(self, days: int = 30) -> Claim:
        return await self.town.owed(FEE, pay_by=self.year.book.day + timedelta(days=days))

    async def of_the_day(self, today: date) -> None:
        """What somebody had put off; on the first of a month half a dozen permits, each paid another way."""
        for claim, cents in self.later.pop(today, []):
            self.year.transfers(claim, cents)
        if today.day == 1 and today.year == 2027:
            for pay in self.random.sample(self.ways(), len(self.ways())):
                await pay(await self.permit())

    def ways(self) -> list[Any]:
        return [
            self.card, self.second_card, self.year.pays_by_paypal, self.exactly, self.in_parts, self.too_much,
            self.twice, self.late,
        ]  # fmt: skip

    async def card(self, claim: Claim) -> None:
        await self.year.pays_by_card(claim)

    async def second_card(self, claim: Claim) -> None:
        await self.year.pays_by_card(claim, "fail")
        await self.year.pays_by_card(claim)

    async def exactly(self, claim: Claim) -> None:
        self.year.transfers(claim, FEE)

    async def in_parts(self, claim: Claim) -> None:
        part = self.random.randrange(1, FEE)
        self.year.transfers(claim, part)
        self._put_off(claim, FEE - part, self.random.randrange(1, 20))

    async def too_much(self, claim: Claim) -> None:
        self.year.transfers(claim, FEE + self.random.randrange(1, 5000))

    async def twice(self, claim: Claim) -> None:
        await self.year.pays_by_card(claim)
        self.year.transfers(claim, FEE)

    async def late(self, claim: Claim) -> None:
        """After the second step of dunning, with what it costs."""
        self._put_off(claim, FEE + 500, 60)

    def _put_off(self, claim: Claim, cents: int, days: int) -> None:
        self.later.setdefault(self.year.book.day + timedelta(days=days), []).append((claim, cents))

    async def keeps_dogs(self) -> None:
        """Each assessed for the year, with a recurring mandate."""
        for account in (GOOD, NO_FUNDS, CLAIMED_BACK, CLOSED):
            self.mandates[account] = await self.year.signs(account)
            self.taxed[account] = await self.year.owes_by_mandate(self.mandates[account])

    async def dog_tax(self, quarter: int) -> None:
        """Three weeks ahead: announced by itself, or the payer's where the mandate serves no more."""
        for account, claims in self.taxed.items():
            claim = await self.town.claim(claims[quarter].id)
            if claim.arranged is None:
                self.refused += 1
                self.year.transfers(claim, QUARTER)
            elif account != GOOD:  # it will not hold: paid by hand, some weeks later
                self._put_off(claim, QUARTER, 35)


class TestAYear:
    async def test_ends_with_even_books(self, year: Year) -> None:
        story = Story(year)
        await story.keeps_dogs()
        for number, day in enumerate(QUARTERS):
            await year.until(day - timedelta(days=21), story.of_the_day)
            await story.dog_tax(number)
            await (outage, chargeback, refunds, nobodys)[number](year, story)
        await year.until(date(2028, 1, 31), story.of_the_day)
        assert story.refused == 6, "suspended after the first quarter: claimed back, and closed"
        assert await conditions(story) == ["active", "active", "suspended", "suspended"]
        await year.tidies()
        await year.until(year.book.day + timedelta(days=1))
        await year.tidies()
        await is_even(year)


async def conditions(story: Story) -> list[str]:
    unit = story.town.unit()
    return [(await unit.load(Mandate, mandate.id)).condition for mandate in story.mandates.values()]


async def outage(year: Year, story: Story) -> None:
    """The provider is away: after two payers it is not offered, and after a pause it is again."""
    claim = await story.permit()
    for _ in range(2):
        year.giro.tell("unavailable")
        assert (await year.begins(claim, "card")).status_code == 503
    year.giro.forget()
    answer = await year.begins(claim, "card")
    assert (answer.status_code, answer.json()["out"]) == (503, "provider_failing")
    assert "card" not in (await year.get("/methods"))["methods"]
    year.town.clock.advance(timedelta(seconds=61))
    await year.pays_by_card(claim)
    assert (await year.town.claim(claim.id)).condition == "settled"


async def chargeback(year: Year, story: Story) -> None:
    """A payer has the card's money back through PayPal; what is owed again is paid by transfer."""
    claim = await story.permit()
    await year.pays_by_paypal(claim)
    capture = max(year.paypal.book()["captures"], key=lambda one: one["at"])["id"]
    seen = len(year.listener.heard)
    year.paypal.change(capture, "reverse")
    await year.hears(seen + 1)
    assert (await year.town.claim(claim.id)).owed_cents == FEE
    year.transfers(claim, FEE)


async def refunds(year: Year, story: Story) -> None:
    """In full and in part, by either provider."""
    for pay in (year.pays_by_card, year.pays_by_paypal):
        for cents in (FEE, 1275):
            claim = await story.permit()
            await pay(claim)
            assert await year.refund(await year.town.claim(claim.id), cents) == "settled"


async def nobodys(year: Year, story: Story) -> None:
    """Money that names nothing: a clerk finds the claim of the one, and sends the other back."""
    claim = await story.permit()
    year.transfers(None, FEE)
    year.transfers(None, 777)
    await year.until(year.book.day + timedelta(days=1))
    items = {item["cents"]: item["item_id"] for item in (await year.get("/bank-items"))["items"]}
    allocation = {"claim_id": str(claim.id)}
    answer = await year.post(f"/bank-items/{items[FEE]}/allocation", allocation)
    assert (answer.status_code, answer.json()["recorded"]) == (201, "settled")


async def is_even(year: Year) -> None:
    """The entries sum to zero, each holder of money has what our books say, and nobody owes anything."""
    town = year.town
    balances = await town.balances()
    open_claims = await town.rows("SELECT claim_id FROM claim WHERE state = 'open'")
    owed = [(await town.claim(row["claim_id"])).owed_cents for row in open_claims]
    assert balances.pop("receivable", 0) == sum(owed) == 0
    assert balances.pop("bank") == year.book.balance(date.max)
    assert balances.pop("provider:girocheckout") == year.giro.book()["balance_cents"]
    fees = balances.pop("fees:paypal")
    assert balances.pop("provider:paypal") + fees == year.paypal.book()["balance_cents"]
    returned = await town.rows("SELECT count(*) AS n FROM debit WHERE state = 'returned'")
    assert balances.pop("charges") == 325 * returned[0]["n"] == 325 * 5
    assert set(balances) == {"revenue:541000"}
    assert (await year.get("/money-tasks"))["tasks"] == (await year.get("/bank-items"))["items"] == []
    given_up = await town.rows("SELECT kind FROM task WHERE failed_at IS NOT NULL AND kind = $1", REFUND)
    assert not given_up, "what recurs may be: a lease is a minute, and here a day goes by in a moment"
