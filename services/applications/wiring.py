"""The composition root: names the register's adapter, the catalogue's files, and what refusals look like."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.applications import (
    api,
    catalogue_api,
    clerk_api,
    drafts_api,
    erasing,
    erasure_api,
    fee_deadlines,
    fee_policies,
    policies,
)
from services.applications.catalogue.loading import read_catalogue
from services.applications.commands import FormChanged, FormRefused, ReasonUnknown
from services.applications.consumed import handlers
from services.applications.domain.case_refusals import (
    FeeNotSettled,
    FeeWouldChange,
    InstalmentsDiffer,
    NotPossibleNow,
    ReasonMissing,
)
from services.applications.office import CitizenErased, Office
from services.applications.projections import ACCESSES_KEPT, DRAFTS_KEPT, PROJECTIONS
from services.applications.published import PUBLISHED
from services.applications.register import PopulationRegister
from services.applications.register.http import HttpRegister
from services.applications.settings import ApplicationsSettings
from shared.log import Unit
from shared.service import Parts, Runtime, Service
from shared.tasks import Tasks
from shared.web.problems import Problem

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def build(runtime: Runtime) -> Parts:
    """Raises CatalogueError when a file of the catalogue is wrong: the service then does not start."""
    settings: ApplicationsSettings = runtime.settings
    office = Office(
        read_catalogue(settings.catalogue, settings.city, settings.dunning_steps),
        ZoneInfo(settings.city_time_zone),
        timedelta(days=settings.pay_within_days),
        settings.dunning_steps,
        transfer_takes=timedelta(days=settings.transfer_days),
        pay_again=timedelta(days=settings.pay_again_days),
        parts_within=timedelta(days=settings.parts_days),
        remind_before=timedelta(days=settings.remind_unpaid_days),
    )
    register = HttpRegister(settings.register_url, settings.register_timeout_seconds)
    return Parts(
        routers=(
            catalogue_api.router(runtime, office),
            drafts_api.router(runtime, office),
            api.router(runtime, office),
            clerk_api.router(runtime, office),
            erasure_api.router(runtime),
        ),
        handlers=handlers(office),
        tasks=tasks(runtime, office, register, settings.register_tries),
        hooks=(lambda: register,),
        retentions=(DRAFTS_KEPT, ACCESSES_KEPT),
    )


def tasks(runtime: Runtime, office: Office, register: PopulationRegister, register_tries: int) -> Tasks:
    """Work after the commit, by kind."""
    found = Tasks()

    async def give_up(payload: Mapping[str, Any], unit: Unit) -> None:
        await policies.refer_when_register_stays_silent(payload, office, unit)

    @found.on(policies.ASK_REGISTER, tries=register_tries, give_up=give_up)
    async def ask_register(payload: Mapping[str, Any], unit: Unit) -> None:
        await policies.ask_register(payload, register, office, unit)

    found.on(fee_deadlines.EXPIRE_UNPAID)(fee_deadlines.expire_case_when_it_stays_unpaid)
    found.on(fee_deadlines.REMIND_UNPAID)(fee_deadlines.remind_when_fee_stays_unpaid)

    @found.on(fee_policies.MAKE_FINAL)
    async def make_final(payload: Mapping[str, Any], unit: Unit) -> None:
        await fee_policies.settle_fee_when_payment_is_final(payload, office, unit)

    @found.on(fee_policies.END_UNPAID)
    async def end_unpaid(payload: Mapping[str, Any], unit: Unit) -> None:
        await fee_policies.end_approval_when_fee_stays_unpaid(payload, office, unit)

    found.on(policies.REMIND_OF_CORRECTION)(policies.remind_when_correction_is_awaited)
    found.on(policies.LAPSE_CORRECTION)(policies.return_case_when_correction_does_not_come)
    found.on(policies.END_VALIDITY)(policies.release_when_period_is_over)

    @found.on(erasing.ERASE)
    async def erase_citizen(payload: Mapping[str, Any], unit: Unit) -> None:
        await erasing.erase_citizen(payload, runtime, unit)

    return found


def _form_refused(refused: FormRefused) -> Problem:
    errors = [error.as_json() for error in refused.errors]
    return Problem("invalid", 422, "Some answers cannot be taken", errors=errors)


SERVICE: Final = Service(
    name="applications",
    settings=ApplicationsSettings,
    published=PUBLISHED,
    projections=PROJECTIONS,
    build=build,
    migrations=MIGRATIONS,
    translations={
        FormRefused: _form_refused,
        FormChanged: lambda e: Problem(
            "form_changed", 409, "The form has changed meanwhile", current_version=e.current
        ),
        NotPossibleNow: lambda e: Problem(
            "not_possible_now", 409, "The case does not allow this now", step=str(e.step)
        ),
        FeeNotSettled: lambda _: Problem("fee_not_settled", 409, "The fee must be paid before the decision"),
        FeeWouldChange: lambda _: Problem("fee_would_change", 409, "The fee is settled and may not change"),
        InstalmentsDiffer: lambda _: Problem(
            "instalments_differ", 409, "The instalments do not add up to the fee"
        ),
        CitizenErased: lambda _: Problem("erased", 410, "The citizen's data were erased"),
        ReasonMissing: lambda _: Problem(
            "invalid",
            422,
            "A reason is needed",
            errors=[{"field": "reason", "code": "required", "params": {}}],
        ),
        ReasonUnknown: lambda _: Problem(
            "invalid",
            422,
            "This service has no such reason",
            errors=[{"field": "reason_code", "code": "not_an_option", "params": {}}],
        ),
    },
)
