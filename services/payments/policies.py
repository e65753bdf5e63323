"""What payments does on the events of others."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

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
from services.payments.numbers import next_kassenzeichen
from services.payments.refunding import Refunding
from shared.bus.handlers import Handler, Handlers, Permanent
from shared.ids import derived_id
from shared.log import StreamNotFound, Unit
from shared.service import Runtime

log = structlog.get_logger()

UNASSIGNED: Final = "unassigned"
ERASE: Final = "erase_citizen"


def register(handlers: Handlers, runtime: Runtime, refunding: Refunding) -> None:
    """Binds the policies of this service."""
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
        whole = event.refund == "full"
        await _end_claims(
            event.case_id, "approval_revoked", unit, refunding, refund=whole, share=event.pro_rata
        )


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


async def _end_claims(
    case_id: UUID, reason: str, unit: Unit, refunding: Refunding, *, refund: bool = True,
    share: GivenUp | None = None,
) -> None:  # fmt: skip
    try:
        claims = [await unit.load(Claim, claim_of(case_id))]
    except StreamNotFound:
        return  # the case had no fee
    for later in range(2, claims[0].instalment_count + 1):
        claims.append(await unit.load(Claim, claim_of(case_id, later)))
    for claim in claims:
        if share is None or not _is_owed_for_use(claim, share):
            claim.withdraw_claim(reason, refund=refund, now=unit.now)
        if share is not None:
            refunding.give_back_share(claim, Period(**share.model_dump()), unit)
        refunding.order_what_is_due(claim, unit)
        await unit.save(claim)


def _is_owed_for_use(claim: Claim, share: GivenUp) -> bool:
    """Whether what was granted on a payment was used, and the payment is gone: the claim stays, with its
    charges and dunning, and a share is a clerk's to give once it is paid."""
    return claim.condition == "open" and bool(claim.payments) and share.given_up_on >= share.valid_from
