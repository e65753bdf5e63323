"""A year in the life of the city's cash office, 2027: cases of two services, every way to pay, and what goes
wrong on each; closed with even books.

Applications and payments are at work on PostgreSQL and RabbitMQ and hear of each other by events alone. The
clock is moved, the bank has a day of its own, and chance has a seed: it is the same year each time.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.sandbox.bank.settings import Settings as BankSettings
from deploy.local.sandbox.register.app import create_app as register_app
from services.applications.wiring import SERVICE as APPLICATIONS
from services.payments.wiring import SERVICE as PAYMENTS
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.bank.serving import running_bank
from tests.deploy.sandbox.paypal_serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    WEBHOOK_ID,
    running_listener,
    running_paypal,
)
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS, Shop, running_sandbox
from tests.deploy.sandbox.xbezahldienste_serving import CLIENT_ID as PLATFORM_CLIENT
from tests.deploy.sandbox.xbezahldienste_serving import CLIENT_SECRET as PLATFORM_SECRET
from tests.deploy.sandbox.xbezahldienste_serving import END_POINT, ORIGINATOR, running_platform
from tests.journeys.year.city import City
from tests.journeys.year.ending import Ending
from tests.journeys.year.issuing import Issuing
from tests.journeys.year.people import PORTAL
from tests.journeys.year.story import Story
from tests.services.payments.bank.town import CITY, secrets_of
from tests.serving import listening, serving

pytestmark = pytest.mark.integration
SEED, BEGIN, END = 2027, date(2026, 12, 31), date(2028, 2, 1)


def shop_doors(shop: Shop) -> Starlette:
    """Where GiroCheckout's notifications arrive; the people of the year hand them on, as the gateway does."""

    async def notified(request: Request) -> Response:
        shop.queries.append(request.scope["query_string"])
        return Response(status_code=200)

    return Starlette(routes=[Route("/zahlung/girocheckout/notify", notified)])


async def taken_away(amqp_url: str, prefix: str) -> None:
    """Quorum queues outlive who made them."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for name in ("applications", "payments"):
            for queue in (f"{name}.events", f"{name}.events.dead"):
                await channel.queue_delete(f"{prefix}{queue}")
        await channel.exchange_delete(f"{prefix}portal.events")


@pytest.fixture
async def city(
    postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[City]:
    monkeypatch.setattr("shared.tasks.worker.POLL", 0.01)  # a day here is a moment
    secrets, folder = secrets_of(tmp_path / "payments"), tmp_path / "bank"
    for name, said in (
        ("paypal", (CLIENT_ID, CLIENT_SECRET)),
        ("xbezahldienste", (PLATFORM_CLIENT, PLATFORM_SECRET)),
    ):
        credentials = dict(zip(("client_id", "client_secret"), said, strict=True))
        (secrets / f"{name}_credentials.json").write_text(json.dumps(credentials))
    clock, shop = FixedClock(datetime(2026, 12, 31, 8, tzinfo=UTC)), Shop()
    shared: dict[str, Any] = {"mint": mint, "clock": clock, "name_prefix": f"year-{uuid4().hex[:8]}."}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(taken_away, amqp_url, shared["name_prefix"])
        enter = stack.enter_context
        bank = enter(running_bank(BankSettings(tmp_path / "state", folder, CITY.iban, BEGIN)))
        giro = enter(running_sandbox(tmp_path / "giro", fee_cents=9))
        paypal, listener, platform = (
            enter(running_paypal()),
            enter(running_listener()),
            enter(running_platform()),
        )
        paypal.send_to(listener.url)
        (tmp_path / "authorities.pem").write_text(paypal.authority.ca)
        shop_url = enter(serving(shop_doors(shop)))
        register = await stack.enter_async_context(listening(register_app()))
        applications = await stack.enter_async_context(
            running(
                APPLICATIONS,
                postgres_url,
                amqp_url,
                tmp_path / "applications",
                register_url=register,
                **shared,
            )
        )
        payments = await stack.enter_async_context(
            running(
                PAYMENTS, postgres_url, amqp_url, secrets, public_url=PORTAL, payments_public_url=shop_url,
                girocheckout_base_url=giro.api, girocheckout_merchant_id=MERCHANT,
                girocheckout_projects={name: PROJECTS[name] for name in ("card", "wero")},
                paypal_base_url=paypal.url, paypal_webhook_id=WEBHOOK_ID,
                paypal_authorities=tmp_path / "authorities.pem", paypal_certificate_origin=paypal.url,
                xbezahldienste_base_url=platform.base, xbezahldienste_originator_id=ORIGINATOR,
                xbezahldienste_end_point_id=END_POINT, xbezahldienste_authentication="basic",
                bank_iban=CITY.iban, bank_holder=CITY.name, creditor_id=CITY.identifier,
                bank_folder=str(folder), payment_breaker_failures=2, refund_limit_cents=5000, **shared,
            )
        )  # fmt: skip
        connection = await stack.enter_async_context(await aio_pika.connect(amqp_url))
        channel = await connection.channel()
        exchange = await channel.get_exchange(f"{shared['name_prefix']}portal.events")
        city = City(
            applications, payments, clock, Issuing(exchange, clock), bank, giro, shop, paypal, listener,
            platform, BEGIN,
        )  # fmt: skip
        await city.opens()
        yield city


class TestAYear:
    async def test_of_a_citys_cash_office_ends_with_even_books(self, city: City) -> None:
        story = Story(city, Random(SEED))
        await city.until(END, story.of_the_day)
        ending = Ending(story)
        await ending.nothing_is_left_open()
        await ending.each_case_is_where_its_money_says()
        await ending.every_account_agrees()
        await ending.every_booking_is_in_one_batch()
        await ending.nobody_differs(BEGIN, END)
        await ending.the_bank_was_heard()
