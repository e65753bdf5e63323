"""The provider contracts, run by the PayPal adapter against the sandbox over HTTP."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography import x509

from services.payments.providers.paypal import Account, PayPal, Verification
from services.payments.providers.port import (
    Callback,
    Method,
    PaymentProvider,
    State,
)
from tests.deploy.sandbox.paypal_serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    WEBHOOK_ID,
    Listener,
    PayPalSandbox,
    running_listener,
    running_paypal,
)
from tests.services.payments.providers.contract import (
    CapturingContract,
    NotifyingContract,
    RefundingContract,
)

CALLS = {"start": "create", "status": "read"}


class SandboxPayer:
    def __init__(self, sandbox: PayPalSandbox, listener: Listener) -> None:
        self.sandbox = sandbox
        self.listener = listener
        self.notify_url = listener.url

    def decide(self, reference: str, outcome: str) -> None:
        self.sandbox.decide(reference, outcome)

    def callbacks(self, count: int) -> list[Callback]:
        return [Callback(b"", headers, body) for headers, body in self.listener.wait(count)]

    def no_more_callbacks(self, count: int) -> bool:
        return self.listener.stays_at(count)

    def break_call(self, call: str, fault: str, **more: Any) -> None:
        self.sandbox.tell(fault, call=CALLS.get(call, call), **more)

    def course(self, fault: str, **more: Any) -> None:
        if fault == "unknown_first":
            # the answers to the capture and to the webhook's own question say PENDING as well
            fault, more = "pending", {"answers": more["answers"] + 2}
        self.sandbox.tell(fault, **more)

    def balance(self) -> int:
        return int(self.sandbox.book()["balance_cents"])


def account(sandbox: PayPalSandbox, **changes: Any) -> Account:
    plain = Account(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        webhook_id=WEBHOOK_ID,
        brand_name="Stadt Lindenau",
        authorities=(x509.load_pem_x509_certificate(sandbox.authority.ca.encode()),),
        certificate_origin=sandbox.url,
    )
    return replace(plain, **changes)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PayPalSandbox, Listener]]:
    with running_paypal() as sandbox, running_listener() as listener:
        yield sandbox, listener


@pytest.fixture
def payer(servers: tuple[PayPalSandbox, Listener]) -> SandboxPayer:
    sandbox, listener = servers
    sandbox.reset()
    listener.forget()
    sandbox.send_to(listener.url)
    return SandboxPayer(sandbox, listener)


@pytest.fixture(params=list(Verification))
async def provider(
    request: pytest.FixtureRequest, servers: tuple[PayPalSandbox, Listener]
) -> AsyncIterator[PayPal]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield PayPal(
            base_url=servers[0].url, account=account(servers[0], verification=request.param), http=http
        )


class TestPayPalKeepsTheContracts(NotifyingContract, CapturingContract, RefundingContract):
    method = Method.PAYPAL
    # who cancels may come back to the order: it stays open until PayPal forgets it
    outcomes = {  # noqa: RUF012
        "pay": State.SUCCEEDED,
        "fail": State.FAILED,
        "cancel": State.UNKNOWN,
        "timeout": State.EXPIRED,
    }
    unpaid = "fail"
    announced = ("pay", "fail")
    start_is_repeatable = True

    async def test_unknown_reference_is_refused(self, provider: PaymentProvider) -> None:
        """PayPal forgets what nobody agreed to: the answer is that it has expired, and nothing else."""
        outcome = await provider.status("5O190127TN364715T", Method.PAYPAL)
        assert (outcome.state, outcome.transaction_id, outcome.amount_cents) == (State.EXPIRED, "", None)
