"""Attempts to pay: begun with a provider, decided by its verified word, asked about while it stays silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog

from services.payments.domain.claim import Claim
from services.payments.domain.money import Recorded, Word
from services.payments.domain.transitions import OPEN_ATTEMPTS
from services.payments.providers.port import (
    Attempt,
    Method,
    Notification,
    Outcome,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    Started,
)
from services.payments.providers.registry import Providers
from shared import crash
from shared.bus.handlers import Permanent
from shared.crash import CrashPoint
from shared.ids import new_id
from shared.log import Unit, VersionConflict
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
"""Then the task counts as failed and an operator sees it; the claim stays as it is."""
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
    """Begins and decides attempts."""

    runtime: Runtime
    providers: Providers

    async def begin(
        self, claim: Claim, method: Method, return_url: str, units: Callable[[], Unit], answered: Answered[A]
    ) -> A:
        """Opens an attempt in the log, then at the provider; `answered` makes and remembers the answer.

        The attempt is committed before the provider hears of it, so a lost answer leaves a trace. `units`
        gives a fresh unit for each commit. Raises ClaimRefused, VersionConflict, Problem.
        """
        unit = units()
        claim = await unit.load(Claim, claim.id)
        provider = self._provider(method)
        attempt_id = new_id()
        claim.open_attempt(attempt_id, method.value, return_url, now=unit.now)
        await unit.save(claim)
        await unit.commit()
        try:
            started = await provider.start(self._order(claim, attempt_id, method, return_url, provider))
        except (ProviderUnavailable, ProviderRefused) as error:
            claim.abandon_attempt(attempt_id, type(error).__name__, now=unit.now)
            await unit.save(claim)
            await unit.commit()
            log.warning("attempt_abandoned", attempt=str(attempt_id), error=repr(error))
            raise Problem("provider_unavailable", 503, "The payment provider cannot be reached") from error
        crash.reach(CrashPoint.PARTNER_ANSWERED)
        return await self._record_start(claim.id, attempt_id, provider.name, started, units, answered)

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
        reference = claim.attempts[attempt_id].reference or outcome.reference
        if not outcome.agrees_with(
            reference=reference,
            attempt_id=attempt_id,
            amount_cents=claim.amount_cents,
            currency=claim.currency,
        ):
            log.warning("callback_differs", attempt=str(attempt_id), code=outcome.code)
            outcome = await provider.status(reference, notification.method)
        return await self._decide(claim_id, attempt_id, outcome, provider.name)

    async def ask(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """A task: asks the provider about an attempt until its outcome is final."""
        claim = await unit.load(Claim, UUID(payload["claim_id"]))
        attempt = claim.attempts[UUID(payload["attempt_id"])]
        if attempt.state not in OPEN_ATTEMPTS:
            return
        provider = self.providers.by_name.get(attempt.provider)
        if provider is None:
            raise Permanent(f"the provider {attempt.provider} is not set up here any more")
        outcome = await self._status(provider, attempt.reference, Method(attempt.method))
        if outcome is None or outcome.state.value == "unknown":
            # undecided is not unclear: the payer may still sit at the provider's page, or pay otherwise
            age = unit.now - claim.modified_on
            if age > GIVEN_UP:
                raise Permanent("the provider never said what became of the attempt")
            raise Later(_pace(age))
        await self._decide(claim.id, attempt.attempt_id, outcome, provider.name)

    async def _status(self, provider: PaymentProvider, reference: str, method: Method) -> Outcome | None:
        try:
            return await provider.status(reference, method)
        except (ProviderUnavailable, ProviderRefused) as error:
            log.warning("provider_not_answering", provider=provider.name, error=repr(error))
            return None

    async def _decide(self, claim_id: UUID, attempt_id: UUID, outcome: Outcome, provider: str) -> Recorded:
        """Callback and poller race each other: whoever is second decides again on the newer state."""
        for _ in range(RIVALS):
            unit = self.runtime.unit()
            claim = await unit.load(Claim, claim_id)
            result = claim.record_word(attempt_id, _word(outcome, provider, claim), now=unit.now)
            try:
                await unit.save(claim)
                await unit.commit()
            except VersionConflict:
                continue
            _words.labels(result.value).inc()
            log.info("provider_word", result=result.value, attempt=str(attempt_id), code=outcome.code)
            return result
        raise VersionConflict("the claim keeps changing")

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

    def _provider(self, method: Method) -> PaymentProvider:
        for provider in self.providers.serving(method):
            return provider
        raise Problem("method_unknown", 422, "This way to pay is not offered")

    def _order(
        self, claim: Claim, attempt_id: UUID, method: Method, return_url: str, provider: PaymentProvider
    ) -> Attempt:
        base = self.runtime.settings.notify_base_url
        return Attempt(
            attempt_id=attempt_id, method=method, amount_cents=claim.amount_cents, currency=claim.currency,
            purpose=claim.kassenzeichen, kassenzeichen=claim.kassenzeichen, return_url=return_url,
            notify_url=f"{base}/zahlung/{provider.name}/notify", language=claim.language,
        )  # fmt: skip


def _word(outcome: Outcome, provider: str, claim: Claim) -> Word:
    cents = claim.amount_cents if outcome.amount_cents is None else outcome.amount_cents
    currency = outcome.currency or claim.currency
    return Word(
        outcome.state.value, outcome.code, provider, outcome.reference, cents, currency,
        outcome.backend_transaction_id,
    )  # fmt: skip


def _pace(age: timedelta) -> timedelta:
    return next((every for until, every in _PACE if age < until), timedelta(days=1))
