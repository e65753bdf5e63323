"""Refunds carried out: by the provider where it can, once, or as a money task by a person.

The order is in the log before the provider hears of it. Where nobody knows whether the money went back, and
the provider would give it back again, a person looks; nothing is tried blindly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.payments.attempts import GIVEN_UP, RIVALS, pace
from services.payments.domain import reductions, refunds, refunds_elsewhere
from services.payments.domain.claim import Claim
from services.payments.domain.money_tasks import REFUND as DUE
from services.payments.domain.pro_rata import Period
from services.payments.domain.reductions import GIVEN_UP_EARLY, Reduction
from services.payments.domain.refunds import RULE, Wish
from services.payments.providers.port import (
    Method,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    RefundingProvider,
    RefundOrder,
    RefundOutcome,
    State,
)
from services.payments.providers.registry import Providers
from shared import crash
from shared.crash import CrashPoint
from shared.ids import derived_id
from shared.log import Unit, VersionConflict
from shared.observe.metrics import counter
from shared.service import Runtime
from shared.tasks import Later

log = structlog.get_logger()

REFUND: Final = "refund_by_provider"
SHARE: Final = "pro-rata-refund"
LESS: Final = "pro-rata-reduction"
"""What the ids of refunds of a share, and of the reduction for one, are derived from."""
FIRST_QUESTION: Final = timedelta(minutes=1)
_refunds = counter("portal_refund_words", "What became of refunds at providers", ("result",))


class Doubtful(Exception):
    """Nobody knows whether the money went back; the message is a slug."""


@dataclass(slots=True)
class Refunding:
    """Decides who gives back, and has providers do it. `limit` in cents of a claim: above it two decide."""

    runtime: Runtime
    providers: Providers
    limit: int

    def via(self, claim: Claim, payment_id: UUID) -> str:
        """`provider` where it gives this payment back itself, else `transfer` from the city's account."""
        return "transfer" if self._provider(claim, payment_id) is None else "provider"

    def order_what_is_due(self, claim: Claim, unit: Unit) -> None:
        """What fell due or came twice goes back by itself where the provider can and the amount is below the
        limit."""
        for task in refunds.due(claim):
            above = refunds.needs_approval(claim, task.amount_cents, self.limit)
            if above or self.via(claim, task.payment_id) != "provider":
                continue
            refund_id = derived_id("refund", claim.id, task.version)
            wish = Wish(
                refund_id, task.amount_cents, "fell_due" if task.kind == DUE else task.kind, RULE,
                "provider", self.limit,
                task_version=task.version,
            )  # fmt: skip
            refunds.request(claim, wish, now=unit.now)
            self.schedule(claim, refund_id, unit)

    def end_early(self, claim: Claim, period: Period, unit: Unit) -> None:
        """By rule, when what a fee is for ends early: what is open of its share is not claimed any more, the
        rest goes back, above the limit once a person agrees. Told again it is the same."""
        if _has_ended(claim):
            return
        try:
            share = reductions.share_of(claim, period)
        except ValueError as odd:  # a clerk may have named any days: what goes back is a clerk's to say
            log.warning("share_not_computed", claim=str(claim.id), reason=str(odd))
            return
        if share.reduced_cents:
            less = Reduction(derived_id(LESS, claim.id), share.reduced_cents, GIVEN_UP_EARLY)
            reductions.reduce(claim, less, now=unit.now)
        self._give_back(claim, share.refunded_cents, unit)

    def _give_back(self, claim: Claim, owed: int, unit: Unit) -> None:
        """From the payments as far as each goes."""
        for payment_id, left in refunds.left_of(claim).items():
            cents = min(owed, left)
            if cents <= 0:
                continue
            owed -= cents
            refund_id = derived_id(SHARE, claim.id, payment_id)
            wish = Wish(
                refund_id, cents, GIVEN_UP_EARLY, RULE, self.via(claim, payment_id), self.limit, payment_id
            )
            refunds.request(claim, wish, now=unit.now)
            self.schedule(claim, refund_id, unit)

    def schedule(self, claim: Claim, refund_id: UUID, unit: Unit) -> None:
        """Has the provider give back what has been approved; nothing where a person does."""
        refund = claim.refunds[refund_id]
        if refund.state == "approved" and refund.via == "provider":
            ids = {"claim_id": str(claim.id), "refund_id": str(refund_id)}
            unit.task(REFUND, ids, key=str(refund_id))

    async def carry_out(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: orders the refund, or asks what became of it."""
        claim_id, refund_id = UUID(payload["claim_id"]), UUID(payload["refund_id"])
        claim = await unit.load(Claim, claim_id)
        refund = claim.refunds[refund_id]
        if refund.state not in ("approved", "ordered", "pending"):
            return
        provider = self._provider(claim, refund.payment_id)
        if refund.state == "approved":
            claim = await self._decide(claim_id, lambda c, now: refunds.order(c, refund_id, now=now))
            if claim.refunds[refund_id].state != "ordered":
                return  # its money has gone back otherwise
        elif provider is None or (refund.state == "ordered" and not provider.refund_repeatable):
            await self._doubt(claim_id, refund_id, "interrupted")
            return
        if provider is None:
            await self._record(claim_id, refund_id, RefundOutcome(State.FAILED, "not_set_up", ""))
            return
        try:
            outcome = await self._told(provider, claim, refund_id)
        except Doubtful as doubt:
            await self._doubt(claim_id, refund_id, str(doubt))
            return
        crash.reach(CrashPoint.PARTNER_ANSWERED)
        if outcome is not None:
            await self._record(claim_id, refund_id, outcome)
        if outcome is None or outcome.state is State.UNKNOWN:
            if unit.now - claim.modified_on > GIVEN_UP:
                await self._doubt(claim_id, refund_id, "never_answered")
                return
            raise Later(max(FIRST_QUESTION, pace(unit.now - claim.modified_on)))

    async def give_up(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task failed for good: whether the money went back, a person has to see."""
        claim_id, refund_id = UUID(payload["claim_id"]), UUID(payload["refund_id"])
        await self._doubt(claim_id, refund_id, "given_up")

    async def _told(self, provider: RefundingProvider, claim: Claim, refund_id: UUID) -> RefundOutcome | None:
        """The provider's word; None where it may be asked again. Raises Doubtful."""
        refund, order = claim.refunds[refund_id], self._order(claim, refund_id)
        pending = refund.state == "pending"
        try:
            if pending:
                return await provider.refund_status(order, refund.reference)
            return await provider.refund(order)
        except ProviderUnavailable as error:
            log.warning("refund_not_answered", refund=str(refund_id), reason=error.reason)
            if not pending and not provider.refund_repeatable:
                raise Doubtful(error.reason) from error
            return None
        except ProviderRefused as error:
            log.warning("refund_refused", refund=str(refund_id), code=error.code)
            if pending or error.reaction is Reaction.DUPLICATE:
                raise Doubtful(f"code_{error.code}") from error
            return RefundOutcome(State.FAILED, error.code, "")

    def _order(self, claim: Claim, refund_id: UUID) -> RefundOrder:
        refund = claim.refunds[refund_id]
        payment = claim.payments[refund.payment_id]
        return RefundOrder(
            refund_id, Method(payment.method), payment.reference, payment.backend_id, refund.amount_cents,
            refund.currency, claim.kassenzeichen, claim.kassenzeichen,
            whole=refund.amount_cents == payment.came_cents,
        )  # fmt: skip

    async def _record(self, claim_id: UUID, refund_id: UUID, outcome: RefundOutcome) -> None:
        await self._decide(
            claim_id,
            lambda claim, now: refunds_elsewhere.record_outcome(
                claim, refund_id, outcome.state.value, outcome.code, outcome.reference, now=now
            ),
        )
        _refunds.labels(outcome.state.value).inc()

    async def _doubt(self, claim_id: UUID, refund_id: UUID, reason: str) -> None:
        await self._decide(
            claim_id, lambda claim, now: refunds.record_doubt(claim, refund_id, reason, now=now)
        )
        _refunds.labels("unclear").inc()
        log.error("refund_unclear", refund=str(refund_id), reason=reason)

    async def _decide(self, claim_id: UUID, change: Callable[[Claim, datetime], None]) -> Claim:
        """Committed here and now, whoever else changes the claim: the provider's word must not be lost."""
        for _ in range(RIVALS):
            unit = self.runtime.unit()
            claim = await unit.load(Claim, claim_id)
            change(claim, unit.now)
            try:
                await unit.save(claim)
                await unit.commit()
            except VersionConflict:
                continue
            return claim
        raise VersionConflict("the claim keeps changing")

    def _provider(self, claim: Claim, payment_id: UUID) -> RefundingProvider | None:
        payment = claim.payments[payment_id]
        provider = self.providers.by_name.get(payment.provider)
        if isinstance(provider, RefundingProvider) and payment.method in provider.refundable_methods:
            return provider
        return None


def _has_ended(claim: Claim) -> bool:
    """Whether the end of what it is for has been told before."""
    shares = (derived_id(SHARE, claim.id, payment_id) for payment_id in claim.payments)
    return derived_id(LESS, claim.id) in claim.reductions or any(one in claim.refunds for one in shares)
