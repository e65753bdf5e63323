"""The provider contract, run by the XBezahldienste adapter against the sandbox over HTTP."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.payments.providers.port import (
    Callback,
    CallbackForged,
    CapturingProvider,
    Method,
    ProviderRefused,
    ProviderUnavailable,
    RefundingProvider,
    State,
)
from services.payments.providers.xbezahldienste import (
    Basic,
    ClientCertificate,
    ClientCredentials,
    Endpoint,
    XBezahldienste,
)
from services.payments.providers.xbezahldienste.authentication import Authentication
from services.payments.providers.xbezahldienste.replies import REACTIONS
from tests.deploy.sandbox.xbezahldienste_serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    END_POINT,
    ORIGINATOR,
    PlatformSandbox,
    running_platform,
)
from tests.services.payments.providers.contract import ProviderContract, an_attempt
from tests.services.payments.providers.xbezahldienste.mutual_tls import identity, serving_tls

PAGE = Method.PAYMENT_PAGE


class SandboxPayer:
    notify_url = "https://portal.example/never-called"

    def __init__(self, sandbox: PlatformSandbox) -> None:
        self.sandbox = sandbox

    def decide(self, reference: str, outcome: str) -> None:
        self.sandbox.decide(reference, outcome)

    def callbacks(self, count: int) -> list[Callback]:
        raise AssertionError("a platform of XBezahldienste never calls")

    def no_more_callbacks(self, count: int) -> bool:
        return True

    def break_call(self, call: str, fault: str, **more: Any) -> None:
        self.sandbox.tell(fault, call=call, **more)

    def course(self, fault: str, **more: Any) -> None:
        self.sandbox.tell(fault, **more)

    def balance(self) -> int:
        return int(self.sandbox.book()["balance_cents"])


def endpoint(sandbox: PlatformSandbox, **changes: Any) -> Endpoint:
    return replace(Endpoint(sandbox.base, ORIGINATOR, END_POINT), **changes)


def authentication(kind: str, sandbox: PlatformSandbox) -> Authentication:
    if kind == "basic":
        return Basic(CLIENT_ID, CLIENT_SECRET)
    url, scope = f"{sandbox.url}/oauth/token/", ""
    if kind == "girocheckout":
        url, scope = f"{sandbox.base}auth/token", "post"
    return ClientCredentials(token_url=url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scope=scope)


@pytest.fixture(scope="module")
def platform() -> Iterator[PlatformSandbox]:
    with running_platform() as sandbox:
        yield sandbox


@pytest.fixture
def payer(platform: PlatformSandbox) -> SandboxPayer:
    platform.reset()
    return SandboxPayer(platform)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture(params=["basic", "oauth2", "girocheckout"])
def provider(
    request: pytest.FixtureRequest, platform: PlatformSandbox, http: httpx.AsyncClient
) -> XBezahldienste:
    return XBezahldienste(
        endpoint=endpoint(platform), authentication=authentication(request.param, platform), http=http
    )


@pytest.fixture
def plain(platform: PlatformSandbox, http: httpx.AsyncClient) -> XBezahldienste:
    return XBezahldienste(
        endpoint=endpoint(platform), authentication=authentication("basic", platform), http=http
    )


class TestXBezahldiensteKeepsTheContract(ProviderContract):
    method = PAGE
    outcomes = {  # noqa: RUF012
        "pay": State.SUCCEEDED,
        "fail": State.FAILED,
        "cancel": State.CANCELLED,
    }
    line_faults = ("reply_lost", "unavailable", "proxy")
    start_is_repeatable = True  # the platform refuses it, and the payment it opened is found


class TestAPayment:
    async def test_whose_answer_was_lost_goes_on(
        self, plain: XBezahldienste, payer: SandboxPayer, platform: PlatformSandbox
    ) -> None:
        attempt = an_attempt(payer, PAGE)
        payer.break_call("start", "reply_lost")
        with pytest.raises(ProviderUnavailable):
            await plain.start(attempt)
        started = await plain.start(attempt)
        assert [p["transaction_id"] for p in platform.book()["payments"]] == [started.reference]
        payer.decide(started.reference, "pay")
        assert (await plain.status(started.reference, PAGE)).state is State.SUCCEEDED

    async def test_that_was_decided_is_not_started_again(
        self, plain: XBezahldienste, payer: SandboxPayer
    ) -> None:
        attempt = an_attempt(payer, PAGE)
        payer.decide((await plain.start(attempt)).reference, "pay")
        with pytest.raises(ProviderRefused, match="PAYMENT_EXISTS") as raised:
            await plain.start(attempt)
        assert raised.value.reaction == "duplicate"

    async def test_is_refused_where_it_cannot_be_found_by_its_request(
        self, payer: SandboxPayer, http: httpx.AsyncClient
    ) -> None:
        with running_platform(answers_to_request_id=False) as strict:
            provider = XBezahldienste(
                endpoint=endpoint(strict), authentication=authentication("basic", strict), http=http
            )
            attempt = an_attempt(payer, PAGE)
            await provider.start(attempt)
            with pytest.raises(ProviderRefused, match="PAYMENT_EXISTS"):
                await provider.start(attempt)

    async def test_is_not_known_before_the_platform_says_so(
        self, plain: XBezahldienste, payer: SandboxPayer
    ) -> None:
        payer.course("unknown_first", answers=2)
        started = await plain.start(an_attempt(payer, PAGE))
        payer.decide(started.reference, "pay")
        told = [(await plain.status(started.reference, PAGE)).state for _ in range(3)]
        assert told == [State.UNKNOWN, State.UNKNOWN, State.SUCCEEDED]

    async def test_that_is_not_echoed_is_told_without_amount(
        self, plain: XBezahldienste, payer: SandboxPayer
    ) -> None:
        payer.course("silent")
        started = await plain.start(an_attempt(payer, PAGE))
        payer.decide(started.reference, "pay")
        outcome = await plain.status(started.reference, PAGE)
        assert (outcome.state, outcome.amount_cents, outcome.transaction_id) == (State.SUCCEEDED, None, "")

    async def test_in_another_currency_is_refused_in_words(
        self, plain: XBezahldienste, payer: SandboxPayer
    ) -> None:
        payer.course("foreign_currency")
        started = await plain.start(an_attempt(payer, PAGE))
        with pytest.raises(ProviderRefused, match="foreign currency"):
            await plain.status(started.reference, PAGE)

    async def test_carries_kassenzeichen_and_booking_data(
        self, platform: PlatformSandbox, payer: SandboxPayer, http: httpx.AsyncClient
    ) -> None:
        booking = {"kassenzeichen": "{kassenzeichen}", "haushaltsstelle": "1.2.3"}
        provider = XBezahldienste(
            endpoint=endpoint(platform, booking_data=booking),
            authentication=authentication("basic", platform),
            http=http,
        )
        started = await provider.start(an_attempt(payer, PAGE, purpose="Gebühr für Łódź & Söhne"))
        asked = platform.payment(started.reference)["asked"]
        assert asked["items"][0]["bookingData"] == {"kassenzeichen": "4711000001", "haushaltsstelle": "1.2.3"}
        assert (asked["purpose"], asked["grosAmount"]) == ("Gebuehr fuer d Soehne", "30.00")
        assert "requestor" not in asked

    async def test_without_booking_data_is_the_operators(
        self, platform: PlatformSandbox, payer: SandboxPayer, http: httpx.AsyncClient
    ) -> None:
        provider = XBezahldienste(
            endpoint=endpoint(platform, booking_data={}),
            authentication=authentication("basic", platform),
            http=http,
        )
        with pytest.raises(ProviderRefused, match="BOOKING_DATA_MISSING") as raised:
            await provider.start(an_attempt(payer, PAGE))
        assert raised.value.reaction == "configuration"

    async def test_is_never_told_by_a_callback(self, plain: XBezahldienste) -> None:
        with pytest.raises(CallbackForged, match="no_callbacks"):
            await plain.verify_callback(Callback(b"status=PAYED", {}, b'{"status":"PAYED"}'))

    def test_is_neither_captured_nor_given_back(self, plain: XBezahldienste) -> None:
        assert not isinstance(plain, CapturingProvider)
        assert not isinstance(plain, RefundingProvider)


class TestRefusals:
    @pytest.mark.parametrize("code", sorted(code for code, reaction in REACTIONS.items() if reaction))
    async def test_say_who_must_act(self, plain: XBezahldienste, payer: SandboxPayer, code: str) -> None:
        payer.break_call("status", "refuse", code=code)
        started = await plain.start(an_attempt(payer, PAGE))
        with pytest.raises(ProviderRefused) as raised:
            await plain.status(started.reference, PAGE)
        assert (raised.value.code, raised.value.reaction) == (code, REACTIONS[code])

    @pytest.mark.parametrize(
        ("more", "reason"),
        [
            ({"code": "UNSPECIFIED"}, "unspecified"),
            ({"status": 500}, "http_500"),
            ({"status": 429}, "http_429"),
        ],
    )
    async def test_that_say_nothing_leave_it_unknown(
        self, plain: XBezahldienste, payer: SandboxPayer, more: dict[str, Any], reason: str
    ) -> None:
        payer.break_call("start", "refuse", **more)
        with pytest.raises(ProviderUnavailable, match=reason):
            await plain.start(an_attempt(payer, PAGE))

    async def test_nobody_there_is_unavailable(self, payer: SandboxPayer, http: httpx.AsyncClient) -> None:
        provider = XBezahldienste(
            endpoint=Endpoint("http://127.0.0.1:9/", ORIGINATOR, END_POINT),
            authentication=Basic("a", "b"),
            http=http,
        )
        with pytest.raises(ProviderUnavailable, match="connection"):
            await provider.start(an_attempt(payer, PAGE))


class TestTheAuthentication:
    @pytest.mark.parametrize("kind", ["oauth2", "girocheckout"])
    async def test_renews_a_token_that_was_forgotten(
        self, platform: PlatformSandbox, payer: SandboxPayer, http: httpx.AsyncClient, kind: str
    ) -> None:
        provider = XBezahldienste(
            endpoint=endpoint(platform), authentication=authentication(kind, platform), http=http
        )
        started = await provider.start(an_attempt(payer, PAGE))
        platform.http.delete("/sandbox/tokens").raise_for_status()
        assert (await provider.status(started.reference, PAGE)).state is State.UNKNOWN

    async def test_renews_a_token_before_it_ends(
        self, platform: PlatformSandbox, http: httpx.AsyncClient
    ) -> None:
        clock = [0.0]
        tokens = ClientCredentials(
            token_url=f"{platform.url}/oauth/token/",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            clock=lambda: clock[0],
        )
        given = []
        for clock[0] in (0.0, 3239.0, 3240.0):
            given.append(await tokens.header(http))
        assert given[0] == given[1] != given[2]

    @pytest.mark.parametrize("kind", ["basic", "oauth2", "girocheckout"])
    async def test_with_a_wrong_secret_is_the_operators(
        self, platform: PlatformSandbox, payer: SandboxPayer, http: httpx.AsyncClient, kind: str
    ) -> None:
        right = authentication(kind, platform)
        if isinstance(right, ClientCredentials):
            right._form["client_secret"] = "wrong"
        wrong = Basic(CLIENT_ID, "wrong") if kind == "basic" else right
        provider = XBezahldienste(endpoint=endpoint(platform), authentication=wrong, http=http)
        with pytest.raises(ProviderRefused) as raised:
            await provider.start(an_attempt(payer, PAGE))
        assert raised.value.reaction == "configuration"

    @pytest.mark.parametrize("fault", ["reply_lost", "unavailable", "proxy"])
    async def test_without_a_token_nothing_is_known(
        self, platform: PlatformSandbox, payer: SandboxPayer, http: httpx.AsyncClient, fault: str
    ) -> None:
        payer.break_call("token", fault)
        provider = XBezahldienste(
            endpoint=endpoint(platform), authentication=authentication("oauth2", platform), http=http
        )
        with pytest.raises(ProviderUnavailable):
            await provider.start(an_attempt(payer, PAGE))

    async def test_by_certificate_shows_it_and_checks_the_other(
        self, tmp_path: Path, payer: SandboxPayer, http: httpx.AsyncClient
    ) -> None:
        server, city, stranger = (identity(tmp_path, name) for name in ("server", "city", "stranger"))
        with serving_tls(tmp_path, server, trusting=city) as url:
            made = {
                name: XBezahldienste(
                    endpoint=Endpoint(f"{url}/xbezahldienste/", ORIGINATOR, END_POINT),
                    authentication=ClientCertificate(own.context(trusting=trusted)),
                    http=http,
                )
                for name, own, trusted in (
                    ("city", city, server),
                    ("stranger", stranger, server),
                    ("deceived", city, stranger),
                )
            }
            started = await made["city"].start(an_attempt(payer, PAGE))
            assert (await made["city"].status(started.reference, PAGE)).state is State.UNKNOWN
            for name in ("stranger", "deceived"):
                with pytest.raises(ProviderUnavailable, match="connection"):
                    await made[name].start(an_attempt(payer, PAGE))
