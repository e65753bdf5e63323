"""Attempts to pay: begun with a provider, decided by its verified word, asked about while it stays silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog

from services.payments.books.told_fees import without_stated_fee
from services.payments.domain import undecided
from services.payments.domain.claim import NOT_WANTED, Claim
from services.payments.domain.money import Attempt as KnownAttempt
from services.payments.domain.money import Recorded, Word
from services.payments.domain.transitions import OPEN_ATTEMPTS
from services.payments.offer import Offer
from services.payments.providers.port import (
    AFTERWARDS,
    Attempt,
    CapturingProvider,
    Method,
    Notification,
    Outcome,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    Started,
    State,
)
from services.payments.providers.registry import Providers
from shared import crash
from shared.bus.handlers import Permanent
from shared.crash import CrashPoint
from shared.ids import new_id
from shared.log import ReservationTaken, Unit, VersionConflict
from shared.observe.metrics import counter
from shared.service import Runtime
from shared.tasks import Later
from shared.web.problems import Problem

log = structlog.get_logger()

A = TypeVar("A")
Answered = Callable[[Unit, UUID, Started], A]

ASK: Final = "ask_provider"
FIRST_QUESTION: Final = timedelta(seconds=20)
GIVEN_UP: Final = timedelta(days=30)
"""Then the provider is not asked any more, and two people decide what became of the attempt."""
OUR_FAULT: Final = (Reaction.CONFIGURATION, Reaction.BUG)
RIVALS: Final = 5
"""How often a decision is made anew because another one came first."""
_PACE: Final = (
    (timedelta(minutes=2), timedelta(seconds=10)),
    (timedelta(minutes=30), timedelta(minutes=1)),
    (timedelta(hours=24), timedelta(minutes=15)),
    (timedelta(days=14), timedelta(hours=6)),
)
_words = counter("portal_payment_words", "Verified words of providers by result", ("result",))


class UnknownTransaction(LookupError):
    """A provider's word about an attempt that was never ours."""


@dataclass(slots=True)
class Attempts:
    """Begins and decides attempts; `provisional` is for how many days a payment may be taken back, by
    method; `give_back` is told of a claim to which too much has come."""

    runtime: Runtime
    providers: Providers
    offer: Offer
    provisional: Mapping[str, int]
    give_back: Callable[[Claim, Unit], None] | None = None

    async def begin(
        self, claim: Claim, method: Method, return_url: str, units: Callable[[], Unit], answered: Answered[A]
    ) -> A:
        """Opens an attempt in the log, then at the provider; `answered` makes and remembers the answer.

        The attempt is committed before the provider hears of it, so a lost answer leaves a trace. `units`
        gives a fresh unit for each commit. Raises ClaimRefused, VersionConflict, Problem.
        """
        unit = units()
        claim = await unit.load(Claim, claim.id)
        attempt_id = new_id()
        claim.open_attempt(attempt_id, method.value, return_url, now=unit.now)
        provider = await self.offer.provider_for(method, unit.now)
        await unit.save(claim)
        await unit.commit()
        try:
            started = await provider.start(self._order(claim, attempt_id, method, return_url, provider))
        except (ProviderUnavailable, ProviderRefused) as error:
            self._count_failure(provider, error, unit.now)
            claim.abandon_attempt(attempt_id, type(error).__name__, now=unit.now)
            await unit.save(claim)
            await unit.commit()
            log.warning("attempt_abandoned", attempt=str(attempt_id), error=repr(error))
            raise Problem("provider_unavailable", 503, "The payment provider cannot be reached") from error
        self.offer.breaker(provider.name).succeeded()
        crash.reach(CrashPoint.PARTNER_ANSWERED)
        return await self._record_start(claim.id, attempt_id, provider.name, started, units, answered)

    def _count_failure(self, provider: PaymentProvider, error: Exception, now: datetime) -> None:
        """A payer's mistake says nothing about the provider."""
        if isinstance(error, ProviderRefused) and error.reaction not in OUR_FAULT:
            self.offer.breaker(provider.name).succeeded()
        else:
            self.offer.breaker(provider.name).failed(now)

    async def _record_start(
        self,
        claim_id: UUID,
        attempt_id: UUID,
        provider: str,
        started: Started,
        units: Callable[[], Unit],
        answered: Answered[A],
    ) -> A:
        """The provider waits for the payer now: whatever else changed the claim, this must be known."""
        ids = {"claim_id": str(claim_id), "attempt_id": str(attempt_id)}
        for _ in range(RIVALS):
            unit = units()
            claim = await unit.load(Claim, claim_id)
            claim.record_start(attempt_id, provider, started.reference, now=unit.now)
            await unit.save(claim)
            unit.task(ASK, ids, due=unit.now + FIRST_QUESTION, key=str(attempt_id))
            answer = answered(unit, attempt_id, started)
            try:
                await unit.commit()
            except VersionConflict:
                continue
            return answer
        raise VersionConflict("the claim keeps changing")

    async def take_callback(self, notification: Notification, provider: PaymentProvider) -> Recorded:
        """Decides by a verified callback. Raises UnknownTransaction, ProviderUnavailable, ProviderRefused.

        A word that does not agree with the stored attempt is not believed but asked for again.
        """
        claim_id, attempt_id = await self._find(notification.outcome.transaction_id)
        outcome = notification.outcome
        claim = await self.runtime.unit().load(Claim, claim_id)
        attempt = claim.attempts[attempt_id]
        reference = attempt.reference or outcome.reference
        if not _agrees(outcome, reference, attempt, claim.currency):
            log.warning("callback_differs", attempt=str(attempt_id), code=outcome.code)
            outcome = await provider.status(reference, notification.method)
        return await self.take(claim_id, attempt_id, outcome, provider)

    async def take(
        self, claim_id: UUID, attempt_id: UUID, outcome: Outcome, provider: PaymentProvider
    ) -> Recorded:
        """Decides by a provider's authentic word; where the payer agreed and the claim wants the money, has
        the provider take it."""
        result = await self._decide(claim_id, attempt_id, outcome, provider.name)
        if result is not Recorded.APPROVED or not isinstance(provider, CapturingProvider):
            return result
        captured = await self._captured(claim_id, attempt_id, outcome, provider)
        if captured is None or captured.state is State.APPROVED:
            return result
        return await self._decide(claim_id, attempt_id, captured, provider.name)

    async def _captured(
        self, claim_id: UUID, attempt_id: UUID, outcome: Outcome, provider: CapturingProvider
    ) -> Outcome | None:
        """What became of the money that the payer agreed to; None where the task has to ask again."""
        claim = await self.runtime.unit().load(Claim, claim_id)
        attempt = claim.attempts[attempt_id]
        if attempt.state != "approved":
            return None
        if claim.condition != "open":  # it has ended since: what the payer agreed to is not taken
            return replace(outcome, state=State.CANCELLED, code=NOT_WANTED)
        try:
            captured = await provider.capture(attempt.reference, Method(attempt.method), attempt_id)
        except ProviderUnavailable as error:
            log.warning("capture_not_answered", attempt=str(attempt_id), reason=error.reason)
            return None
        except ProviderRefused as error:
            log.warning("capture_refused", attempt=str(attempt_id), code=error.code)
            final = error.reaction in (Reaction.PAYER, Reaction.DECLINED)
            return replace(outcome, state=State.FAILED, code=error.code) if final else None
        crash.reach(CrashPoint.PARTNER_ANSWERED)
        return captured

    async def ask(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """A task: asks the provider about an attempt until its outcome is final, or it is left to people."""
        claim = await unit.load(Claim, UUID(payload["claim_id"]))
        attempt = claim.attempts[UUID(payload["attempt_id"])]
        if attempt.state not in OPEN_ATTEMPTS or attempt.left:
            return
        provider = self.providers.by_name.get(attempt.provider)
        if provider is None:
            raise Permanent(f"the provider {attempt.provider} is not set up here any more")
        outcome = await self._status(provider, attempt.reference, Method(attempt.method))
        age = unit.now - claim.modified_on
        if outcome is not None and _is_news(outcome, attempt):
            await self.take(claim.id, attempt.attempt_id, outcome, provider)
            claim = await unit.load(Claim, claim.id)  # others may have said it meanwhile
        if claim.attempts[attempt.attempt_id].state in OPEN_ATTEMPTS:
            # undecided is not unclear: the payer may still sit at the provider's page, or pay otherwise
            if age <= GIVEN_UP:
                raise Later(pace(age))
            await self.leave(payload, unit)

    async def leave(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """Nobody knows and nobody asks any more: the attempt waits for people."""
        claim = await unit.load(Claim, UUID(payload["claim_id"]))
        undecided.leave(claim, UUID(payload["attempt_id"]), now=unit.now)
        await unit.save(claim)
        log.error("attempt_left_undecided", attempt=payload["attempt_id"])

    async def look(self, claim_id: UUID) -> None:
        """Asks about the newest attempt under way, whose payer has come back: the browser proves nothing, but
        who has agreed waits for the money to be taken. A provider that is away changes nothing."""
        claim = await self.runtime.unit().load(Claim, claim_id)
        open_ones = [
            attempt for attempt in claim.attempts.values()
            if attempt.state in OPEN_ATTEMPTS and attempt.provider in self.providers.by_name
        ]  # fmt: skip
        if not open_ones:
            return
        attempt = open_ones[-1]
        provider = self.providers.by_name[attempt.provider]
        outcome = await self._status(provider, attempt.reference, Method(attempt.method))
        if outcome is not None and _is_news(outcome, attempt):
            await self.take(claim_id, attempt.attempt_id, outcome, provider)

    async def _status(self, provider: PaymentProvider, reference: str, method: Method) -> Outcome | None:
        try:
            return await provider.status(reference, method)
        except (ProviderUnavailable, ProviderRefused) as error:
            log.warning("provider_not_answering", provider=provider.name, error=repr(error))
            return None

    async def _decide(self, claim_id: UUID, attempt_id: UUID, outcome: Outcome, provider: str) -> Recorded:
        """Callback and poller race each other, and the provider's statement both: whoever is second decides
        again on the newer state."""
        hold = True
        for _ in range(RIVALS):
            unit = self.runtime.unit()
            claim = await unit.load(Claim, claim_id)
            word = self._word(outcome, provider, claim, attempt_id)
            word = await without_stated_fee(self.runtime.pool, unit, word, claim_id, hold=hold)
            result = claim.record_word(attempt_id, word, now=unit.now)
            for later in outcome.afterwards:
                claim.record_word(attempt_id, self._word(later, provider, claim, attempt_id), now=unit.now)
            if result in (Recorded.SURPLUS, Recorded.RESTORED) and self.give_back is not None:
                self.give_back(claim, unit)
            try:
                await unit.save(claim)
                await unit.commit()
            except VersionConflict:
                continue
            except ReservationTaken:
                hold = False
                continue
            _words.labels(result.value).inc()
            log.info("provider_word", result=result.value, attempt=str(attempt_id), code=outcome.code)
            return result
        raise VersionConflict("the claim keeps changing")

    def provisional_until(self, method: str) -> datetime | None:
        """Until when money that comes now by this way may be taken back."""
        days = self.provisional.get(method)
        return self.runtime.clock.now() + timedelta(days=days) if days else None

    def _word(self, outcome: Outcome, provider: str, claim: Claim, attempt_id: UUID) -> Word:
        attempt = claim.attempts[attempt_id]
        return Word(
            state=outcome.state.value, code=outcome.code, provider=provider,
            reference=outcome.entry or outcome.reference,
            amount_cents=attempt.amount_cents if outcome.amount_cents is None else outcome.amount_cents,
            currency=outcome.currency or claim.currency, backend_id=outcome.backend_transaction_id,
            fee_cents=outcome.fee_cents,
            provisional_until=self.provisional_until(attempt.method),
        )  # fmt: skip

    async def _find(self, transaction_id: str) -> tuple[UUID, UUID]:
        try:
            attempt_id = UUID(hex=transaction_id)
        except ValueError:
            raise UnknownTransaction(transaction_id) from None
        claim_id = await self.runtime.pool.fetchval(
            "SELECT claim_id FROM attempt WHERE attempt_id = $1", attempt_id
        )
        if claim_id is None:
            raise UnknownTransaction(transaction_id)
        return claim_id, attempt_id

    def _order(
        self, claim: Claim, attempt_id: UUID, method: Method, return_url: str, provider: PaymentProvider
    ) -> Attempt:
        base = self.runtime.settings.notify_base_url
        return Attempt(
            attempt_id=attempt_id, method=method, amount_cents=claim.attempts[attempt_id].amount_cents,
            currency=claim.currency, purpose=claim.kassenzeichen, kassenzeichen=claim.kassenzeichen,
            return_url=return_url,
            notify_url=f"{base}/zahlung/{provider.name}/notify", language=claim.language,
        )  # fmt: skip


def _is_news(outcome: Outcome, attempt: KnownAttempt) -> bool:
    """Whether an answer says more than was known; that the provider decides later is said once."""
    return outcome.state is not State.UNKNOWN or (outcome.pending and attempt.state == "started")


def _agrees(outcome: Outcome, reference: str, attempt: KnownAttempt, currency: str) -> bool:
    """Whether a word is about this attempt and its money; what was taken back may be less."""
    cents = outcome.amount_cents if outcome.state in AFTERWARDS else attempt.amount_cents
    return outcome.agrees_with(
        reference=reference, attempt_id=attempt.attempt_id, amount_cents=cents or 0, currency=currency
    )


def pace(age: timedelta) -> timedelta:
    return next((every for until, every in _PACE if age < until), timedelta(days=1))
