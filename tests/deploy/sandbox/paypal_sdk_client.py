"""Drives PayPal's own paypal-server-sdk against a running sandbox.

usage: python paypal_sdk_client.py <base address> <client id> <client secret>
Prints one JSON object: what the SDK made of orders, captures and refunds. Its addresses are constants, so the
one of its sandbox environment is set.
"""

import json
import sys
from importlib import import_module
from typing import Any

import requests


def client_for(base: str, client_id: str, client_secret: str) -> Any:
    configuration: Any = import_module("paypalserversdk.configuration")
    environment = configuration.Environment.SANDBOX
    configuration.Configuration.environments[environment] = {configuration.Server.DEFAULT: base}
    credentials = import_module("paypalserversdk.http.auth.o_auth_2").ClientCredentialsAuthCredentials
    client: Any = import_module("paypalserversdk.paypal_serversdk_client").PaypalServersdkClient
    return client(
        environment=environment,
        client_credentials_auth_credentials=credentials(
            o_auth_client_id=client_id, o_auth_client_secret=client_secret
        ),
    )


def order_of(attempt: str) -> Any:
    """A purchase of 30 euros, in the SDK's own models."""

    def model(module: str, name: str) -> Any:
        return getattr(import_module(f"paypalserversdk.models.{module}"), name)

    context = model("paypal_wallet_experience_context", "PaypalWalletExperienceContext")(
        brand_name="Stadt Lindenau",
        locale="de-DE",
        return_url="https://shop.example/return",
        cancel_url="https://shop.example/cancel",
    )
    amount = model("amount_with_breakdown", "AmountWithBreakdown")(currency_code="EUR", value="30.00")
    unit = model("purchase_unit_request", "PurchaseUnitRequest")(
        amount=amount, custom_id=attempt, invoice_id=f"4711-{attempt}", description="Bewohnerparken"
    )
    wallet = model("paypal_wallet", "PaypalWallet")(experience_context=context)
    return model("order_request", "OrderRequest")(
        intent="CAPTURE",
        purchase_units=[unit],
        payment_source=model("payment_source", "PaymentSource")(paypal=wallet),
    )


def walk(client: Any, base: str) -> dict[str, object]:
    asked = {"body": order_of("a1"), "paypal_request_id": "a1:create", "prefer": "return=representation"}
    created = client.orders.create_order(asked)
    again = client.orders.create_order(asked)
    order = created.body.id
    early = refusal(lambda: client.orders.capture_order({"id": order, "paypal_request_id": "a1:capture"}))
    requests.post(f"{base}/sandbox/orders/{order}/decide", json={"outcome": "pay"}, timeout=5)
    captured = client.orders.capture_order(
        {"id": order, "paypal_request_id": "a1:capture", "prefer": "return=representation"}
    ).body
    capture = captured.purchase_units[0].payments.captures[0]
    refund = client.payments.refund_captured_payment(
        {"capture_id": capture.id, "paypal_request_id": "r1", "prefer": "return=representation"}
    ).body
    read = client.orders.get_order({"id": order}).body
    return {
        "created": [created.status_code, created.body.status, [link.rel for link in created.body.links]],
        "same order": again.body.id == order,
        "early": early,
        "captured": [captured.status, capture.status, capture.amount.value, capture.custom_id],
        "fee": capture.seller_receivable_breakdown.paypal_fee.value,
        "read": [read.status, read.purchase_units[0].payments.captures[0].status],
        "refund": [refund.status, refund.amount.value],
        "refund read": client.payments.get_refund({"refund_id": refund.id}).body.status,
        "twice": refusal(lambda: client.orders.capture_order({"id": order, "paypal_request_id": "other"})),
        "unknown": refusal(lambda: client.orders.get_order({"id": "5O190127TN364715T"})),
    }


def refusal(call: Any) -> list[object]:
    try:
        call()
    except import_module("paypalserversdk.exceptions.error_exception").ErrorException as error:
        return [error.response_code, error.name, error.details[0].issue]
    return []


def main() -> None:
    base, client_id, client_secret = sys.argv[1:]
    sys.stdout.write(json.dumps(walk(client_for(base, client_id, client_secret), base)))


if __name__ == "__main__":
    main()
