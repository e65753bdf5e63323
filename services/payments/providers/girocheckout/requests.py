"""From the port's attempt to GiroCheckout's fields; its limits are checked before anything is sent."""

import re
from urllib.parse import urlsplit

from services.payments.providers.girocheckout.account import Project
from services.payments.providers.girocheckout.fields import REFUND
from services.payments.providers.port import Attempt, Method, RefundOrder

PURPOSE_LIMIT = 27
_URL_LIMIT = 2048
_KASSENZEICHEN_LIMIT = 255
_TRANSACTION_ID = re.compile(r"[A-Za-z0-9&=+,:;._!?#/]{1,255}")
_WITH_LOCALE = frozenset({Method.CARD, Method.DIRECT_DEBIT, Method.PAYMENT_PAGE})


def start_fields(merchant_id: int, project: Project, attempt: Attempt) -> dict[str, str]:
    """Field name → value for transaction/start or paypage/init. Raises ValueError where a limit is broken."""
    _check(attempt)
    values = {
        "merchantId": str(merchant_id),
        "projectId": str(project.number),
        "merchantTxId": transaction_id(attempt.transaction_id),
        "amount": str(attempt.amount_cents),
        "currency": attempt.currency,
        "purpose": shortened(attempt.purpose),
        "type": "SALE",
        "kassenzeichen": attempt.kassenzeichen,
    }
    if attempt.method in _WITH_LOCALE:
        values["locale"] = attempt.language
    return values | _urls(attempt)


def refund_fields(merchant_id: int, project: Project, order: RefundOrder) -> dict[str, str]:
    """Field name → value for transaction/refund; a refund is a transaction of its own. Raises ValueError."""
    if order.amount_cents <= 0:
        raise ValueError("an amount is a positive number of cents")
    values = {
        "merchantId": str(merchant_id),
        "projectId": str(project.number),
        "merchantTxId": transaction_id(order.refund_id.hex),
        "amount": str(order.amount_cents),
        "currency": order.currency,
        "purpose": shortened(order.purpose),
        "reference": order.payment_reference,
    }
    return values | (
        {"kassenzeichen": order.kassenzeichen} if "kassenzeichen" in REFUND[order.method] else {}
    )


def void_fields(merchant_id: int, project: Project, order: RefundOrder) -> dict[str, str]:
    """Field name → value for transaction/void, under an id of its own: a refund may have to follow."""
    return {
        "merchantId": str(merchant_id),
        "projectId": str(project.number),
        "merchantTxId": transaction_id(f"{order.refund_id.hex}V"),
        "reference": order.payment_reference,
    }


def _urls(attempt: Attempt) -> dict[str, str]:
    if attempt.method is not Method.PAYMENT_PAGE:
        return {"urlRedirect": attempt.return_url, "urlNotify": attempt.notify_url}
    back = attempt.return_url
    # single=2: the page stays usable until one payment has succeeded; test=0 is mandatory there.
    page = {"pagetype": "0", "single": "2", "test": "0"}
    return page | {"successUrl": back, "failUrl": back, "backUrl": back, "notifyUrl": attempt.notify_url}


def transaction_id(value: str) -> str:
    """The value, if it may be a merchantTxId: 1 to 255 letters, digits and a few signs, no hyphen."""
    if not _TRANSACTION_ID.fullmatch(value):
        raise ValueError("a merchantTxId has 1 to 255 letters, digits and & = + , : ; . _ ! ? # /")
    return value


def shortened(purpose: str) -> str:
    """The purpose cut to 27 characters, at a word's end where there is one."""
    text = " ".join(purpose.split())
    if len(text) <= PURPOSE_LIMIT:
        return text
    cut = text[: PURPOSE_LIMIT + 1].rsplit(" ", 1)[0]
    return cut[:PURPOSE_LIMIT]


def _check(attempt: Attempt) -> None:
    if attempt.amount_cents <= 0:
        raise ValueError("an amount is a positive number of cents")
    if not re.fullmatch(r"[A-Z]{3}", attempt.currency):
        raise ValueError("a currency is three capital letters (ISO 4217)")
    if not attempt.purpose.strip():
        raise ValueError("a purpose is not empty")
    if len(attempt.kassenzeichen) > _KASSENZEICHEN_LIMIT:
        raise ValueError("a Kassenzeichen has at most 255 characters")
    for url in (attempt.return_url, attempt.notify_url):
        if len(url) > _URL_LIMIT or urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError(
                "return and notify addresses are absolute http(s) URLs of at most 2048 characters"
            )
