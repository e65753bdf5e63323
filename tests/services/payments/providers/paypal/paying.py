"""The PayPal sandbox as the payer's side of the contract, and the portal's account there."""

from dataclasses import replace
from typing import Any

from cryptography import x509

from services.payments.providers.paypal import Account
from services.payments.providers.port import Callback
from tests.deploy.sandbox.paypal_serving import CLIENT_ID, CLIENT_SECRET, WEBHOOK_ID, Listener, PayPalSandbox

APPROVED = b"CHECKOUT.ORDER.APPROVED"
CALLS = {"start": "create", "status": "read"}


class SandboxPayer:
    def __init__(self, sandbox: PayPalSandbox, listener: Listener) -> None:
        self.sandbox = sandbox
        self.listener = listener
        self.notify_url = listener.url

    def decide(self, reference: str, outcome: str) -> None:
        self.sandbox.decide(reference, outcome)

    def callbacks(self, count: int) -> list[Callback]:
        """As they came; the first that is waited for is of the order, which another may overtake."""
        heard = self.listener.wait(count)
        if count == 1 and APPROVED not in heard[0][1]:
            heard = sorted(self.listener.wait(2), key=lambda posted: APPROVED not in posted[1])
        return [Callback(b"", headers, body) for headers, body in heard]

    def no_more_callbacks(self, count: int) -> bool:
        self.sandbox.settled_webhooks()
        return len(self.listener.heard) == count

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
