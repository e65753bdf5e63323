"""The counter's forms: which claim, how much is on the table, and why an entry was a mistake."""

from collections.abc import Iterable, Mapping

from gateway import formats
from gateway.translations import Translator
from gateway.views.forms import Field, Option


def number_field(t: Translator, typed: str) -> Field:
    return Field(
        name="nummer", kind="text", label=t("counter.number"), hint=t("counter.number_hint"), value=typed,
        max_length=60, autocomplete="off",
    )  # fmt: skip


def taking(
    t: Translator, owed_cents: int, typed: Mapping[str, str], *, wrong: bool = False
) -> tuple[Field, ...]:
    """What was given, and whether all of it shall be booked."""
    owed = formats.money(owed_cents, t.language)
    return (
        Field(
            name="given", kind="integer", label=t("counter.given"), hint=t("counter.given_hint", owed=owed),
            value=typed.get("given", ""), max_length=14, autocomplete="off",
            error=t("counter.given_impossible") if wrong else "",
        ),
        Field(
            name="keep_all", kind="declaration", label=t("counter.keep_all"), hint=t("counter.keep_all_hint"),
            value=typed.get("keep_all", ""), required=False,
        ),
    )  # fmt: skip


def void_fields(t: Translator, reasons: Iterable[str], *, wrong: bool = False) -> tuple[Field, ...]:
    options = tuple(Option(value=one, label=t(f"void_reason.{one}")) for one in reasons)
    error = t("counter.reason_missing") if wrong else ""
    return (Field(name="reason", kind="choice", label=t("counter.reason"), options=options, error=error),)
