"""What every payment provider's adapter must do, whichever provider it speaks to.

A subclass gives two fixtures: `provider` (the adapter, against a counterpart that really answers) and `payer`
(the counterpart's steering wheel), and says in class attributes what its provider can tell. What a provider
does beyond being asked is a contract of its own: it sends callbacks, it captures, it gives back.
"""

import uuid
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import pytest

from services.payments.providers.port import (
    Attempt,
    Callback,
    CallbackForged,
    CapturingProvider,
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
    """`callbacks(count)`: all that was sent, once there are so many; `balance`: cents in the book there."""

    notify_url: str

    def decide(self, reference: str, outcome: str) -> None: ...
    def callbacks(self, count: int) -> list[Callback]: ...
    def no_more_callbacks(self, count: int) -> bool: ...
    def break_call(self, call: str, fault: str, **more: Any) -> None: ...
    def course(self, fault: str, **more: Any) -> None: ...
    def balance(self) -> int: ...


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


class Steps:
    """The way of an attempt. `line_faults`: how an answer of the counterpart can fail to arrive."""

    method: ClassVar[Method] = Method.CARD
    line_faults: ClassVar[tuple[str, ...]] = ("reply_lost", "unavailable")

    async def started(self, provider: PaymentProvider, payer: Payer) -> tuple[Attempt, Started]:
        attempt = an_attempt(payer, self.method)
        return attempt, await provider.start(attempt)

    async def decided(
        self, provider: PaymentProvider, payer: Payer, wish: str = "pay"
    ) -> tuple[Attempt, Started]:
        """An attempt whose payer has decided, and whose money is captured where it has to be."""
        attempt, started = await self.started(provider, payer)
        payer.decide(started.reference, wish)
        await self.captured(provider, attempt, started)
        return attempt, started

    async def captured(self, provider: PaymentProvider, attempt: Attempt, started: Started) -> None:
        if not isinstance(provider, CapturingProvider):
            return
        if (await provider.status(started.reference, self.method)).state is State.APPROVED:
            await provider.capture(started.reference, self.method, attempt.attempt_id)


class ProviderContract(Steps):
    """`outcomes`: what a payer may do, and what the provider then says when asked; `unpaid`: one of them."""

    outcomes: ClassVar[dict[str, State]] = {
        "pay": State.SUCCEEDED,
        "fail": State.FAILED,
        "cancel": State.CANCELLED,
        "timeout": State.EXPIRED,
    }
    unpaid: ClassVar[str] = "cancel"
    start_is_repeatable: ClassVar[bool] = False

    async def test_start_moves_no_money(self, provider: PaymentProvider, payer: Payer) -> None:
        before = payer.balance()
        _, started = await self.started(provider, payer)
        outcome = await provider.status(started.reference, self.method)
        assert (outcome.state, payer.balance()) == (State.UNKNOWN, before)

    async def test_start_gives_an_address_for_the_browser(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        _, started = await self.started(provider, payer)
        assert started.redirect_url.startswith("http")

    async def test_start_of_another_method_is_a_mistake(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        for method in set(Method) - provider.methods:
            with pytest.raises(ValueError, match=method):
                await provider.start(an_attempt(payer, method))

    async def test_status_tells_what_the_payer_decided(self, provider: PaymentProvider, payer: Payer) -> None:
        for wish, state in self.outcomes.items():
            attempt, started = await self.decided(provider, payer, wish)
            outcome = await provider.status(started.reference, self.method)
            assert outcome.state is state, wish
            if state in {State.SUCCEEDED, State.FAILED}:
                assert outcome.agrees_with(
                    reference=started.reference,
                    attempt_id=attempt.attempt_id,
                    amount_cents=3000,
                    currency="EUR",
                )

    async def test_another_amount_does_not_agree(self, provider: PaymentProvider, payer: Payer) -> None:
        payer.course("altered_amount", amount_cents=2500)
        attempt, started = await self.decided(provider, payer)
        outcome = await provider.status(started.reference, self.method)
        assert outcome.amount_cents == 2500
        assert not outcome.agrees_with(
            reference=started.reference, attempt_id=attempt.attempt_id, amount_cents=3000, currency="EUR"
        )

    async def test_start_that_fails_leaves_nothing_known(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        for fault in self.line_faults:
            payer.break_call("start", fault)
            with pytest.raises(ProviderUnavailable):
                await self.started(provider, payer)

    async def test_status_that_fails_can_be_asked_again(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        _, started = await self.decided(provider, payer)
        for fault in self.line_faults:
            payer.break_call("status", fault)
            with pytest.raises(ProviderUnavailable):
                await provider.status(started.reference, self.method)
        assert (await provider.status(started.reference, self.method)).state is State.SUCCEEDED

    async def test_second_start_of_one_attempt_opens_no_second_transaction(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        attempt, started = await self.started(provider, payer)
        if self.start_is_repeatable:
            assert await provider.start(attempt) == started
            return
        with pytest.raises(ProviderRefused) as raised:
            await provider.start(attempt)
        assert raised.value.reaction == "duplicate"

    async def test_unknown_reference_is_refused(self, provider: PaymentProvider) -> None:
        with pytest.raises(ProviderRefused):
            await provider.status(str(uuid.uuid4()), self.method)

    async def test_callback_of_nobody_is_forged(self, provider: PaymentProvider) -> None:
        with pytest.raises(CallbackForged):
            await provider.verify_callback(Callback(b"", {}, b""))


class NotifyingContract(ProviderContract):
    """A provider that calls back. `announced`: the decisions of a payer that it tells, each so often."""

    announced: ClassVar[tuple[str, ...]] = ("pay", "fail", "cancel", "timeout")
    callbacks_each: ClassVar[int] = 1

    async def test_callback_and_status_tell_the_same(self, provider: PaymentProvider, payer: Payer) -> None:
        sent = 0
        for wish in self.announced:
            attempt, started = await self.decided(provider, payer, wish)
            callbacks = payer.callbacks(sent + self.callbacks_each)[sent:]
            sent += self.callbacks_each
            status = await provider.status(started.reference, self.method)
            assert status.state is self.outcomes[wish]
            assert status.agrees_with(
                reference=started.reference, attempt_id=attempt.attempt_id, amount_cents=3000, currency="EUR"
            )
            for callback in callbacks:
                assert await provider.verify_callback(callback) == Notification(self.method, status)
            assert payer.no_more_callbacks(sent)

    async def test_two_equal_callbacks_tell_one_outcome(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        payer.course("twice")
        await self.decided(provider, payer)
        first, second = payer.callbacks(2)[:2]
        assert await provider.verify_callback(first) == await provider.verify_callback(second)

    async def test_late_callback_is_overtaken_by_status(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        payer.course("late", seconds=1.5)
        _, started = await self.decided(provider, payer)
        assert (await provider.status(started.reference, self.method)).state is State.SUCCEEDED
        assert payer.callbacks(0) == []
        assert (await told(provider, payer)).outcome.state is State.SUCCEEDED

    async def test_missing_callback_is_replaced_by_status(
        self, provider: PaymentProvider, payer: Payer
    ) -> None:
        payer.course("never")
        _, started = await self.decided(provider, payer)
        assert payer.no_more_callbacks(0)
        assert (await provider.status(started.reference, self.method)).state is State.SUCCEEDED

    @pytest.mark.parametrize("fault", ["forged", "tampered"])
    async def test_callback_without_the_true_signature_is_forged(
        self, provider: PaymentProvider, payer: Payer, fault: str
    ) -> None:
        payer.course(fault)
        _, started = await self.decided(provider, payer, self.unpaid)
        with pytest.raises(CallbackForged, match="wrong_hash"):
            await provider.verify_callback(payer.callbacks(1)[0])
        assert (await provider.status(started.reference, self.method)).state is self.outcomes[self.unpaid]

    async def test_callback_tells_another_amount(self, provider: PaymentProvider, payer: Payer) -> None:
        payer.course("altered_amount", amount_cents=2500)
        _, started = await self.decided(provider, payer)
        outcome = (await told(provider, payer)).outcome
        assert outcome.amount_cents == 2500
        assert outcome == await provider.status(started.reference, self.method)

    async def test_unknown_is_an_answer_and_ends(self, provider: PaymentProvider, payer: Payer) -> None:
        payer.course("unknown_first", answers=2)
        _, started = await self.decided(provider, payer)
        assert (await told(provider, payer)).outcome.state is State.UNKNOWN
        states = [(await provider.status(started.reference, self.method)).state for _ in range(3)]
        assert states == [State.UNKNOWN, State.UNKNOWN, State.SUCCEEDED]


class CapturingContract(ProviderContract):
    """A provider at which the payer only agrees."""

    async def agreed(self, provider: CapturingProvider, payer: Payer) -> tuple[Attempt, Started]:
        attempt, started = await self.started(provider, payer)
        payer.decide(started.reference, "pay")
        return attempt, started

    async def test_agreement_is_not_yet_money(self, provider: CapturingProvider, payer: Payer) -> None:
        before = payer.balance()
        attempt, started = await self.agreed(provider, payer)
        outcome = await provider.status(started.reference, self.method)
        assert (outcome.state, payer.balance()) == (State.APPROVED, before)
        assert outcome.agrees_with(
            reference=started.reference, attempt_id=attempt.attempt_id, amount_cents=3000, currency="EUR"
        )

    async def test_capture_takes_the_money_once(self, provider: CapturingProvider, payer: Payer) -> None:
        before = payer.balance()
        attempt, started = await self.agreed(provider, payer)
        first, again = [
            await provider.capture(started.reference, self.method, attempt.attempt_id) for _ in range(2)
        ]
        assert first.state is State.SUCCEEDED
        assert first == again == await provider.status(started.reference, self.method)
        assert first.backend_transaction_id
        assert payer.balance() == before + 3000

    async def test_capture_whose_answer_is_lost_is_repeated(
        self, provider: CapturingProvider, payer: Payer
    ) -> None:
        before = payer.balance()
        attempt, started = await self.agreed(provider, payer)
        payer.break_call("capture", "reply_lost")
        with pytest.raises(ProviderUnavailable):
            await provider.capture(started.reference, self.method, attempt.attempt_id)
        assert (await provider.status(started.reference, self.method)).state is State.SUCCEEDED
        again = await provider.capture(started.reference, self.method, attempt.attempt_id)
        assert (again.state, payer.balance()) == (State.SUCCEEDED, before + 3000)

    async def test_capture_of_another_attempt_finds_the_money_taken(
        self, provider: CapturingProvider, payer: Payer
    ) -> None:
        before = payer.balance()
        _, started = await self.decided(provider, payer)
        found = await provider.capture(started.reference, self.method, uuid.uuid4())
        assert (found.state, payer.balance()) == (State.SUCCEEDED, before + 3000)

    async def test_capture_without_agreement_is_refused(
        self, provider: CapturingProvider, payer: Payer
    ) -> None:
        attempt, started = await self.started(provider, payer)
        with pytest.raises(ProviderRefused) as raised:
            await provider.capture(started.reference, self.method, attempt.attempt_id)
        assert raised.value.reaction == "payer"

    async def test_capture_can_be_declined(self, provider: CapturingProvider, payer: Payer) -> None:
        before = payer.balance()
        payer.course("declined")
        attempt, started = await self.agreed(provider, payer)
        outcome = await provider.capture(started.reference, self.method, attempt.attempt_id)
        assert (outcome.state, payer.balance()) == (State.FAILED, before)


def a_refund(attempt: Attempt, started: Started, cents: int, **changes: Any) -> RefundOrder:
    order = RefundOrder(
        refund_id=uuid.uuid4(), method=attempt.method, payment_reference=started.reference,
        backend_reference=None, amount_cents=cents, currency="EUR", purpose="Bewohnerparken 4711000001",
        kassenzeichen="4711000001", whole=cents == attempt.amount_cents,
    )  # fmt: skip
    return replace(order, **changes)


class RefundingContract(Steps):
    """A provider that gives money back."""

    async def paid(self, provider: RefundingProvider, payer: Payer) -> tuple[Attempt, Started, str | None]:
        """An attempt that is paid, and what the provider calls the booking."""
        attempt, started = await self.decided(provider, payer)
        outcome = await provider.status(started.reference, self.method)
        assert outcome.state is State.SUCCEEDED
        return attempt, started, outcome.backend_transaction_id

    @pytest.mark.parametrize("cents", [1000, 3000], ids=["part", "all"])
    async def test_gives_back_once_asked(self, provider: RefundingProvider, payer: Payer, cents: int) -> None:
        before = payer.balance()
        attempt, started, booking = await self.paid(provider, payer)
        order = a_refund(attempt, started, cents, backend_reference=booking)
        outcome = await provider.refund(order)
        assert (outcome.state, outcome.amount_cents, outcome.currency) == (State.SUCCEEDED, cents, "EUR")
        assert outcome.reference not in ("", started.reference)
        assert await provider.refund_status(order, outcome.reference) == outcome
        assert payer.balance() == before + 3000 - cents

    async def test_gives_back_in_parts_and_never_more_than_came(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        before = payer.balance()
        attempt, started, booking = await self.paid(provider, payer)
        for cents in (1000, 2000):
            order = a_refund(attempt, started, cents, backend_reference=booking)
            assert (await provider.refund(order)).state is State.SUCCEEDED
        with pytest.raises(ProviderRefused):
            await provider.refund(a_refund(attempt, started, 1, backend_reference=booking))
        assert payer.balance() == before

    async def test_of_a_payment_that_never_was_is_refused(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        attempt, started = await self.started(provider, payer)
        with pytest.raises(ProviderRefused):
            await provider.refund(a_refund(attempt, started, 1000))

    async def test_the_same_order_never_gives_back_twice(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        before = payer.balance()
        attempt, started, booking = await self.paid(provider, payer)
        order = a_refund(attempt, started, 1000, backend_reference=booking)
        first = await provider.refund(order)
        if provider.refund_repeatable:
            assert await provider.refund(order) == first
        else:
            with pytest.raises(ProviderRefused) as raised:
                await provider.refund(order)
            assert raised.value.reaction == "duplicate"
        assert payer.balance() == before + 2000

    async def test_that_has_no_answer_leaves_nothing_known(
        self, provider: RefundingProvider, payer: Payer
    ) -> None:
        for fault in self.line_faults:
            attempt, started, booking = await self.paid(provider, payer)
            order = a_refund(attempt, started, 1000, backend_reference=booking)
            paid = payer.balance()
            payer.break_call("refund", fault)
            with pytest.raises(ProviderUnavailable):
                await provider.refund(order)
            if provider.refund_repeatable:
                assert (await provider.refund(order)).state is State.SUCCEEDED
                assert payer.balance() == paid - 1000

    async def test_is_offered_for_its_methods(self, provider: RefundingProvider) -> None:
        assert isinstance(provider, RefundingProvider)
        assert self.method in provider.refundable_methods <= provider.methods
