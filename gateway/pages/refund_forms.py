"""The form that asks for a refund: how much is left, what was typed, and what is sent of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateway import formats
from gateway.pages.money_words import method_words, who
from gateway.translations import Translator
from gateway.views.claims import Refund
from gateway.views.forms import Field, Option
from gateway.views.frame import Tone
from gateway.visit import Visit
from shared.ids import new_id

REASONS: Final = ("given_up_early", "fee_too_high", "booked_wrongly", "goodwill")
TASK_REASONS: Final = ("money_task", *REASONS)
TONES: Final[dict[str, Tone]] = {
    "requested": "warning", "unclear": "danger", "failed": "danger", "settled": "success",
}  # fmt: skip
_EUROS: Final = re.compile(r"([0-9]{1,8})(?:[,.]([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class Wish:
    """`said` is what payments is asked; `errors` are sentences by field, `message` a key below `problem.`."""

    said: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """The form; without fields where nothing may be given back."""

    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    left_cents: int = 0
    task_cents: int = 0


def asking(
    t: Translator,
    claim: Mapping[str, Any],
    refunds: Iterable[Mapping[str, Any]],
    task: Mapping[str, Any] | None,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Asking:
    """A money task goes back in full; of a settled claim any part of what is left of one payment."""
    hidden = {"idempotency-key": str(new_id())}
    if task is not None:
        return Asking(
            (_reason(t, typed, errors, TASK_REASONS),),
            {**hidden, "task": str(task["version"])},
            task_cents=task["amount_cents"],
        )
    left = left_of(claim, refunds)
    if not left:
        return Asking()
    fields: tuple[Field, ...] = (
        _extent(t, typed, errors),
        _amount(t, typed, errors),
        _reason(t, typed, errors),
    )
    if len(left) == 1:
        hidden |= {"payment": next(iter(left))}
    else:
        fields = (_payment(t, claim, left, typed, errors), *fields)
    return Asking(fields, hidden, left_cents=sum(left.values()))


def wish_of(
    t: Translator,
    form: Mapping[str, str],
    claim: Mapping[str, Any],
    refunds: Iterable[Mapping[str, Any]],
    task: Mapping[str, Any] | None,
) -> Wish:
    """What the form asks for, or what is wrong with it in sentences."""
    known = TASK_REASONS if form.get("task") else REASONS
    errors = {} if form.get("reason") in known else {"reason": t("refund_form.reason_missing")}
    if form.get("task"):
        if task is None:
            return Wish(message="money_task_done")
        amount = {"amount_cents": task["amount_cents"], "task_version": task["version"]}
        return Wish({**amount, "reason": form.get("reason")}, errors)
    left = left_of(claim, refunds)
    payment = form.get("payment", "")
    if not left:
        return Wish(message="not_refundable")
    if payment not in left:
        errors["payment"] = t("refund_form.payment_missing")
    most = left.get(payment, 0)
    cents = most if form.get("extent") == "full" else cents_of(form.get("amount", ""))
    if form.get("extent") not in {"full", "part"}:
        errors["extent"] = t("refund_form.extent_missing")
    elif cents is None:
        errors["amount"] = t("refund_form.amount_impossible")
    elif payment in left and not 0 < cents <= most:
        errors["amount"] = t("refund_form.amount_too_high", most=formats.money(most, t.language))
    return Wish({"amount_cents": cents, "payment_id": payment, "reason": form.get("reason")}, errors)


def left_of(claim: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Cents that may still be asked for, by payment: what counts, less what others have asked for."""
    if claim["state"] != "settled":
        return {}
    left = {one["payment_id"]: one["kept_cents"] for one in claim.get("payments", ())}
    for refund in refunds:
        if refund["state"] == "requested" and refund["payment_id"] in left:
            left[refund["payment_id"]] -= refund["amount_cents"]
    return {payment: cents for payment, cents in left.items() if cents > 0}


def cents_of(typed: str) -> int | None:
    """`30,60`, `30.60` or `30` in cents; None for anything else."""
    found = _EUROS.fullmatch(typed.replace("€", "").strip())
    return int(found[1]) * 100 + int(found[2] or 0) if found else None


def refund_view(visit: Visit, refund: Mapping[str, Any], claim: Mapping[str, Any] | None = None) -> Refund:
    """A refund for a row or a page; `claim` names it where payments told."""
    t, claimed = visit.t, claim or {}
    key = f"refund_reason.{refund['reason']}"
    return Refund(
        url=visit.url(f"/arbeit/forderungen/{refund['claim_id']}/erstattungen/{refund['refund_id']}"),
        state=refund["state"],
        tone=TONES.get(refund["state"], "info"),
        amount_cents=refund["amount_cents"],
        reason=t(key if t.known(key) else "refund_reason.other"),
        via=refund["via"],
        requested_at=datetime.fromisoformat(refund["requested_at"]),
        requested_by=who(visit, refund["requested_by"], None),
        decided_by=who(visit, refund["decided_by"], None) if refund["decided_by"] else "",
        changed_at=datetime.fromisoformat(refund["changed_at"]),
        kassenzeichen=claimed.get("kassenzeichen", ""),
        case_number=claimed.get("case_number", ""),
    )


def _extent(t: Translator, typed: Mapping[str, str], errors: Mapping[str, str]) -> Field:
    options = tuple(Option(value=one, label=t(f"refund_extent.{one}")) for one in ("full", "part"))
    return Field(
        name="extent", kind="choice", label=t("refund_form.extent"), options=options,
        value=typed.get("extent", ""), error=errors.get("extent", ""),
    )  # fmt: skip


def _amount(t: Translator, typed: Mapping[str, str], errors: Mapping[str, str]) -> Field:
    return Field(
        name="amount", kind="integer", label=t("refund_form.amount"), hint=t("refund_form.amount_hint"),
        value=typed.get("amount", ""), error=errors.get("amount", ""), required=False, max_length=14,
        autocomplete="off",
    )  # fmt: skip


def _reason(
    t: Translator, typed: Mapping[str, str], errors: Mapping[str, str], reasons: tuple[str, ...] = REASONS
) -> Field:
    options = tuple(Option(value=one, label=t(f"refund_reason.{one}")) for one in reasons)
    return Field(
        name="reason", kind="choice", label=t("refund_form.reason"), options=options,
        value=typed.get("reason", ""), error=errors.get("reason", ""),
    )  # fmt: skip


def _payment(
    t: Translator,
    claim: Mapping[str, Any],
    left: Mapping[str, int],
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Field:
    """Which of several payments."""
    options = tuple(
        Option(
            value=one["payment_id"],
            label=f"{method_words(t, one['method'])}, {formats.money(left[one['payment_id']], t.language)}",
        )
        for one in claim["payments"]
        if one["payment_id"] in left
    )
    return Field(
        name="payment", kind="choice", label=t("refund_form.payment"), options=options,
        value=typed.get("payment", ""), error=errors.get("payment", ""),
    )  # fmt: skip
