"""A provider that does not decide: asked for a month, then left to people; what it says late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.payments.attempts import Attempts
from services.payments.domain.claim import Claim
from services.payments.offer import Offer
from services.payments.providers.port import (
    Attempt,
    Callback,
    CallbackForged,
    Method,
    Notification,
    Outcome,
    ProviderUnavailable,
    Started,
    State,
)
from services.payments.providers.registry import Providers
from shared.tasks import Later
from shared.testing import Running
from tests.deploy.sandbox.serving import Sandbox
from tests.services.payments.paying import FEE, Citizen

pytestmark = pytest.mark.integration


class TestSilence:
    async def test_of_a_provider_is_left_to_people_after_a_month(
        self, payments: Running, citizen: Citizen, bank: Sandbox
    ) -> None:
        assert (await citizen.begins()).status_code == 201
        unit = payments.runtime.unit()
        unit.now += timedelta(days=31)
        claim = await unit.load(Claim, citizen.claim_id)
        (attempt,) = claim.attempts.values()
        ids = {"claim_id": str(claim.id), "attempt_id": str(attempt.attempt_id)}
        providers = Providers.of([SilentProvider()])
        offer = Offer(payments.runtime.pool, providers, frozenset(), 5, timedelta(minutes=1))
        attempts = Attempts(payments.runtime, providers, offer, {})
        unit.now -= timedelta(days=30)
        with pytest.raises(Later):
            await attempts.ask(ids, unit)
        unit.now += timedelta(days=30)
        for _ in range(2):
            await attempts.ask(ids, unit)
        await unit.commit()
        claim = await payments.runtime.unit().load(Claim, citizen.claim_id)
        assert claim.attempts[attempt.attempt_id].left
        rows = await payments.runtime.pool.fetch("SELECT left_at, provider, amount_cents FROM attempt")
        assert [(bool(row["left_at"]), row["provider"], row["amount_cents"]) for row in rows] == [
            (True, "girocheckout", FEE)
        ]

    async def test_that_decides_later_is_told_to_the_payer_once(
        self, payments: Running, citizen: Citizen, bank: Sandbox
    ) -> None:
        assert (await citizen.begins()).status_code == 201
        claim = await payments.runtime.unit().load(Claim, citizen.claim_id)
        (attempt,) = claim.attempts.values()
        ids = {"claim_id": str(claim.id), "attempt_id": str(attempt.attempt_id)}
        providers = Providers.of([LateProvider()])
        offer = Offer(payments.runtime.pool, providers, frozenset(), 5, timedelta(minutes=1))
        attempts = Attempts(payments.runtime, providers, offer, {})
        before = await citizen.log_length()
        for _ in range(2):
            with pytest.raises(Later):
                await attempts.ask(ids, payments.runtime.unit())
        assert (await citizen.claim())["state"] == "being_checked"
        assert await citizen.log_length() == before + 1

    async def test_that_a_callback_told_first_is_still_asked_about(
        self, payments: Running, citizen: Citizen, bank: Sandbox
    ) -> None:
        assert (await citizen.begins()).status_code == 201
        claim = await payments.runtime.unit().load(Claim, citizen.claim_id)
        (attempt,) = claim.attempts.values()
        provider = OvertakenProvider()
        providers = Providers.of([provider])
        offer = Offer(payments.runtime.pool, providers, frozenset(), 5, timedelta(minutes=1))
        attempts = Attempts(payments.runtime, providers, offer, {})

        async def told(outcome: Outcome) -> None:
            await attempts.take(claim.id, attempt.attempt_id, outcome, provider)

        provider.told = told
        ids = {"claim_id": str(claim.id), "attempt_id": str(attempt.attempt_id)}
        with pytest.raises(Later):
            await attempts.ask(ids, payments.runtime.unit())


class SilentProvider:
    """A provider whose line is dead."""

    name = "girocheckout"
    methods = frozenset({Method.CARD})

    async def start(self, attempt: Attempt) -> Started:
        raise ProviderUnavailable("silent")

    async def status(self, reference: str, method: Method) -> Outcome:
        raise ProviderUnavailable("silent")

    async def verify_callback(self, callback: Callback) -> Notification:
        raise CallbackForged("silent")


class LateProvider(SilentProvider):
    """The payer has done their part, and the provider decides later."""

    async def status(self, reference: str, method: Method) -> Outcome:
        return Outcome(State.UNKNOWN, "4152", reference, "", FEE, "EUR", pending=True)


class OvertakenProvider(LateProvider):
    """Its callback is there before its answer, and says the same."""

    told: Callable[[Outcome], Awaitable[None]]

    async def status(self, reference: str, method: Method) -> Outcome:
        outcome = await super().status(reference, method)
        await self.told(outcome)
        return outcome
