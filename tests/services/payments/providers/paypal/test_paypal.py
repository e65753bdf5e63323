"""What is PayPal's own: the token, its refusals, the payer sent back, refunds that take their time."""

import asyncio
import uuid
from dataclasses import replace

import httpx
import pytest

from services.payments.providers.paypal import Account, PayPal
from services.payments.providers.paypal.issues import ISSUES, reaction_to
from services.payments.providers.paypal.replies import Refund
from services.payments.providers.paypal.session import Session
from services.payments.providers.port import (
    Method,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    RefundOrder,
    State,
)
from tests.deploy.sandbox.paypal_serving import CLIENT_ID, CLIENT_SECRET, Listener, PayPalSandbox
from tests.services.payments.providers.contract import an_attempt
from tests.services.payments.providers.paypal.paying import SandboxPayer, account
from tests.services.payments.providers.paypal.test_requests import ATTEMPT as AN_ATTEMPT
from tests.services.payments.providers.paypal.test_requests import REFUND as A_REFUND


@pytest.fixture
async def provider(servers: tuple[PayPalSandbox, Listener], http: httpx.AsyncClient) -> PayPal:
    return PayPal(base_url=servers[0].url, account=account(servers[0]), http=http)


async def paid(provider: PayPal, payer: SandboxPayer) -> RefundOrder:
    """An order to give 10 of 30 paid euros back."""
    attempt = an_attempt(payer, Method.PAYPAL)
    started = await provider.start(attempt)
    payer.decide(started.reference, "pay")
    outcome = await provider.capture(started.reference, Method.PAYPAL, attempt.attempt_id)
    return RefundOrder(
        uuid.uuid4(), Method.PAYPAL, started.reference, outcome.backend_transaction_id, 1000, "EUR",
        "Erstattung", attempt.kassenzeichen,
    )  # fmt: skip


class Tokens:
    """A token endpoint in memory and one resource that wants the newest token."""

    def __init__(self, lifetime: int = 32400) -> None:
        self.lifetime = lifetime
        self.given = 0
        self.valid = ""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)  # others come in between
        if request.url.path == "/v1/oauth2/token":
            self.given += 1
            self.valid = f"token-{self.given}"
            return httpx.Response(200, json={"access_token": self.valid, "expires_in": self.lifetime})
        if request.headers["Authorization"] != f"Bearer {self.valid}":
            return httpx.Response(401, json={"name": "AUTHENTICATION_FAILURE"})
        return httpx.Response(200, json={"id": "R", "status": "COMPLETED"})


class TestTheToken:
    def session(self, tokens: Tokens, clock: list[float]) -> Session:
        http = httpx.AsyncClient(transport=httpx.MockTransport(tokens))
        return Session(
            base_url="https://paypal.test/",
            client_id="c",
            client_secret="s",
            http=http,
            clock=lambda: clock[0],
        )

    async def ask(self, session: Session) -> str:
        return (await session.call(Refund, "GET", "/v2/payments/refunds/R")).id

    async def test_is_asked_for_once_by_many(self) -> None:
        tokens = Tokens()
        session = self.session(tokens, [0.0])
        assert await asyncio.gather(*(self.ask(session) for _ in range(20))) == ["R"] * 20
        assert tokens.given == 1

    @pytest.mark.parametrize(("lifetime", "kept", "renewed"), [(32400, 32099, 32100), (100, 89, 90)])
    async def test_is_renewed_before_it_ends(self, lifetime: int, kept: float, renewed: float) -> None:
        tokens, clock = Tokens(lifetime), [0.0]
        session = self.session(tokens, clock)
        given = []
        for clock[0] in (0.0, kept, renewed):
            await self.ask(session)
            given.append(tokens.given)
        assert given == [1, 1, 2]

    async def test_that_paypal_forgot_is_replaced_once(self) -> None:
        tokens = Tokens()
        session = self.session(tokens, [0.0])
        await self.ask(session)
        tokens.valid = "another"
        assert await self.ask(session) == "R"
        assert tokens.given == 2

    async def test_that_is_never_taken_is_an_alarm(self, payer: SandboxPayer, provider: PayPal) -> None:
        payer.break_call("start", "refuse", status=401, issue="INVALID_TOKEN", count=2)
        with pytest.raises(ProviderRefused) as raised:
            await provider.start(an_attempt(payer, Method.PAYPAL))
        assert raised.value.reaction == "configuration"

    async def test_is_not_given_for_a_wrong_secret(
        self, servers: tuple[PayPalSandbox, Listener], payer: SandboxPayer, http: httpx.AsyncClient
    ) -> None:
        wrong = account(servers[0], client_secret="not that")
        provider = PayPal(base_url=servers[0].url, account=wrong, http=http)
        with pytest.raises(ProviderRefused, match="invalid_client") as raised:
            await provider.start(an_attempt(payer, Method.PAYPAL))
        assert raised.value.reaction == "configuration"

    @pytest.mark.parametrize("fault", ["unavailable", "reply_lost"])
    async def test_that_cannot_be_had_leaves_nothing_known(
        self, servers: tuple[PayPalSandbox, Listener], payer: SandboxPayer, provider: PayPal, fault: str
    ) -> None:
        payer.break_call("token", fault)
        with pytest.raises(ProviderUnavailable):
            await provider.start(an_attempt(payer, Method.PAYPAL))
        assert servers[0].book()["orders"] == []

    def test_and_the_secret_are_never_shown(self, servers: tuple[PayPalSandbox, Listener]) -> None:
        assert CLIENT_SECRET not in repr(account(servers[0]))
        assert CLIENT_ID in repr(account(servers[0]))


class TestRefusals:
    @pytest.mark.parametrize("issue", sorted(ISSUES))
    async def test_say_who_must_act(self, provider: PayPal, payer: SandboxPayer, issue: str) -> None:
        payer.break_call("start", "refuse", issue=issue)
        with pytest.raises(ProviderRefused) as raised:
            await provider.start(an_attempt(payer, Method.PAYPAL))
        assert (raised.value.code, raised.value.reaction) == (issue, ISSUES[issue])

    @pytest.mark.parametrize(
        ("status", "reaction"),
        [(400, Reaction.BUG), (404, Reaction.BUG), (422, Reaction.BUG), (403, Reaction.CONFIGURATION)],
    )
    def test_nobody_listed_are_an_alarm(self, status: int, reaction: Reaction) -> None:
        assert reaction_to("SOMETHING_NEW", status) is reaction

    @pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
    async def test_that_are_none_leave_it_unknown(
        self, provider: PayPal, payer: SandboxPayer, status: int
    ) -> None:
        payer.break_call("start", "refuse", status=status)
        with pytest.raises(ProviderUnavailable, match=f"http_{status}"):
            await provider.start(an_attempt(payer, Method.PAYPAL))

    async def test_nobody_there_is_unavailable(
        self, servers: tuple[PayPalSandbox, Listener], payer: SandboxPayer, http: httpx.AsyncClient
    ) -> None:
        provider = PayPal(base_url="http://127.0.0.1:9", account=account(servers[0]), http=http)
        with pytest.raises(ProviderUnavailable, match="connection"):
            await provider.start(an_attempt(payer, Method.PAYPAL))


class TestAnAttempt:
    async def test_whose_instrument_is_declined_goes_back_to_the_payer(
        self, provider: PayPal, payer: SandboxPayer
    ) -> None:
        payer.course("instrument_declined")
        attempt = an_attempt(payer, Method.PAYPAL)
        started = await provider.start(attempt)
        payer.decide(started.reference, "pay")
        with pytest.raises(ProviderRefused, match="INSTRUMENT_DECLINED") as raised:
            await provider.capture(started.reference, Method.PAYPAL, attempt.attempt_id)
        assert raised.value.reaction == "payer"
        assert (await provider.status(started.reference, Method.PAYPAL)).state is State.UNKNOWN
        payer.decide(started.reference, "pay")
        outcome = await provider.capture(started.reference, Method.PAYPAL, attempt.attempt_id)
        assert (outcome.state, payer.balance()) == (State.SUCCEEDED, 3000)

    async def test_that_was_cancelled_may_still_be_paid(self, provider: PayPal, payer: SandboxPayer) -> None:
        attempt = an_attempt(payer, Method.PAYPAL)
        started = await provider.start(attempt)
        payer.decide(started.reference, "cancel")
        payer.decide(started.reference, "pay")
        outcome = await provider.capture(started.reference, Method.PAYPAL, attempt.attempt_id)
        assert outcome.state is State.SUCCEEDED

    async def test_captured_in_dollars_is_refused_in_words(
        self, provider: PayPal, payer: SandboxPayer
    ) -> None:
        payer.course("foreign_currency")
        attempt = an_attempt(payer, Method.PAYPAL)
        started = await provider.start(attempt)
        payer.decide(started.reference, "pay")
        with pytest.raises(ProviderRefused, match="other_currency PayPal answered in a foreign currency"):
            await provider.capture(started.reference, Method.PAYPAL, attempt.attempt_id)

    async def test_asks_for_nothing_outside_its_own_path(self, provider: PayPal, payer: SandboxPayer) -> None:
        with pytest.raises(ProviderUnavailable):
            await provider.status("../checkout/orders", Method.PAYPAL)
        with pytest.raises(ProviderUnavailable):
            await provider.status("X/capture", Method.PAYPAL)

    async def test_reads_an_answer_about_another_order_as_none(self) -> None:
        def other(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v1/oauth2/token":
                return httpx.Response(200, json={"access_token": "t", "expires_in": 9})
            return httpx.Response(200, json={"id": "OTHER", "status": "COMPLETED", "purchase_units": [{}]})

        async with httpx.AsyncClient(transport=httpx.MockTransport(other)) as http:
            provider = PayPal(
                base_url="https://paypal.test", account=Account("c", "s", "w", "b", ()), http=http
            )
            for asked in (
                provider.status("MINE", Method.PAYPAL),
                provider.capture("MINE", Method.PAYPAL, uuid.uuid4()),
            ):
                with pytest.raises(ProviderUnavailable, match="another_transaction"):
                    await asked


class TestEachCall:
    async def test_that_moves_something_has_an_id_of_its_own(self) -> None:
        sent: dict[str, httpx.Headers] = {}

        def answer(request: httpx.Request) -> httpx.Response:
            sent[request.url.path] = request.headers
            links = [{"rel": "payer-action", "href": "https://paypal.test/pay"}]
            told = {"access_token": "t", "expires_in": 9, "id": "O", "status": "CREATED", "links": links}
            return httpx.Response(200, json={**told, "purchase_units": [{}]})

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            provider = PayPal(
                base_url="https://paypal.test", account=Account("c", "s", "w", "b", ()), http=http
            )
            attempt = replace(AN_ATTEMPT, attempt_id=uuid.UUID(int=7))
            await provider.start(attempt)
            await provider.capture("O", Method.PAYPAL, attempt.attempt_id)
            await provider.refund(replace(A_REFUND, refund_id=uuid.UUID(int=9)))
        ids = {path: headers.get("PayPal-Request-Id") for path, headers in sent.items()}
        assert ids == {
            "/v1/oauth2/token": None,
            "/v2/checkout/orders": f"{7:032x}:create",
            "/v2/checkout/orders/O/capture": f"{7:032x}:capture",
            "/v2/payments/captures/3C679366HH908993F/refund": f"{9:032x}",
        }
        assert sent["/v2/checkout/orders/O/capture"]["Prefer"] == "return=representation"


class TestARefund:
    async def test_may_take_its_time(self, provider: PayPal, payer: SandboxPayer) -> None:
        payer.course("refund_pending", answers=1)
        order = await paid(provider, payer)
        outcome = await provider.refund(order)
        told = [(await provider.refund_status(order, outcome.reference)).state for _ in range(2)]
        assert [outcome.state, *told] == [State.UNKNOWN, State.UNKNOWN, State.SUCCEEDED]
        assert payer.balance() == 2000

    async def test_ordered_again_is_the_same_and_given_once(
        self, provider: PayPal, payer: SandboxPayer
    ) -> None:
        order = await paid(provider, payer)
        assert await provider.refund(order) == await provider.refund(order)
        assert payer.balance() == 2000

    async def test_may_fail(self, provider: PayPal, payer: SandboxPayer) -> None:
        payer.course("refund_failed")
        outcome = await provider.refund(await paid(provider, payer))
        assert (outcome.state, payer.balance()) == (State.FAILED, 3000)

    async def test_finds_the_capture_where_nobody_kept_it(
        self, provider: PayPal, payer: SandboxPayer
    ) -> None:
        order = replace(await paid(provider, payer), backend_reference=None)
        assert (await provider.refund(order)).state is State.SUCCEEDED

    async def test_of_what_was_never_captured_is_refused(self, provider: PayPal, payer: SandboxPayer) -> None:
        started = await provider.start(an_attempt(payer, Method.PAYPAL))
        order = RefundOrder(
            uuid.uuid4(), Method.PAYPAL, started.reference, None, 1000, "EUR", "Erstattung", "4711000001"
        )
        with pytest.raises(ProviderRefused, match="no_capture"):
            await provider.refund(order)

    async def test_of_nobody_is_refused(self, provider: PayPal, payer: SandboxPayer) -> None:
        with pytest.raises(ProviderRefused):
            await provider.refund_status(await paid(provider, payer), "1JU08902781691411")
