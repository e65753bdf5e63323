"""The provider contracts, run by the PayPal adapter against the sandbox over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.payments.providers.paypal import PayPal, Verification
from services.payments.providers.port import (
    Method,
    PaymentProvider,
    State,
)
from tests.deploy.sandbox.paypal_serving import Listener, PayPalSandbox
from tests.services.payments.providers.contract import (
    CapturingContract,
    NotifyingContract,
    RefundingContract,
)
from tests.services.payments.providers.paypal.paying import account


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
    callbacks_each = 2  # that the payer agreed, and what became of the capture
    start_is_repeatable = True

    async def test_unknown_reference_is_refused(self, provider: PaymentProvider) -> None:
        """PayPal forgets what nobody agreed to: the answer is that it has expired, and nothing else."""
        outcome = await provider.status("5O190127TN364715T", Method.PAYPAL)
        assert (outcome.state, outcome.transaction_id, outcome.amount_cents) == (State.EXPIRED, "", None)
