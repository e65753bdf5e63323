"""Puts payments together; `providers/registry` names the concrete providers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from services.payments.api import claims_router, ledger_router
from services.payments.attempts import ASK, Attempts
from services.payments.bank.assembly import bank_of
from services.payments.bank.forgetting import FILES_KEPT, FORGET, Forgetting, end_mandates
from services.payments.bank.items_api import items_router
from services.payments.bank.payouts_api import payouts_router
from services.payments.bank.staff_api import staff_routers
from services.payments.bank.uploads_api import LARGEST
from services.payments.bank_api import OF_BANK, bank_routers
from services.payments.books.assembly import books_of
from services.payments.books.projections import PROJECTIONS
from services.payments.books.reconciliation_api import LIMIT
from services.payments.callbacks import callbacks_router
from services.payments.cash_api import cash_router
from services.payments.diagrams import payments_md
from services.payments.domain.bank_item import BankItemRefused, ItemVoucherImpossible, OtherPersonNeeded
from services.payments.domain.mandate import MandateRefused
from services.payments.domain.refusals import (
    ClaimRefused,
    SecondPersonNeeded,
    UnknownAttempt,
    UnknownMoneyTask,
    UnknownPayment,
    UnknownRefund,
    VoucherImpossible,
)
from services.payments.domain.switchboard import SWITCH
from services.payments.dunning import DUN, Dunning
from services.payments.erasure_api import erasure_router
from services.payments.methods_api import methods_router, switch_as_told
from services.payments.money_api import money_router
from services.payments.money_tasks_api import money_tasks_router
from services.payments.numbers_api import numbers_router
from services.payments.offer import Offer
from services.payments.policies import ERASE, erase_citizen, register
from services.payments.providers import registry
from services.payments.published import PUBLISHED
from services.payments.refunding import REFUND, Refunding
from services.payments.refunds_api import refunds_router
from services.payments.returns_api import returns_router
from services.payments.settings import PaymentsSettings
from services.payments.undecided_api import undecided_router
from shared.bus.handlers import Handlers
from shared.log import Unit
from shared.service import Parts, Runtime, Service
from shared.tasks import Tasks
from shared.tasks.worker import TaskHandler
from shared.web.problems import Problem


def build(runtime: Runtime) -> Parts:
    """Policies, poller and HTTP around the providers that are set up."""
    http = httpx.AsyncClient(trust_env=False)
    providers = registry.from_settings(runtime.settings, http)
    settings = runtime.settings
    bank = bank_of(runtime)
    offer = Offer(
        runtime.pool, providers, settings.payment_methods_retired, settings.payment_breaker_failures,
        timedelta(seconds=settings.payment_breaker_seconds), OF_BANK if bank else frozenset(),
    )  # fmt: skip
    refunding = Refunding(runtime, providers, settings.refund_limit_cents)
    attempts = Attempts(
        runtime, providers, offer, settings.payment_provisional_days, refunding.order_what_is_due
    )
    handlers, tasks = Handlers(), Tasks()
    register(handlers, runtime, refunding, bank.debiting if bank else None)
    tasks.on(ASK, give_up=attempts.leave)(attempts.ask)
    tasks.on(ERASE)(_erasing(runtime))
    tasks.on(REFUND, give_up=refunding.give_up)(refunding.carry_out)
    tasks.on(SWITCH)(switch_as_told)
    zone = ZoneInfo(settings.city_time_zone)
    tasks.recur(DUN, Dunning(runtime.pool, zone, settings.dunning_steps, runtime.unit).look)
    tasks.recur(FORGET, Forgetting(runtime.pool, runtime.keys, zone).look)
    if bank is not None:
        bank.register(tasks)
    books = books_of(runtime, providers.by_name)
    books.register(tasks)
    return Parts(
        routers=[
            claims_router(runtime, attempts),
            methods_router(runtime, offer),
            returns_router(runtime, refunding),
            money_router(runtime),
            cash_router(runtime),
            refunds_router(runtime, refunding),
            ledger_router(runtime),
            numbers_router(runtime),
            money_tasks_router(runtime),
            undecided_router(runtime, attempts),
            erasure_router(runtime),
            items_router(runtime, providers.by_name),
            payouts_router(runtime, providers.by_name),
            callbacks_router(attempts, providers.by_name),
            *books.routers(),
            *((*bank_routers(runtime, offer, bank), *staff_routers(runtime, bank)) if bank else ()),
        ],
        handlers=handlers,
        tasks=tasks,
        hooks=[lambda: _closing(http)],
        retentions=[FILES_KEPT],
    )


def _erasing(runtime: Runtime) -> TaskHandler:
    """The citizen's mandates end, then their key is destroyed."""

    async def erase(payload: Mapping[str, Any], unit: Unit) -> None:
        await end_mandates(runtime.pool, UUID(payload["account_id"]), unit)
        await erase_citizen(payload, unit)

    return erase


@asynccontextmanager
async def _closing(http: httpx.AsyncClient) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await http.aclose()


_STATUS: Final = {
    SecondPersonNeeded: 403,
    OtherPersonNeeded: 403,
    UnknownAttempt: 404,
    UnknownMoneyTask: 404,
    UnknownPayment: 404,
    UnknownRefund: 404,
    VoucherImpossible: 422,
    ItemVoucherImpossible: 422,
}


def _refused(error: Any) -> Problem:
    return Problem(error.slug, _STATUS.get(type(error), 409), "This is not allowed now", str(error))


def _item_refused(error: Any) -> Problem:
    return Problem(
        error.slug, _STATUS.get(type(error), 409), "The payment does not allow this now", str(error)
    )


SERVICE = Service(
    name="payments",
    settings=PaymentsSettings,
    published=PUBLISHED,
    projections=PROJECTIONS,
    build=build,
    migrations=Path(__file__).parent / "migrations",
    body_limits={"/statements/": LIMIT, "/bank-files": LARGEST},
    translations={ClaimRefused: _refused, MandateRefused: _refused, BankItemRefused: _item_refused},
    documents=payments_md,
)
