"""PayPal's wire rules as the provider sees them: money as text, errors with issues, shapes of answers.

Written from its public API description, not from the portal's code: one mistake must not hide on both sides.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse

from deploy.local.sandbox.paypal.book import Capture, Dispute, Order, Refund

Json = dict[str, Any]
_ID_SIGNS = "ABCDEFGHJKLMNPRSTUVWXY0123456789"
_VALUE = re.compile(r"((0|[1-9][0-9]{0,6})\.[0-9]{2})")
_LIMITS = {
    "reference_id": 256,
    "custom_id": 127,
    "invoice_id": 127,
    "description": 127,
    "soft_descriptor": 22,
}
_NAMES = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMIT_REACHED",
}


class Refused(Exception):
    """The call is answered with this HTTP status and `details[0].issue`; `links` may show the payer a way."""

    def __init__(self, status: int, issue: str, links: list[Json] | None = None) -> None:
        super().__init__(issue)
        self.status = status
        self.issue = issue
        self.links = links or []

    def reply(self) -> JSONResponse:
        return JSONResponse(
            {
                "name": _NAMES.get(self.status, "INTERNAL_SERVER_ERROR"),
                "message": "The request was refused.",
                "debug_id": secrets.token_hex(7),
                "details": [{"issue": self.issue, "description": self.issue.replace("_", " ").capitalize()}],
                "links": self.links,
            },
            self.status,
        )


def new_id() -> str:
    return "".join(secrets.choice(_ID_SIGNS) for _ in range(17))


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(cents: int, currency: str) -> Json:
    return {"currency_code": currency, "value": f"{cents // 100}.{cents % 100:02d}"}


def cents_of(data: Any) -> tuple[int, str]:
    """Cents and currency of a money object. Refused 400 or 422."""
    amount = data if isinstance(data, dict) else {}
    value, currency = amount.get("value"), amount.get("currency_code")
    if not isinstance(value, str) or not isinstance(currency, str):
        raise Refused(400, "MISSING_REQUIRED_PARAMETER")
    if not _VALUE.fullmatch(value):
        raise Refused(422, "DECIMAL_PRECISION")
    if currency not in {"EUR", "USD", "CHF", "GBP"}:
        raise Refused(422, "CURRENCY_NOT_SUPPORTED")
    cents = int(value.replace(".", ""))
    if cents == 0:
        raise Refused(422, "CANNOT_BE_ZERO_OR_NEGATIVE")
    return cents, currency


def purchase_unit(data: Json) -> Json:
    """The one purchase unit of a create, limits checked. Refused 400 or 422."""
    if data.get("intent") != "CAPTURE":
        raise Refused(400, "INVALID_PARAMETER_VALUE")
    units = data.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise Refused(400, "INVALID_ARRAY_MIN_ITEMS")
    texts(units[0], _LIMITS)
    return units[0]


def texts(data: Json, limits: Mapping[str, int]) -> None:
    for name, limit in limits.items():
        value = data.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            raise Refused(400, "INVALID_STRING_MAX_LENGTH")


def experience(data: Json) -> tuple[Json, bool]:
    """The context of the payer's way, and whether it came with the payment source. Refused 400."""
    source = data.get("payment_source")
    found = (source or {}).get("paypal", {}).get("experience_context") if isinstance(source, dict) else None
    context = found if found is not None else data.get("application_context") or {}
    for name in ("return_url", "cancel_url"):
        if not re.fullmatch(r"https?://[^\s]{1,2000}", str(context.get(name, ""))):
            raise Refused(400, "INVALID_PARAMETER_SYNTAX")
    return context, source is not None


def fee_of(cents: int) -> int:
    """What PayPal keeps of a capture; a refund does not bring it back."""
    return 35 + cents * 299 // 10000


def link(href: str, rel: str, method: str = "GET") -> Json:
    return {"href": href, "rel": rel, "method": method}


def order_json(order: Order, captures: list[Capture], refunds: list[Refund], public: str) -> Json:
    """The full representation."""
    unit: Json = {
        "reference_id": order.reference_id,
        "amount": money(order.amount_cents, order.currency),
        "payee": {"merchant_id": "SANDBOXMERCHANT"},
    }
    named = {"custom_id": order.custom_id, "invoice_id": order.invoice_id, "description": order.description}
    unit |= {name: value for name, value in named.items() if value}
    if captures:
        unit["payments"] = {
            "captures": [capture_json(c, public) for c in captures],
            **({"refunds": [refund_json(r, public) for r in refunds]} if refunds else {}),
        }
    return {
        "id": order.id,
        "intent": "CAPTURE",
        "status": order.status,
        "create_time": moment(order.at),
        "purchase_units": [unit],
        "payment_source": {"paypal": {}},
        "links": order_links(order, public),
    }


def order_links(order: Order, public: str) -> list[Json]:
    own = f"{public}/v2/checkout/orders/{order.id}"
    links = [link(own, "self")]
    if order.status in {"CREATED", "PAYER_ACTION_REQUIRED"}:
        rel = "payer-action" if order.with_source else "approve"
        links.append(link(f"{public}/checkoutnow?token={order.id}", rel))
    if order.status in {"CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"}:
        links.append(link(f"{own}/capture", "capture", "POST"))
    return links


def capture_json(capture: Capture, public: str) -> Json:
    own = f"{public}/v2/payments/captures/{capture.id}"
    fee = fee_of(capture.amount_cents)
    told: Json = {
        "id": capture.id,
        "status": capture.status,
        "amount": money(capture.amount_cents, capture.currency),
        "final_capture": True,
        "custom_id": capture.custom_id,
        "invoice_id": capture.invoice_id,
        "create_time": moment(capture.at),
        "update_time": moment(capture.at),
        "supplementary_data": {"related_ids": {"order_id": capture.order_id}},
        "links": [
            link(own, "self"),
            link(f"{own}/refund", "refund", "POST"),
            link(f"{public}/v2/checkout/orders/{capture.order_id}", "up"),
        ],
    }
    if capture.status == "PENDING":
        told["status_details"] = {"reason": "PENDING_REVIEW"}
    if capture.status in {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}:
        told["seller_receivable_breakdown"] = {
            "gross_amount": money(capture.amount_cents, capture.currency),
            "paypal_fee": money(fee, capture.currency),
            "net_amount": money(max(capture.amount_cents - fee, 0), capture.currency),
        }
    return told


def refund_json(refund: Refund, public: str) -> Json:
    own = f"{public}/v2/payments/refunds/{refund.id}"
    return {
        "id": refund.id,
        "status": refund.status,
        "amount": money(refund.amount_cents, refund.currency),
        "custom_id": refund.custom_id,
        "invoice_id": refund.invoice_id,
        "note_to_payer": refund.note_to_payer,
        "create_time": moment(refund.at),
        "links": [link(own, "self"), link(f"{public}/v2/payments/captures/{refund.capture_id}", "up")],
    }


def dispute_json(dispute: Dispute, capture: Capture, public: str) -> Json:
    """As the Disputes API shows it; what the merchant lost and has again is in `money_movements`."""
    movements = [_movement(dispute, "DEBIT", dispute.amount_cents)]
    if dispute.returned_cents:
        movements.append(_movement(dispute, "CREDIT", dispute.returned_cents))
    told: Json = {
        "dispute_id": dispute.id,
        "create_time": moment(dispute.at),
        "update_time": moment(dispute.at),
        "disputed_transactions": [
            {"seller_transaction_id": capture.id, "custom": capture.custom_id, "items": []},
        ],
        "reason": "UNAUTHORISED",
        "status": "RESOLVED" if dispute.outcome else "UNDER_REVIEW",
        "dispute_amount": money(dispute.amount_cents, dispute.currency),
        "dispute_life_cycle_stage": "CHARGEBACK",
        "money_movements": movements,
        "links": [link(f"{public}/v1/customer/disputes/{dispute.id}", "self")],
    }
    if dispute.outcome:
        refunded = money(dispute.amount_cents - dispute.returned_cents, dispute.currency)
        told["dispute_outcome"] = {"outcome_code": dispute.outcome, "amount_refunded": refunded}
    return told


def _movement(dispute: Dispute, kind: str, cents: int) -> Json:
    return {
        "affected_party": "SELLER",
        "amount": money(cents, dispute.currency),
        "initiated_time": moment(dispute.at),
        "type": kind,
        "reason": "DISPUTE_SETTLEMENT",
    }
