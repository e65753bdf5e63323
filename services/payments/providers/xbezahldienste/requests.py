"""From the port's attempt to a payment request; the limits of the interface are checked before it is sent."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec

from services.payments.providers.port import Attempt, Method
from services.payments.providers.xbezahldienste.endpoint import Endpoint

CURRENCY = "EUR"
MOST_CENTS = 99_999_900
_PURPOSE_LIMIT = 27
_DESCRIPTION_LIMIT = 250
_URL_LIMIT = 2082
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encoded(body: dict[str, Any]) -> bytes:
    """JSON with its amounts as decimal numbers, exact to the cent."""
    return _ENCODER.encode(body)


def start(endpoint: Endpoint, attempt: Attempt, now: datetime) -> dict[str, Any]:
    """The payment request, without the requestor: who pays is no business of the platform's.

    Raises ValueError where a limit is broken.
    """
    _check(attempt)
    amount, nothing = euros(attempt.amount_cents), Decimal("0.00")
    return {
        "requestId": attempt.transaction_id,
        "requestTimestamp": now.isoformat(timespec="seconds"),
        "currency": CURRENCY,
        endpoint.version.amount: amount,
        "purpose": purpose(attempt.purpose),
        "description": " ".join(attempt.purpose.split())[:_DESCRIPTION_LIMIT],
        "redirectUrl": attempt.return_url,
        "items": [
            {
                "id": attempt.transaction_id,
                "reference": attempt.kassenzeichen,
                "description": " ".join(attempt.purpose.split())[:_DESCRIPTION_LIMIT],
                "taxRate": nothing,
                "quantity": 1,
                "totalNetAmount": amount,
                "totalTaxAmount": nothing,
                "singleNetAmount": amount,
                "singleTaxAmount": nothing,
                "bookingData": {
                    name: value.replace("{kassenzeichen}", attempt.kassenzeichen)
                    for name, value in endpoint.booking_data.items()
                },
            }
        ],
    }


def euros(cents: int) -> Decimal:
    """3060 → 30.60."""
    return Decimal(cents).scaleb(-2)


def purpose(text: str) -> str:
    """At most 27 letters, digits, hyphens, blanks: umlauts spelt out, the rest blank, cut at a word's end."""
    plain = " ".join(re.sub(r"[^A-Za-z0-9 -]", " ", text.translate(_SPELT_OUT)).split())
    if len(plain) <= _PURPOSE_LIMIT:
        return plain
    return plain[: _PURPOSE_LIMIT + 1].rsplit(" ", 1)[0][:_PURPOSE_LIMIT]


def _check(attempt: Attempt) -> None:
    if attempt.method is not Method.PAYMENT_PAGE:
        raise ValueError(f"XBezahldienste does not serve the method {attempt.method}")
    if attempt.currency != CURRENCY:
        raise ValueError(f"XBezahldienste takes {CURRENCY} alone, not {attempt.currency}")
    if not 0 < attempt.amount_cents <= MOST_CENTS:
        raise ValueError("an amount is positive and at most 999,999 euros")
    if not purpose(attempt.purpose):
        raise ValueError("a purpose has a letter or digit")
    if not re.fullmatch(r"[\w-]{1,36}", attempt.kassenzeichen, re.ASCII):
        raise ValueError("a Kassenzeichen has 1 to 36 letters, digits, _ and - at XBezahldienste")
    url = attempt.return_url
    if len(url) > _URL_LIMIT or urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("a return address is an absolute http(s) URL of at most 2082 characters")
