"""The interface's rules as a platform sees them, written from its description, not from the portal's code.

Amounts stay the texts they came in: no float ever holds money.
"""

import json
import re
from typing import Any

from starlette.responses import JSONResponse, Response

_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_PURPOSE = re.compile(r"[A-Za-z0-9 -]{1,27}")
_EUROS = re.compile(r"(-?[0-9]{1,7})(?:\.([0-9]{1,2}))?")
_ITEM_AMOUNTS = ("totalNetAmount", "totalTaxAmount", "singleNetAmount", "singleTaxAmount", "taxRate")


class Number(str):
    """A JSON number, kept in its own digits."""


class Refused(Exception):
    """The call is answered with a problem of this functional code; `status` is HTTP's."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail

    def reply(self) -> Response:
        body = {"type": "about:blank", "status": self.status, "title": self.code, "detail": self.detail}
        return JSONResponse(
            {**body, "functionalCode": self.code}, self.status, media_type="application/problem+json"
        )


def read(raw: bytes) -> dict[str, Any]:
    """Raises Refused."""
    try:
        data = json.loads(raw, parse_float=Number, parse_int=Number)
    except ValueError:
        raise Refused(400, "VALIDATION_ERROR", "no JSON") from None
    if not isinstance(data, dict):
        raise Refused(400, "VALIDATION_ERROR", "no JSON object")
    return data


def checked(data: dict[str, Any], booking_data: tuple[str, ...]) -> int:
    """The gross amount in cents of a request that keeps the rules. Raises Refused."""
    _require(bool(_ID.fullmatch(str(data.get("requestId")))), "requestId")
    _require(isinstance(data.get("requestTimestamp"), str), "requestTimestamp")
    _require(data.get("currency") == "EUR", "currency")
    _require(bool(_PURPOSE.fullmatch(str(data.get("purpose")))), "purpose")
    _require(len(str(data.get("description", ""))) <= 250, "description")
    url = data.get("redirectUrl")
    _require(
        isinstance(url, str) and url.startswith(("http://", "https://")) and len(url) <= 2082, "redirectUrl"
    )
    amount = _cents(data.get("grosAmount"), "grosAmount")
    _require(0 < amount <= 99_999_900, "grosAmount")
    items = data.get("items")
    _require(isinstance(items, list) and 1 <= len(items) <= 99, "items")
    sums = [_item(item, booking_data) for item in items or []]
    if sum(sums) != amount:
        raise Refused(400, "CALCULATION_ERROR", "grosAmount is not the sum of the items")
    return amount


def _item(item: Any, booking_data: tuple[str, ...]) -> int:
    _require(isinstance(item, dict), "items")
    _require(bool(_ID.fullmatch(str(item.get("id")))), "items.id")
    _require(bool(item.get("reference")) and bool(item.get("description")), "items")
    net, tax, single_net, single_tax, _rate = (
        _cents(item.get(name), f"items.{name}") for name in _ITEM_AMOUNTS
    )
    quantity = item.get("quantity")
    _require(isinstance(quantity, Number) and quantity.isdecimal() and int(quantity) > 0, "items.quantity")
    if (single_net * int(quantity), single_tax * int(quantity)) != (net, tax):
        raise Refused(400, "CALCULATION_ERROR", "an item's total is not quantity times single")
    given = item.get("bookingData")
    if not isinstance(given, dict) or any(not given.get(name) for name in booking_data):
        raise Refused(400, "BOOKING_DATA_MISSING", f"bookingData needs {', '.join(booking_data)}")
    return net + tax


def _cents(value: Any, name: str) -> int:
    found = _EUROS.fullmatch(value) if isinstance(value, Number) else None
    if found is None:
        raise Refused(400, "VALIDATION_ERROR", name)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise Refused(400, "VALIDATION_ERROR", name)


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def encoded(data: Any) -> str:
    """JSON, with a Number written as the number it is."""
    if isinstance(data, Number):
        return str(data)
    if isinstance(data, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{encoded(value)}" for name, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ",".join(encoded(value) for value in data) + "]"
    return json.dumps(data, ensure_ascii=False)
