"""What a payer types to have an account debited: by whom, from where, and abroad also where they live."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.pages.answers import field_errors, problem_key, sentences_for
from gateway.translations import Translator
from gateway.views.answers import ABROAD, BIC
from shared.web.calls import RemoteProblem

ADDRESS_NEEDED: Final = "iban_address_needed"
_EMPTY: Final = "string_pattern_mismatch"


def typed_account(form: Mapping[str, str], *more: str) -> dict[str, str]:
    """The answers of the form, blanks around them gone."""
    return {name: form.get(name, "").strip() for name in ("holder", "iban", "agreed", *ABROAD, *more)}


def signed_account(typed: Mapping[str, str]) -> dict[str, Any]:
    """What payments is told; the address only where something of it was typed."""
    body = {"holder": typed["holder"], "iban": typed["iban"], "agreed": typed["agreed"] == "true"}
    if not lives_abroad(typed):
        return body
    address = {name: typed[name] for name in ABROAD if name != BIC}
    return {**body, "address": address, BIC: typed[BIC]}


def lives_abroad(typed: Mapping[str, str]) -> bool:
    """Whether a part of the address was typed."""
    return any(typed.get(name) for name in ABROAD)


def refusal_of(t: Translator, refused: RemoteProblem) -> tuple[dict[str, str], str, bool]:
    """Sentences by field, else the key of a message; and whether the address is asked for now."""
    errors = [_named(error) for error in field_errors(refused)]
    if any(error["code"] == ADDRESS_NEEDED for error in errors):
        return {}, "address_needed", True
    told = sentences_for(t, errors, lambda name: t(f"debit.{name}"))
    return told, "" if told else problem_key(t, refused), any(name in told for name in ABROAD)


def _named(error: Mapping[str, Any]) -> dict[str, Any]:
    """As the form names it; an empty part of the address is one to fill in."""
    name = str(error["field"]).removeprefix("address.")
    empty = name in ABROAD and error["code"] == _EMPTY
    return {**error, "field": name, "code": "required" if empty else error["code"]}
