"""What payments does on the events of others."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from services.payments.bank.debiting import Debiting
from services.payments.bank.work import Work
from services.payments.consumed import (
    AccountErased,
    ApprovalRevoked,
    CaseEnded,
    FeeOfCase,
    GivenUp,
    PayByMoved,
)
from services.payments.domain.claim import Claim
from services.payments.domain.pro_rata import Period
from services.payments.domain.refusals import NotLater, NotPayable
from services.payments.numbers import KASSENZEICHEN, next_kassenzeichen
from services.payments.refunding import Refunding
from shared.bus.handlers import Handler, Handlers, Permanent
from shared.ids import derived_id
from shared.log import StreamNotFound, Unit
from shared.service import Runtime

log = structlog.get_logger()

UNASSIGNED: Final = "unassigned"
ERASE: Final = "erase_citizen"


def register(
    handlers: Handlers, runtime: Runtime, refunding: Refunding, debiting: Debiting | None = None
) -> None:
    """Binds the policies of this service; without a bank nothing is debited."""
    open_claim = _opener(runtime)

    @handlers.on("applications.application_submitted.v1", FeeOfCase)
    async def open_claim_when_application_is_submitted(event: FeeOfCase, unit: Unit) -> None:
        if event.fee_due == "before_decision" and event.fee_cents > 0:
            await open_claim(event, unit)

    @handlers.on("applications.application_approved.v1", FeeOfCase)
    async def open_claim_when_application_is_approved(event: FeeOfCase, unit: Unit) -> None:
        if event.fee_due == "after_decision" and event.fee_cents > 0:
            await open_claim(event, unit)

    @handlers.on("applications.pay_by_moved.v1", PayByMoved)
    async def move_pay_by_when_case_waits_longer(event: PayByMoved, unit: Unit) -> None:
        claim = await unit.load(Claim, claim_of(event.case_id))
        try:
            claim.move_pay_by(event.pay_by, now=unit.now)
        except (NotLater, NotPayable) as why:
            log.info("pay_by_ignored", claim=str(claim.id), reason=why.slug)
            return
        await unit.save(claim)

    @handlers.on("identity.account_erased.v1", AccountErased)
    async def erase_citizen_when_account_is_erased(event: AccountErased, unit: Unit) -> None:
        unit.task(ERASE, {"account_id": str(event.account_id)}, key=str(event.account_id))

    for ending in ("rejected", "withdrawn", "expired"):
        handlers.on(f"applications.application_{ending}.v1", CaseEnded)(_ender(ending, refunding))

    @handlers.on("applications.approval_revoked.v1", ApprovalRevoked)
    async def end_claims_when_approval_is_revoked(event: ApprovalRevoked, unit: Unit) -> None:
        if event.pro_rata is not None:
            await _end_early(event.case_id, event.pro_rata, Work(unit), refunding, debiting)
        elif event.refund == "full":
            await _end_claims(event.case_id, "approval_revoked", unit, refunding)
        else:
            await _end_later_claims(event.case_id, unit, runtime)


async def erase_citizen(payload: Mapping[str, Any], unit: Unit) -> None:
    """The task: bookings stay, since they name nobody; what runs ends with its case."""
    await unit.erase(UUID(payload["account_id"]), ())


def _opener(runtime: Runtime) -> Handler:
    async def open_claim(event: FeeOfCase, unit: Unit) -> None:
        try:
            await unit.load(Claim, claim_of(event.case_id))
            return  # a redelivered event: the claims are there
        except StreamNotFound:
            pass
        year = unit.now.astimezone(ZoneInfo(runtime.settings.city_time_zone)).year
        parts = _parts(event)
        for at, (pay_by, cents) in enumerate(parts, 1):
            purpose = f"{'claim' if at == 1 else f'instalment {at}'} of case {event.case_id}"
            number = await next_kassenzeichen(runtime.pool, runtime.settings, year, purpose)
            claim = Claim.request(
                id=claim_of(event.case_id, at), now=unit.now, case_id=event.case_id,
                case_number=event.case_number, account_id=event.account_id, service=event.service,
                cost_object=event.cost_object or UNASSIGNED, kassenzeichen=number, amount_cents=cents,
                currency=event.currency, pay_by=pay_by, language=event.language, instalment=at,
                instalment_count=len(parts),
            )  # fmt: skip
            unit.reserve(KASSENZEICHEN, number, claim.id)
            await unit.save(claim)

    return open_claim


def claim_of(case_id: UUID, instalment: int = 1) -> UUID:
    """The claim of a case's fee, or of one of its instalments; the first is the one that every fee has."""
    return derived_id("claim", case_id, *(() if instalment == 1 else (instalment,)))


def _parts(event: FeeOfCase) -> list[tuple[date | None, int]]:
    """When how much of the fee falls due. Raises Permanent where the parts are not the fee."""
    if not event.instalments:
        return [(event.pay_by, event.fee_cents)]
    if sum(part.cents for part in event.instalments) != event.fee_cents:
        raise Permanent(f"the instalments of case {event.case_id} do not add up to its fee")
    return [(part.due_on, part.cents) for part in event.instalments]


def _ender(reason: str, refunding: Refunding) -> Handler:
    async def withdraw_claim_when_case_has_ended(event: CaseEnded, unit: Unit) -> None:
        await _end_claims(event.case_id, reason, unit, refunding)

    return withdraw_claim_when_case_has_ended


async def _end_claims(case_id: UUID, reason: str, unit: Unit, refunding: Refunding) -> None:
    work = Work(unit)
    for claim in await _claims_of(case_id, work):
        claim.withdraw_claim(reason, now=unit.now)
        refunding.order_what_is_due(claim, unit)
    await work.save()


async def _end_later_claims(case_id: UUID, unit: Unit, runtime: Runtime) -> None:
    """Nothing of what was granted comes back, so what fell due for it stays owed; an instalment that falls
    due later is for a time in which it does not hold."""
    work, today = Work(unit), unit.now.astimezone(ZoneInfo(runtime.settings.city_time_zone)).date()
    for claim in await _claims_of(case_id, work):
        if claim.debited_from is not None and claim.debited_from > today and not claim.kept_cents:
            claim.withdraw_claim("approval_revoked", refund=False, now=unit.now)
    await work.save()


async def _end_early(
    case_id: UUID, given_up: GivenUp, work: Work, refunding: Refunding, debiting: Debiting | None
) -> None:
    """The months that were used stay owed; what was announced to be debited follows the claim."""
    for claim in await _claims_of(case_id, work):
        refunding.end_early(claim, Period(**given_up.model_dump()), work.unit)
        refunding.order_what_is_due(claim, work.unit)
        if debiting is not None:
            await debiting.follow(work, claim)
    await work.save()


async def _claims_of(case_id: UUID, work: Work) -> list[Claim]:
    """Every claim of a case; none where it had no fee."""
    try:
        first = await work.load(Claim, claim_of(case_id))
    except StreamNotFound:
        return []
    later = [claim_of(case_id, at) for at in range(2, first.instalment_count + 1)]
    return [first, *[await work.load(Claim, claim_id) for claim_id in later]]
