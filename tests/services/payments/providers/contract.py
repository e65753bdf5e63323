"""What every payment provider's adapter must do, whichever provider it speaks to.

A subclass gives two fixtures: `provider` (the adapter, against a counterpart that really answers) and `payer`
(the counterpart's steering wheel). Methods of `payer`: `decide(reference, outcome)`, `callbacks(count)` → all
that was sent, `break_call(call, fault)`, `course(fault, **more)`.
"""

import uuid
from dataclasses import replace
from typing import Any, Protocol

import pytest

from services.payments.providers.port import (
    Attempt,
    Callback,
    CallbackForged,
    Method,
    Notification,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    RefundingProvider,
    RefundOrder,
    Started,
    State,
)


class Payer(Protocol):
    notify_url: str

    def decide(self, reference: str, outcome: str) -> None: ...
    def callbacks(self, count: int) -> list[Callback]: ...
    def no_more_callbacks(self, count: int) -> bool: ...
    def break_call(self, call: str, fault: str, **more: Any) -> None: ...
    def course(self, fault: str, **more: Any) -> None: ...


def an_attempt(payer: Payer, method: Method = Method.CARD, **changes: Any) -> Attempt:
    attempt = Attempt(
        attempt_id=uuid.uuid4(),
        method=method,
        amount_cents=3000,
        currency="EUR",
        purpose="Bewohnerparken 4711000001",
        kassenzeichen="4711000001",
        return_url="https://portal.example/vorgang/1/zahlung/zurueck",
        notify_url=payer.notify_url,
    )
    return replace(attempt, **changes)


async def told(provider: PaymentProvider, payer: Payer) -> Notification:
    """What the first callback says."""
    notification = await provider.verify_callback(payer.callbacks(1)[0])
    assert notification is not None
    return notification


class ProviderContract:
    async def started(self, provider: PaymentProvider, payer: Payer) -> tuple[Attempt, Started]:
        attempt = an_attempt(payer)
        return attempt, await provider.start(attempt)

    async def test_start_moves_no_money(self, provider: PaymentProvider, payer: Payer) -> None:
        _, started = await self.started(provider, payer)
        outcome = await provider.status(started.reference, Method.CARD)
        assert outcome.state is State.UNKNOWN

    async def test_start_gives_an_address_for_the_browser(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        _, started = await self.started(provider, payer)
        assert started.redirect_url.startswith("http")

    @pytest.mark.parametrize(
        ("wish", "state"),
        [
            ("pay", State.SUCCEEDED),
            ("fail", State.FAILED),
            ("cancel", State.CANCELLED),
            ("timeout", State.EXPIRED),
        ],
    )
    async def test_callback_and_status_tell_the_same(
        self, provider: PaymentProvider, payer: Payer, wish: str, state: State
    ) -> None:
        attempt, started = await self.started(provider, payer)
        payer.decide(started.reference, wish)
        notification = await told(provider, payer)
        assert notification.outcome == await provider.status(started.reference, Method.CARD)
        assert notification.outcome.state is state
        assert notification.method is Method.CARD
        assert notification.outcome.agrees_with(
            reference=started.reference, attempt_id=attempt.attempt_id, amount_cents=3000, currency="EUR"
        )

    async def test_two_equal_callbacks_tell_one_outcome(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        payer.course("twice")
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        first, second = payer.callbacks(2)
        assert await provider.verify_callback(first) == await provider.verify_callback(second)

    async def test_late_callback_is_overtaken_by_status(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        payer.course("late", seconds=0.6)
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        assert payer.no_more_callbacks(0)
        assert (await provider.status(started.reference, Method.CARD)).state is State.SUCCEEDED
        assert (await told(provider, payer)).outcome.state is State.SUCCEEDED

    async def test_missing_callback_is_replaced_by_status(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        payer.course("never")
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        assert payer.no_more_callbacks(0)
        assert (await provider.status(started.reference, Method.CARD)).state is State.SUCCEEDED

    @pytest.mark.parametrize("fault", ["forged", "tampered"])
    async def test_callback_without_the_true_signature_is_forged(
        self, provider: PaymentProvider, payer: Payer, fault: str
    ) -> None:
        payer.course(fault)
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "cancel")
        with pytest.raises(CallbackForged, match="wrong_hash"):
            await provider.verify_callback(payer.callbacks(1)[0])
        assert (await provider.status(started.reference, Method.CARD)).state is State.CANCELLED

    async def test_another_amount_does_not_agree(self, provider: PaymentProvider, payer: Payer) -> None:
        payer.course("altered_amount", amount_cents=2500)
        attempt, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        outcome = (await told(provider, payer)).outcome
        assert outcome.amount_cents == 2500
        assert outcome == await provider.status(started.reference, Method.CARD)
        assert not outcome.agrees_with(
            reference=started.reference, attempt_id=attempt.attempt_id, amount_cents=3000, currency="EUR"
        )

    async def test_unknown_is_an_answer_and_ends(self, provider: PaymentProvider, payer: Payer) -> None:
        payer.course("unknown_first", answers=2)
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        assert (await told(provider, payer)).outcome.state is State.UNKNOWN
        states = [(await provider.status(started.reference, Method.CARD)).state for _ in range(3)]
        assert states == [State.UNKNOWN, State.UNKNOWN, State.SUCCEEDED]

    async def test_success_after_cancellation_is_told(self, provider: PaymentProvider, payer: Payer) -> None:
        payer.course("success_after_cancel", seconds=0.2)
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "cancel")
        found = [await provider.verify_callback(sent) for sent in payer.callbacks(2)]
        assert [one and one.outcome.state for one in found] == [State.CANCELLED, State.SUCCEEDED]

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("reply_lost", "connection"),
            ("unsigned", "unauthenticated_reply"),
            ("wrong_hash", "unauthenticated_reply"),
            ("unavailable", "unauthenticated_reply"),
        ],
    )
    async def test_start_that_fails_leaves_nothing_known(
        self, provider: PaymentProvider, payer: Payer, fault: str, reason: str
    ) -> None:
        payer.break_call("start", fault)
        with pytest.raises(ProviderUnavailable) as raised:
            await self.started(provider, payer)
        assert raised.value.reason == reason

    @pytest.mark.parametrize("fault", ["reply_lost", "unsigned", "wrong_hash", "unavailable"])
    async def test_status_that_fails_can_be_asked_again(
        self, provider: PaymentProvider, payer: Payer, fault: str
    ) -> None:
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        payer.break_call("status", fault)
        with pytest.raises(ProviderUnavailable):
            await provider.status(started.reference, Method.CARD)
        assert (await provider.status(started.reference, Method.CARD)).state is State.SUCCEEDED

    async def test_second_start_of_one_attempt_is_refused(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        attempt, _ = await self.started(provider, payer)
        with pytest.raises(ProviderRefused) as raised:
            await provider.start(attempt)
        assert raised.value.reaction == "duplicate"

    async def test_unknown_reference_is_refused(self, provider: PaymentProvider) -> None:
        with pytest.raises(ProviderRefused):
            await provider.status(str(uuid.uuid4()), Method.CARD)

    async def test_callback_of_nobody_is_forged(self, provider: PaymentProvider) -> None:
        with pytest.raises(CallbackForged):
            await provider.verify_callback(Callback(b"", {}, b""))


def a_refund(attempt: Attempt, started: Started, cents: int, **changes: Any) -> RefundOrder:
    order = RefundOrder(
        refund_id=uuid.uuid4(), method=attempt.method, payment_reference=started.reference,
        backend_reference=None, amount_cents=cents, currency="EUR", purpose="Bewohnerparken 4711000001",
        kassenzeichen="4711000001", whole=cents == attempt.amount_cents,
    )  # fmt: skip
    return replace(order, **changes)


class RefundingContract:
    """What a provider must do that gives money back. `backend` gives what it calls the booking."""

    async def paid(self, provider: RefundingProvider, payer: Payer) -> tuple[Attempt, Started, str | None]:
        attempt = an_attempt(payer)
        started = await provider.start(attempt)
        payer.decide(started.reference, "pay")
        outcome = await provider.status(started.reference, attempt.method)
        assert outcome.state is State.SUCCEEDED
        return attempt, started, outcome.backend_transaction_id

    @pytest.mark.parametrize("cents", [1000, 3000], ids=["part", "all"])
    async def test_gives_back_once_asked(self, provider: RefundingProvider, payer: Payer, cents: int) -> None:
        attempt, started, booking = await self.paid(provider, payer)
        order = a_refund(attempt, started, cents, backend_reference=booking)
        outcome = await provider.refund(order)
        assert (outcome.state, outcome.amount_cents, outcome.currency) == (State.SUCCEEDED, cents, "EUR")
        assert outcome.reference not in ("", started.reference)
        assert await provider.refund_status(order, outcome.reference) == outcome

    async def test_gives_back_in_parts_and_never_more_than_came(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        attempt, started, booking = await self.paid(provider, payer)
        for cents in (1000, 2000):
            order = a_refund(attempt, started, cents, backend_reference=booking)
            assert (await provider.refund(order)).state is State.SUCCEEDED
        with pytest.raises(ProviderRefused):
            await provider.refund(a_refund(attempt, started, 1, backend_reference=booking))

    async def test_of_a_payment_that_never_was_is_refused(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        attempt = an_attempt(payer)
        started = await provider.start(attempt)
        with pytest.raises(ProviderRefused):
            await provider.refund(a_refund(attempt, started, 1000))

    async def test_the_same_order_never_gives_back_twice(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        attempt, started, booking = await self.paid(provider, payer)
        order = a_refund(attempt, started, 1000, backend_reference=booking)
        first = await provider.refund(order)
        if provider.refund_repeatable:
            assert await provider.refund(order) == first
        else:
            with pytest.raises(ProviderRefused) as raised:
                await provider.refund(order)
            assert raised.value.reaction == "duplicate"

    @pytest.mark.parametrize("fault", ["reply_lost", "unsigned", "wrong_hash", "unavailable"])
    async def test_that_has_no_answer_leaves_nothing_known(
        self, provider: RefundingProvider, payer: Payer, fault: str
    ) -> None:
        attempt, started, booking = await self.paid(provider, payer)
        payer.break_call("refund", fault)
        with pytest.raises(ProviderUnavailable):
            await provider.refund(a_refund(attempt, started, 1000, backend_reference=booking))

    async def test_is_offered_for_its_methods(self, provider: RefundingProvider) -> None:
        assert isinstance(provider, RefundingProvider)
        assert provider.refundable_methods <= provider.methods
