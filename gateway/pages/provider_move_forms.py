"""The form for what bank or provider did without our order: what was typed, and what is sent of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway import formats
from gateway.pages.money_words import method_words
from gateway.pages.refund_forms import cents_of
from gateway.translations import Translator
from gateway.views.forms import Answer, Field, Option

PATHS: Final = {
    "reversal": "reversal", "undoing": "reversal-undoing", "refund_elsewhere": "refund-elsewhere",
}  # fmt: skip
TYPED: Final = ("what", "payment", "reference", "amount", "code", "charges")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,63}", re.ASCII)
_CODE: Final = re.compile(r"[A-Z0-9_]{2,20}", re.ASCII)
_MOST_CENTS: Final = 10**9
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Move:
    """`path` below the payment, `said` what payments is told; `errors` are sentences by field."""

    path: str = ""
    payment: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def fields(
    t: Translator, payments: Sequence[Given], typed: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[Field, ...]:
    whats = tuple(
        Option(value=one, label=t(f"provider_move_what.{one}"), hint=t(f"provider_move_hint.{one}"))
        for one in PATHS
    )
    only = payments[0]["payment_id"] if len(payments) == 1 else ""
    options = tuple(Option(value=one["payment_id"], label=_payment_words(t, one)) for one in payments)

    def written(name: str, longest: int, *, cents: bool = False, required: bool = True) -> Field:
        return Field(
            name=name, kind="integer" if cents else "text", label=t(f"provider_move.{name}"),
            hint=t(f"provider_move.{name}_hint"), value=typed.get(name, ""), error=errors.get(name, ""),
            max_length=longest, autocomplete="off", required=required,
        )  # fmt: skip

    return (
        Field(name="what", kind="choice", label=t("provider_move.what"), options=whats,
              value=typed.get("what", ""), error=errors.get("what", "")),
        Field(name="payment", kind="choice", label=t("provider_move.payment"), options=options,
              value=typed.get("payment", only), error=errors.get("payment", "")),
        written("reference", 64),
        written("amount", 14, cents=True),
        written("code", 20),
        written("charges", 14, cents=True, required=False),
    )  # fmt: skip


def move_of(t: Translator, form: Mapping[str, str], payments: Sequence[Given]) -> Move:
    """What the form says, or what is wrong with it."""
    typed = {name: form.get(name, "").strip() for name in TYPED}
    code, cents = typed["code"].upper(), cents_of(typed["amount"])
    charges = cents_of(typed["charges"]) if typed["charges"] else 0
    wrong = {
        "what": typed["what"] not in PATHS,
        "payment": typed["payment"] not in {one["payment_id"] for one in payments},
        "reference": not _REFERENCE.fullmatch(typed["reference"]),
        "amount": not cents or cents > _MOST_CENTS,
        "code": not _CODE.fullmatch(code),
        "charges": charges is None or charges > _MOST_CENTS or bool(charges and typed["what"] != "reversal"),
    }
    said = {"code": code, "reference": typed["reference"], "amount_cents": cents}
    return Move(
        path=PATHS.get(typed["what"], ""),
        payment=typed["payment"],
        said={**said, "charges_cents": charges} if typed["what"] == "reversal" else said,
        errors={name: t(f"provider_move.{name}_wrong") for name, is_wrong in wrong.items() if is_wrong},
    )


def facts(t: Translator, move: Move, payments: Sequence[Given]) -> tuple[Answer, ...]:
    """What would be booked, in words."""
    said, currency = move.said, _payment(payments, move)["currency"]
    told = [
        ("payment", _payment_words(t, _payment(payments, move))),
        ("amount", formats.money(said["amount_cents"], t.language, currency)),
        ("reference", said["reference"]),
        ("code", said["code"]),
    ]
    if said.get("charges_cents"):
        told.append(("charges", formats.money(said["charges_cents"], t.language, currency)))
    return tuple(Answer(label=t(f"provider_move.{name}"), value=value) for name, value in told)


def _payment(payments: Sequence[Given], move: Move) -> Given:
    return next(one for one in payments if one["payment_id"] == move.payment)


def _payment_words(t: Translator, payment: Given) -> str:
    came = formats.money(payment["received_cents"], t.language, payment["currency"])
    return f"{method_words(t, payment['method'])}, {came}"
