"""The provider contract, run by the GiroCheckout adapter against the sandbox bank over HTTP."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.payments.providers.girocheckout import Account, GiroCheckout
from services.payments.providers.girocheckout.fields import REFUND
from services.payments.providers.port import (
    Callback,
    Method,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    RefundOutcome,
    State,
)
from tests.deploy.sandbox.serving import (
    MERCHANT,
    PASSPHRASES,
    PROJECTS,
    Sandbox,
    Shop,
    running_sandbox,
    running_shop,
)
from tests.services.payments.providers.contract import (
    NotifyingContract,
    RefundingContract,
    a_refund,
    an_attempt,
    told,
)


class SandboxPayer:
    def __init__(self, sandbox: Sandbox, shop: Shop) -> None:
        self.sandbox = sandbox
        self._shop = shop
        self.notify_url = f"{shop.url}/notify?attempt=1"

    def decide(self, reference: str, outcome: str) -> None:
        self.sandbox.decide(reference, outcome)

    def callbacks(self, count: int) -> list[Callback]:
        return [Callback(query, {}, b"") for query in self._shop.wait(count)]

    def no_more_callbacks(self, count: int) -> bool:
        self.sandbox.settled_notices()
        return len(self._shop.heard) == count

    def break_call(self, call: str, fault: str, **more: Any) -> None:
        self.sandbox.tell(fault, call=call, **more)

    def course(self, fault: str, **more: Any) -> None:
        self.sandbox.tell(fault, **more)

    def balance(self) -> int:
        return int(self.sandbox.book()["balance_cents"])


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Shop]]:
    state: Path = tmp_path_factory.mktemp("bank")
    with running_sandbox(state) as sandbox, running_shop() as shop:
        yield sandbox, shop


@pytest.fixture
def payer(servers: tuple[Sandbox, Shop]) -> Iterator[SandboxPayer]:
    sandbox, shop = servers
    yield SandboxPayer(sandbox, shop)
    sandbox.forget()
    shop.forget()


@pytest.fixture(params=["v2", "api/v2"], ids=["generation 2", "generation 1"])
async def provider(
    request: pytest.FixtureRequest, servers: tuple[Sandbox, Shop]
) -> AsyncIterator[GiroCheckout]:
    account = Account.of(MERCHANT, PROJECTS, PASSPHRASES)
    async with httpx.AsyncClient(trust_env=False) as http:
        yield GiroCheckout(
            base_url=f"{servers[0].url}/girocheckout/{request.param}", account=account, http=http
        )


class TestGiroCheckoutKeepsTheContract(NotifyingContract):
    line_faults = ("reply_lost", "unsigned", "wrong_hash", "unavailable")

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("reply_lost", "connection"),
            ("unsigned", "unauthenticated_reply"),
            ("wrong_hash", "unauthenticated_reply"),
            ("unavailable", "unauthenticated_reply"),
        ],
    )
    async def test_says_why_nothing_is_known(
        self, provider: PaymentProvider, payer: SandboxPayer, fault: str, reason: str
    ) -> None:
        payer.break_call("start", fault)
        with pytest.raises(ProviderUnavailable) as raised:
            await self.started(provider, payer)
        assert raised.value.reason == reason

    async def test_success_after_cancellation_is_told(
        self, provider: PaymentProvider, payer: SandboxPayer
    ) -> None:
        payer.course("success_after_cancel", seconds=0.2)
        _, started = await self.started(provider, payer)
        payer.decide(started.reference, "cancel")
        found = [await provider.verify_callback(sent) for sent in payer.callbacks(2)]
        assert [one and one.outcome.state for one in found] == [State.CANCELLED, State.SUCCEEDED]


class TestGiroCheckoutGivesBack(RefundingContract):
    line_faults = ("reply_lost", "unsigned", "wrong_hash", "unavailable")

    async def test_all_of_a_card_payment_by_voiding_it(
        self, provider: GiroCheckout, payer: SandboxPayer
    ) -> None:
        attempt, started, _ = await self.paid(provider, payer)
        outcome = await provider.refund(a_refund(attempt, started, 3000))
        assert payer.sandbox.transaction(outcome.reference)["kind"] == "VOID"

    async def test_what_cannot_be_voided_any_more_by_a_refund(
        self, provider: GiroCheckout, payer: SandboxPayer
    ) -> None:
        attempt, started, _ = await self.paid(provider, payer)
        payer.break_call("void", "refuse", code=5086)
        outcome = await provider.refund(a_refund(attempt, started, 3000))
        booked = payer.sandbox.transaction(outcome.reference)
        assert (outcome.state, booked["kind"]) == (State.SUCCEEDED, "REFUND")

    async def test_what_a_void_did_not_succeed_in_by_a_refund(
        self, provider: GiroCheckout, payer: SandboxPayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The call was in order (rc 0), and its result is 4900."""
        attempt, started, _ = await self.paid(provider, payer)

        async def not_successful(*_: object) -> RefundOutcome:
            return RefundOutcome(State.FAILED, "4900", "void-1")

        monkeypatch.setattr(provider, "_void", not_successful)
        outcome = await provider.refund(a_refund(attempt, started, 3000))
        booked = payer.sandbox.transaction(outcome.reference)
        assert (outcome.state, booked["kind"]) == (State.SUCCEEDED, "REFUND")

    async def test_nothing_further_where_a_void_has_no_answer(
        self, provider: GiroCheckout, payer: SandboxPayer
    ) -> None:
        attempt, started, _ = await self.paid(provider, payer)
        payer.break_call("void", "reply_lost")
        with pytest.raises(ProviderUnavailable):
            await provider.refund(a_refund(attempt, started, 3000))
        with pytest.raises(ProviderRefused):  # it was voided: nothing is left
            await provider.refund(a_refund(attempt, started, 3000, whole=False))

    @pytest.mark.parametrize("method", sorted(set(REFUND)))
    async def test_payments_of_every_method_that_has_refunds(
        self, provider: GiroCheckout, payer: SandboxPayer, method: Method
    ) -> None:
        attempt = an_attempt(payer, method)
        started = await provider.start(attempt)
        payer.decide(started.reference, "pay")
        assert (await provider.refund(a_refund(attempt, started, 500))).state is State.SUCCEEDED
        booked = [(entry["text"], entry["amount_cents"]) for entry in payer.sandbox.book()["entries"]][-2:]
        assert booked == [(attempt.kassenzeichen, attempt.amount_cents), (attempt.kassenzeichen, -500)]

    async def test_nothing_of_a_method_without_a_project(
        self, servers: tuple[Sandbox, Shop], payer: SandboxPayer
    ) -> None:
        account = Account.of(MERCHANT, {"wero": PROJECTS["wero"]}, PASSPHRASES)
        async with httpx.AsyncClient(trust_env=False) as http:
            provider = GiroCheckout(base_url=servers[0].api, account=account, http=http)
            with pytest.raises(ProviderUnavailable, match="no_project"):
                await provider.status("ref", Method.CARD)


class TestEveryMethodOfGiroCheckout:
    @pytest.mark.parametrize("method", sorted(set(Method) - {Method.TRANSFER}))
    async def test_is_started_paid_and_told(
        self, provider: PaymentProvider, payer: SandboxPayer, method: Method
    ) -> None:
        attempt = an_attempt(payer, method)
        started = await provider.start(attempt)
        payer.decide(started.reference, "pay")
        notification = await told(provider, payer)
        assert notification.method is method
        assert notification.outcome == await provider.status(started.reference, method)

    async def test_sends_the_whole_kassenzeichen_and_a_short_purpose(
        self, provider: PaymentProvider, payer: SandboxPayer
    ) -> None:
        attempt = an_attempt(
            payer, purpose="Bewohnerparkausweis für Zone Altstadt Nord", kassenzeichen="9" * 60
        )
        booked = payer.sandbox.transaction((await provider.start(attempt)).reference)
        assert (booked["purpose"], booked["kassenzeichen"]) == ("Bewohnerparkausweis für", "9" * 60)

    async def test_keeps_umlauts_under_the_hash(self, provider: PaymentProvider, payer: SandboxPayer) -> None:
        attempt = an_attempt(payer, purpose="Gebühr für Łódź & Söhne +ß")
        booked = payer.sandbox.transaction((await provider.start(attempt)).reference)
        assert booked["purpose"] == "Gebühr für Łódź & Söhne +ß"


class TestRefusalsOfGiroCheckout:
    @pytest.mark.parametrize(
        ("code", "reaction"),
        [
            (5000, "configuration"),
            (5001, "configuration"),
            (5002, "configuration"),
            (5116, "bug"),
            (5200, "declined"),
        ],
    )
    async def test_say_who_must_act(
        self, provider: PaymentProvider, payer: SandboxPayer, code: int, reaction: str
    ) -> None:
        payer.break_call("start", "refuse", code=code)
        with pytest.raises(ProviderRefused) as raised:
            await provider.start(an_attempt(payer))
        assert (raised.value.code, raised.value.reaction) == (str(code), reaction)

    @pytest.mark.parametrize("code", [5100, 5101, 5201, 9999])
    async def test_are_unknown_where_the_bank_does_not_know(
        self, provider: PaymentProvider, payer: SandboxPayer, code: int
    ) -> None:
        payer.break_call("start", "refuse", code=code)
        with pytest.raises(ProviderUnavailable, match=f"rc_{code}"):
            await provider.start(an_attempt(payer))

    async def test_name_a_wrong_passphrase_as_configuration(
        self, servers: tuple[Sandbox, Shop], payer: SandboxPayer
    ) -> None:
        account = Account.of(MERCHANT, {"card": 4}, {"4": "not registered there"})
        async with httpx.AsyncClient(trust_env=False) as http:
            provider = GiroCheckout(base_url=servers[0].api, account=account, http=http)
            with pytest.raises(ProviderRefused) as raised:
                await provider.start(an_attempt(payer))
        assert raised.value.reaction == "configuration"

    async def test_nobody_there_is_unavailable(self, payer: SandboxPayer) -> None:
        account = Account.of(MERCHANT, PROJECTS, PASSPHRASES)
        async with httpx.AsyncClient(trust_env=False) as http:
            provider = GiroCheckout(base_url="http://127.0.0.1:9/", account=account, http=http)
            with pytest.raises(ProviderUnavailable, match="connection"):
                await provider.start(an_attempt(payer))
