"""Puts payments together; the only place that names concrete providers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from services.payments.api import claims_router, ledger_router
from services.payments.attempts import ASK, Attempts
from services.payments.callbacks import callbacks_router
from services.payments.domain.claim import ClaimRefused, UnknownMoneyTask, VoucherImpossible
from services.payments.money_tasks_api import money_tasks_router
from services.payments.policies import ERASE, erase_citizen, register
from services.payments.projections import PROJECTIONS
from services.payments.providers.girocheckout import Account, GiroCheckout
from services.payments.published import PUBLISHED
from services.payments.settings import PaymentsSettings
from shared.bus.handlers import Handlers
from shared.service import Parts, Runtime, Service
from shared.settings import StartRefused
from shared.tasks import Tasks
from shared.web.problems import Problem


def build(runtime: Runtime) -> Parts:
    """Policies, poller and HTTP around GiroCheckout."""
    http = httpx.AsyncClient(trust_env=False)
    girocheckout = GiroCheckout(
        base_url=runtime.settings.girocheckout_base_url, account=_account(runtime.settings), http=http
    )
    attempts = Attempts(runtime, dict.fromkeys(girocheckout.methods, girocheckout))
    handlers, tasks = Handlers(), Tasks()
    register(handlers, runtime)
    tasks.on(ASK)(attempts.ask)
    tasks.on(ERASE)(erase_citizen)
    return Parts(
        routers=[
            claims_router(runtime, attempts),
            ledger_router(runtime),
            money_tasks_router(runtime),
            callbacks_router(attempts, {girocheckout.name: girocheckout}),
        ],
        handlers=handlers,
        tasks=tasks,
        hooks=[lambda: _closing(http)],
    )


def _account(settings: PaymentsSettings) -> Account:
    try:
        return Account.of(
            settings.girocheckout_merchant_id,
            settings.girocheckout_projects,
            settings.secret_json("girocheckout_passphrases"),
        )
    except ValueError as error:
        raise StartRefused(f"Not started: {error}") from error


@asynccontextmanager
async def _closing(http: httpx.AsyncClient) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await http.aclose()


_STATUS: Final = {UnknownMoneyTask: 404, VoucherImpossible: 422}


def _refused(error: Any) -> Problem:
    return Problem(error.slug, _STATUS.get(type(error), 409), "The claim does not allow this now", str(error))


SERVICE = Service(
    name="payments",
    settings=PaymentsSettings,
    published=PUBLISHED,
    projections=PROJECTIONS,
    build=build,
    migrations=Path(__file__).parent / "migrations",
    secrets=("girocheckout_passphrases.json",),
    translations={ClaimRefused: _refused},
)
