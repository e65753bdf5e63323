"""From the port's attempt and refund to PayPal's JSON; its limits are checked before anything is sent."""

import re
from typing import Any
from urllib.parse import urlsplit

from services.payments.providers.paypal.money import CURRENCY, text
from services.payments.providers.port import Attempt, Method, RefundOrder

_INVOICE_LIMIT = 127
_DESCRIPTION_LIMIT = 127
_NOTE_LIMIT = 255
_URL_LIMIT = 2000
_LOCALES = {"de": "de-DE", "en": "en-GB"}

Json = dict[str, Any]


def create(attempt: Attempt, brand_name: str) -> Json:
    """The body of `POST /v2/checkout/orders`. Raises ValueError where a limit is broken."""
    _check(attempt)
    return {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "reference_id": attempt.transaction_id,
                "custom_id": attempt.transaction_id,
                "invoice_id": invoice_id(attempt.kassenzeichen, attempt.transaction_id),
                "description": " ".join(attempt.purpose.split())[:_DESCRIPTION_LIMIT],
                "amount": {"currency_code": CURRENCY, "value": text(attempt.amount_cents)},
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    **({"brand_name": brand_name[:127]} if brand_name else {}),
                    "locale": _LOCALES.get(attempt.language, "de-DE"),
                    "shipping_preference": "NO_SHIPPING",
                    "user_action": "PAY_NOW",
                    "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
                    "return_url": attempt.return_url,
                    "cancel_url": attempt.return_url,
                }
            }
        },
    }


def refund(order: RefundOrder) -> Json:
    """The body of `POST /v2/payments/captures/{id}/refund`. Raises ValueError where a limit is broken."""
    _check_currency(order.currency)
    return {
        "amount": {"currency_code": CURRENCY, "value": text(order.amount_cents)},
        "custom_id": order.refund_id.hex,
        "invoice_id": invoice_id(order.kassenzeichen, order.refund_id.hex),
        "note_to_payer": " ".join(order.purpose.split())[:_NOTE_LIMIT],
    }


def invoice_id(kassenzeichen: str, own_id: str) -> str:
    """PayPal takes an invoice's number once for each merchant: the Kassenzeichen, and what it is used for.

    Raises ValueError for a Kassenzeichen of more than 94 characters.
    """
    number = f"{kassenzeichen}-{own_id}"
    if len(number) > _INVOICE_LIMIT:
        raise ValueError("a Kassenzeichen has at most 94 characters at PayPal")
    return number


def _check(attempt: Attempt) -> None:
    if attempt.method is not Method.PAYPAL:
        raise ValueError(f"PayPal does not serve the method {attempt.method}")
    _check_currency(attempt.currency)
    if not attempt.purpose.strip():
        raise ValueError("a purpose is not empty")
    url = attempt.return_url
    if len(url) > _URL_LIMIT or not re.fullmatch(r"https?", urlsplit(url).scheme):
        raise ValueError("a return address is an absolute http(s) URL of at most 2000 characters")


def _check_currency(currency: str) -> None:
    if currency != CURRENCY:
        raise ValueError(f"PayPal is set up here for {CURRENCY} alone, not for {currency}")
